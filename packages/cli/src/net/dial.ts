/** Name resolution and the TCP connection, with a time limit and errors that say what to do. */
import { connect, type Socket } from 'node:net'
import { connectionError } from '../exit.ts'
import { formatAddress, type Target } from '../options/target.ts'

export interface Dialled {
  readonly socket: Socket
  /** The address that answered. */
  readonly address: string
  /** Milliseconds from the start to the end of the name's resolution; undefined for an address. */
  readonly resolvedAfter: number | undefined
  /** Milliseconds from then to the connection. */
  readonly connectedAfter: number
}

/**
 * Connects to the target, over IPv6 or IPv4, whichever answers first.
 * @param timeout milliseconds
 * @throws CommandError (connection)
 */
export function dial(target: Target, timeout: number, stop: AbortSignal): Promise<Dialled> {
  const { host, port } = target
  return new Promise((resolve, reject) => {
    const start = performance.now()
    let resolved: number | undefined
    const socket = connect({ host, port, autoSelectFamily: true })
    socket.setNoDelay(true)
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
      socket.removeAllListeners('error')
      settle()
    }
    const giveUp = (error: Error) =>
      finish(() => {
        socket.on('error', () => {})
        socket.destroy()
        reject(error)
      })
    const onStop = () => giveUp(connectionError('Stopped'))
    const timer = setTimeout(() => {
      giveUp(timedOut(target, timeout, resolved !== undefined))
    }, timeout)
    stop.addEventListener('abort', onStop)
    socket.on('lookup', () => {
      resolved ??= performance.now()
    })
    socket.on('error', (error) => giveUp(explain(error, target)))
    socket.once('connect', () =>
      finish(() =>
        resolve({
          socket,
          address: socket.remoteAddress ?? host,
          resolvedAfter: resolved === undefined ? undefined : resolved - start,
          connectedAfter: performance.now() - (resolved ?? start),
        }),
      ),
    )
  })
}

function timedOut({ host, port }: Target, timeout: number, resolved: boolean): Error {
  const seconds = timeout / 1000
  return resolved || /^[\d.]+$|:/.test(host)
    ? connectionError(
        `${formatAddress(host, port)} did not answer within ${seconds} s`,
        'A firewall may drop what is sent to this port: check host and port, or raise --timeout.',
      )
    : connectionError(
        `The name ${host} was not resolved within ${seconds} s`,
        'Check the network and its name servers, or raise --timeout.',
      )
}

function explain(error: NodeJS.ErrnoException, { host, port }: Target): Error {
  const where = formatAddress(host, port)
  // With several addresses the errors come together; they nearly always agree.
  const { code = error.code } = (error as AggregateError).errors?.[0] ?? error
  switch (code) {
    case 'ENOTFOUND':
      return connectionError(
        `There is no host called ${host}`,
        'Check the spelling, and that this machine can resolve names.',
        error,
      )
    case 'EAI_AGAIN':
      return connectionError(
        `The name ${host} could not be resolved: no name server answered`,
        'Check the network and its name servers.',
        error,
      )
    case 'ECONNREFUSED':
      return connectionError(
        `${where} refused the connection`,
        `Nothing listens on port ${port} there: check the port, and that the server runs.`,
        error,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return connectionError(
        `${where} cannot be reached from here`,
        'There is no route to it: check the network.',
        error,
      )
    case 'ECONNRESET':
      return connectionError(
        `${where} closed the connection at once`,
        'A firewall or a limit on the server may do so.',
        error,
      )
    case 'ETIMEDOUT':
      return connectionError(
        `${where} did not answer`,
        'A firewall may drop what is sent to this port: check host and port.',
        error,
      )
    default:
      return connectionError(`No connection to ${where}: ${error.message}`, undefined, error)
  }
}

/**
 * One connection, watched: dial, STARTTLS, handshake, perhaps a request, goodbye. It answers what was seen, also where
 * the connection failed: everything up to the failure.
 */
import {
  type ClientConfig,
  type Connection,
  type ConnectionInfo,
  clientConnection,
  type Session,
  TlsError,
  type TraceEvent,
  type TraceListener,
  type TransportEvent,
} from 'handfast'
import { CommandError, ExitCode } from '../exit.ts'
import { formatAddress, type Target } from '../options/target.ts'
import { Story } from '../render/story.ts'
import { duration } from '../render/words.ts'
import { startTls } from '../starttls/index.ts'
import { type Dialled, dial } from './dial.ts'
import { Drive } from './drive.ts'

export interface ObserveOptions {
  readonly target: Target
  readonly config: ClientConfig
  /** The name that is checked, for STARTTLS. */
  readonly serverName: string
  /** Milliseconds for each of: connecting, agreeing, an answer. */
  readonly timeout: number
  readonly stop: AbortSignal
  /** Default: of the versions that are enabled by default. */
  readonly connectionOf?: (config: ClientConfig) => Connection
  /** Application data to send, and to read the answer to until the peer closes. */
  readonly request?: Uint8Array
  /** Hears each event as it happens. */
  readonly listener?: TraceListener
  /** Hears what is being done, in words. */
  readonly progress?: (what: string) => void
}

export interface Observation {
  readonly story: Story
  readonly address: string
  /** Milliseconds since 1970, with fractions: when the handshake began. */
  readonly start: number
  /** Milliseconds of the handshake; of what there was of it, where it failed. */
  readonly took: number
  readonly info: ConnectionInfo | undefined
  readonly sessions: readonly Session[]
  readonly response: Uint8Array
  /** Why it failed; undefined where it did not. */
  readonly error: TlsError | CommandError | undefined
}

/** A response that is shown is short; of a longer one only this much is kept. */
const mostResponse = 65_536

/** Milliseconds since 1970, with fractions. */
export function preciseNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000
}

/** @throws CommandError where not even a connection came about */
export async function observe(options: ObserveOptions): Promise<Observation> {
  const { target, config, serverName, timeout, stop, progress } = options
  const story = new Story()
  const listen = (event: TraceEvent) => {
    story.add(event)
    options.listener?.(event)
  }
  // The engine's clock counts whole milliseconds, and much happens within one.
  const trace = (event: TraceEvent) => listen({ ...event, time: preciseNow() })
  const transport = (what: TransportEvent['what'], detail: string) =>
    listen({ type: 'transport', what, detail, role: 'client', time: preciseNow() })
  progress?.(`connecting to ${formatAddress(target.host, target.port)}`)
  const dialled = await orTell(dial(target, timeout, stop), transport)
  tellDialled(dialled, target, transport)
  const { socket } = dialled
  const onStop = () => socket.destroy()
  stop.addEventListener('abort', onStop)
  try {
    if (target.starttls !== undefined) {
      progress?.('asking for TLS')
      const deadline = performance.now() + timeout
      const agreed = startTls(target.starttls, socket, serverName, deadline)
      transport('starttls', await orTell(agreed, transport))
    }
    progress?.('shaking hands')
    const start = preciseNow()
    const drive = new Drive(
      (options.connectionOf ?? clientConnection)({ ...config, trace }),
      socket,
    )
    const seen = await watch(drive, dialled, options, start)
    if (drive.transportError !== undefined) transport('failed', drive.transportError.message)
    return { story, address: dialled.address, start, ...seen }
  } finally {
    stop.removeEventListener('abort', onStop)
    socket.destroy()
  }
}

type Seen = Pick<Observation, 'took' | 'info' | 'sessions' | 'response' | 'error'>

async function watch(
  drive: Drive,
  { connectedAfter }: Dialled,
  { timeout, request }: ObserveOptions,
  start: number,
): Promise<Seen> {
  const sessions: Session[] = []
  let response = new Uint8Array(0)
  let took = 0
  const seen = (error?: TlsError | CommandError): Seen => ({
    took: took || preciseNow() - start,
    info: drive.connection.info,
    sessions,
    response,
    error,
  })
  try {
    const complete = await drive.complete(performance.now() + timeout, (session) =>
      sessions.push(session),
    )
    if (complete === undefined) return seen(noAnswer(drive, timeout))
    took = preciseNow() - start
    if (request !== undefined) {
      drive.write(request)
      const deadline = performance.now() + timeout
      for (;;) {
        const event = await drive.next(deadline, 'data', 'session', 'closeNotify')
        if (event === undefined || event.type === 'closeNotify') break
        if (event.type === 'session') sessions.push(event.session)
        else if (response.length < mostResponse) response = Buffer.concat([response, event.data])
      }
    } else await collectTickets(drive, connectedAfter, sessions)
    await drive.close(performance.now() + goodbyeTime)
    return seen()
  } catch (error) {
    if (!(error instanceof TlsError)) throw error
    // We have said goodbye: that the other side does not is no failure of what was asked for.
    return seen(error.code === 'ERR_TRUNCATED' && drive.connection.closed ? undefined : error)
  } finally {
    drive.destroy()
  }
}

/** Milliseconds that a server has for its close_notify. */
const goodbyeTime = 300

/**
 * Tickets, and a refusal of our certificate, come one round trip after our Finished (RFC 8446 §4.6.1).
 * @param roundTrip milliseconds
 */
async function collectTickets(drive: Drive, roundTrip: number, sessions: Session[]): Promise<void> {
  let wait = Math.min(1000, Math.max(150, roundTrip * 2 + 50))
  for (;;) {
    const event = await drive.next(performance.now() + wait, 'session', 'closeNotify')
    if (event?.type !== 'session') return
    sessions.push(event.session)
    // Where one is, the others are close behind.
    wait = 30
  }
}

function noAnswer(drive: Drive, timeout: number): CommandError {
  return new CommandError(
    ExitCode.handshake,
    drive.ended
      ? 'The connection ended before the handshake was complete'
      : `The server did not go on within ${timeout / 1000} s, while ${drive.connection.step}`,
    'It may be overloaded, or not speak TLS on this port (--starttls?); --timeout gives it more time.',
  )
}

function tellDialled(
  { address, resolvedAfter, connectedAfter }: Dialled,
  { host, port }: Target,
  transport: (what: TransportEvent['what'], detail: string) => void,
): void {
  if (resolvedAfter !== undefined)
    transport('resolved', `${host} is ${address}, found in ${duration(resolvedAfter)}`)
  transport('connected', `to ${formatAddress(address, port)} in ${duration(connectedAfter)}`)
}

async function orTell<T>(
  promise: Promise<T>,
  transport: (what: TransportEvent['what'], detail: string) => void,
): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof CommandError) transport('failed', error.message)
    throw error
  }
}

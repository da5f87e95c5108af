/** `connect`: a TCP connection, or another transport, and TLS over it. */
import { connect as dial, type NetConnectOpts, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ownerOf } from './engineStream.ts'
import { checkOnRead, readInto } from './onRead.ts'
import { type ConnectOptions, dialOptions } from './options.ts'
import { TLSSocket } from './tlsSocket.ts'
import { refuseUnsupported } from './unsupported.ts'

type Callback = () => void

/** What a socket tells of its connecting; the TLSSocket says it again. */
const transportEvents = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
].map((event) => {
  function tell(this: Duplex, ...details: unknown[]): void {
    ownerOf(this)?.emit(event, ...details)
  }
  return [event, tell] as const
})

function onConnect(this: Duplex): void {
  const socket = ownerOf(this)
  socket?.emit('connect')
  socket?.emit('ready')
}

/** The arguments that node:tls takes: `(options)`, `(port[, host][, options])`, `(path[, options])`, each with a callback. */
function normalize(args: readonly unknown[]): [ConnectOptions, Callback | undefined] {
  const callback = args.findLast((arg): arg is Callback => typeof arg === 'function')
  const [first, second, third] = args
  if (first !== null && typeof first === 'object') return [first as ConnectOptions, callback]
  const options = [second, third].find((arg) => arg !== null && typeof arg === 'object') ?? {}
  const isPath = typeof first === 'string' && !/^\d+$/.test(first)
  const address = isPath
    ? { path: first }
    : { port: first as number, ...(typeof second === 'string' ? { host: second } : {}) }
  return [{ ...address, ...(options as ConnectOptions) }, callback]
}

let warned = false

/** NODE_TLS_REJECT_UNAUTHORIZED=0 turns the check off for a whole process, with a warning, as in Node. */
function rejectsByDefault(): boolean {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return true
  if (!warned) {
    warned = true
    process.emitWarning(
      "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests insecure by disabling certificate verification.",
    )
  }
  return false
}

function openTransport(options: ConnectOptions): Socket {
  const dialed: Record<string, unknown> = { allowHalfOpen: true }
  for (const name of dialOptions) if (options[name] !== undefined) dialed[name] = options[name]
  return dial(dialed as unknown as NetConnectOpts)
}

/**
 * Connects, and shakes hands. The callback is a listener for `secureConnect`: the server is then authenticated, unless
 * `rejectUnauthorized` is false.
 */
export function connect(options: ConnectOptions, callback?: Callback): TLSSocket
export function connect(
  port: number,
  host?: string,
  options?: ConnectOptions,
  callback?: Callback,
): TLSSocket
export function connect(port: number, options?: ConnectOptions, callback?: Callback): TLSSocket
export function connect(port: number, callback?: Callback): TLSSocket
export function connect(path: string, options?: ConnectOptions, callback?: Callback): TLSSocket
export function connect(...args: readonly unknown[]): TLSSocket {
  const [options, callback] = normalize(args)
  // Before a connection is opened that nobody would close.
  refuseUnsupported(options)
  if (options.onread != null) checkOnRead(options.onread)
  const given = options.socket
  const hostOfSocket = (given as { _host?: string } | undefined)?._host
  const expectedName = options.servername || options.host || hostOfSocket || 'localhost'
  // Not a spread: V8 of Node 20 gives each object that a spread makes here a shape of its own, which weighs more than it.
  const settings = Object.assign({}, options, {
    isServer: false,
    rejectUnauthorized:
      'rejectUnauthorized' in options ? options.rejectUnauthorized !== false : rejectsByDefault(),
    expectedName,
    dialed: options,
  })
  if (given !== undefined && given !== null) {
    const socket = new TLSSocket(given, { ...settings, allowHalfOpen: given.allowHalfOpen })
    if (options.onread != null) readInto(socket, options.onread)
    if (callback !== undefined) socket.once('secureConnect', callback)
    return socket
  }
  const transport = openTransport(options)
  let socket: TLSSocket
  try {
    socket = new TLSSocket(transport, settings)
  } catch (error) {
    transport.destroy()
    throw error
  }
  if (options.onread != null) readInto(socket, options.onread)
  for (const [event, listener] of transportEvents) transport.on(event, listener)
  transport.once('connect', onConnect)
  if (options.timeout) socket.setTimeout(options.timeout)
  if (callback !== undefined) socket.once('secureConnect', callback)
  return socket
}

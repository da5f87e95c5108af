/** `Server`: a net.Server whose connections become TLSSockets. */
import { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ServerConfig } from '../config.ts'
import type { TicketService } from '../session/tickets.ts'
import { connectionReset } from './errors.ts'
import { defined, type ServerOptions, type TLSSocketOptions } from './options.ts'
import {
  type AnyContext,
  asSecureContext,
  contextFrom,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  ticketKeysLength,
} from './secureContext.ts'
import { checkServerOptions } from './serverSide.ts'
import {
  announced,
  newTicketKeys,
  sessionIdsOfEvents,
  ticketsOf,
  ticketsOfEvents,
} from './tickets.ts'
import { TLSSocket } from './tlsSocket.ts'
import {
  bytesOf,
  invalidArgType,
  invalidArgValue,
  validateBuffer,
  validateNumber,
  validateObject,
  validateString,
  withCode,
} from './validate.ts'

type Listener = (socket: TLSSocket) => void

/** Milliseconds that a client has for its handshake, as in Node. */
const defaultHandshakeTimeout = 120_000

export class Server extends NetServer {
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  readonly #options: ServerOptions
  readonly #handshakeTimeout: number
  #contexts: { readonly name: RegExp; readonly context: SecureContext }[] = []
  #context: SecureContext
  #ticketKeys: Uint8Array
  #tickets: TicketService | undefined
  #socketOptions: TLSSocketOptions | undefined

  constructor(options?: ServerOptions | Listener | null, listener?: Listener) {
    const given = typeof options === 'function' ? {} : (options ?? {})
    if (typeof given !== 'object') throw invalidArgType('options', 'of type object', options)
    checkServerOptions(given)
    const handshakeTimeout = given.handshakeTimeout || defaultHandshakeTimeout
    validateNumber(handshakeTimeout, 'options.handshakeTimeout')
    const context = contextOf(given)
    // The peer's end must not end our side before close_notify has been sent: each TLSSocket sees to its own.
    super({ ...netOptions(given), allowHalfOpen: true })
    this.#options = given
    this.#context = context
    this.#ticketKeys = context.ticketKeys ?? newTicketKeys()
    this.#handshakeTimeout = handshakeTimeout
    this.requestCert = given.requestCert === true
    this.rejectUnauthorized = given.rejectUnauthorized !== false
    const onSecure = typeof options === 'function' ? options : listener
    if (onSecure !== undefined) this.on('secureConnection', onSecure)
    this.on('connection', Server.#onConnection)
  }

  static #onConnection = function (this: NetServer, transport: Duplex): void {
    ;(this as Server).#accept(transport)
  }

  #accept(transport: Duplex): void {
    // One object for all sockets of a context: an option costs no memory for each of them.
    this.#socketOptions ??= {
      ...this.#options,
      isServer: true,
      server: this,
      secureContext: this.#context,
      handshakeTimeout: this.#handshakeTimeout,
    }
    const socket = new TLSSocket(transport, this.#socketOptions)
    socket.on('error', Server.#onSocketError)
    socket.on('close', Server.#onSocketClose)
  }

  /** Hands a socket whose handshake is complete to the program. */
  deliver(socket: TLSSocket): void {
    socket.removeListener('close', Server.#onSocketClose)
    this.emit('secureConnection', socket)
  }

  /**
   * Before `secureConnection` the program has no socket to listen on: the server speaks for it. Later, as in Node, a
   * client that resets its connection does not end a program that does not listen for errors.
   */
  static #onSocketError = function (this: TLSSocket, error: Error): void {
    if (this.secureConnecting) this.server?.emit('tlsClientError', error, this)
  }

  static #onSocketClose = function (this: TLSSocket, hadError: boolean): void {
    if (!hadError) this.server?.emit('tlsClientError', connectionReset('socket hang up'), this)
  }

  // ── Contexts ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The context for clients that ask for this name.
   * @param servername a name; `*` stands for what a label holds
   */
  addContext(servername: string, context: AnyContext | SecureContextOptions): void {
    if (!servername)
      throw withCode(
        new Error('"servername" is required parameter for Server.addContext'),
        'ERR_TLS_REQUIRED_SERVER_NAME',
      )
    validateString(servername, 'servername')
    const pattern = servername.replace(/[.^$+?\-\\[\]{}()|]/g, '\\$&').replaceAll('*', '[^.]*')
    this.#contexts.push({
      name: new RegExp(`^${pattern}$`, 'i'),
      context: contextFrom(context),
    })
  }

  /** The context that was added last for this name. */
  contextFor(servername: string): SecureContext | undefined {
    return this.#contexts.findLast(({ name }) => name.test(servername))?.context
  }

  /** Replaces identity and trust for the connections to come. */
  setSecureContext(options: SecureContextOptions): void {
    validateObject(options, 'options')
    this.#context = contextOf(options)
    this.#socketOptions = undefined
    if (this.#context.ticketKeys !== undefined) this.#ticketKeys = this.#context.ticketKeys
    this.#tickets = undefined
  }

  // ── Sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** 48 bytes that encrypt session tickets; whoever has them reads the sessions. */
  getTicketKeys(): Buffer<ArrayBuffer> {
    return Buffer.from(this.#ticketKeys)
  }

  /** Sets the keys for the connections to come; tickets of the earlier keys are not accepted any more. */
  setTicketKeys(keys: NodeJS.ArrayBufferView): void {
    validateBuffer(keys)
    if (keys.byteLength !== ticketKeysLength)
      throw invalidArgValue('keys', keys.byteLength, 'Session ticket keys must be a 48-byte buffer')
    this.#ticketKeys = bytesOf(keys).slice()
    this.#tickets = undefined
  }

  /**
   * How this server remembers sessions: in its tickets, or by the program's listeners. Tickets of TLS 1.3 are names where
   * the program listens to both events; in TLS 1.2 clients without tickets have session ids, as in Node.
   */
  sessionServices(
    isTls13: boolean,
    clock: () => number,
  ): Pick<ServerConfig, 'tickets' | 'sessionIds'> {
    const context = this.#context
    const hearsNew = this.listenerCount('newSession') > 0
    const hearsResume = this.listenerCount('resumeSession') > 0
    if (isTls13 && hearsNew && hearsResume)
      return { tickets: ticketsOfEvents(context, this, clock) }
    const sessionIds =
      !isTls13 && (hearsNew || hearsResume)
        ? { sessionIds: sessionIdsOfEvents(context, this, clock) }
        : {}
    if (context.noTickets) return sessionIds
    this.#tickets ??= ticketsOf(context, this.#ticketKeys, clock)
    const tickets = isTls13 && hearsNew ? announced(this.#tickets, context, this) : this.#tickets
    return { tickets, ...sessionIds }
  }
}

/** A server prefers its own order, as in Node, unless it is told otherwise. */
function contextOf(options: ServerOptions | SecureContextOptions): SecureContext {
  if ('secureContext' in options && options.secureContext != null)
    return asSecureContext(options.secureContext, 'options.secureContext')
  return createSecureContext({ ...options, honorCipherOrder: options.honorCipherOrder ?? true })
}

function netOptions(options: ServerOptions): object {
  const { pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay, blockList } = options
  return { pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay, ...defined({ blockList }) }
}

export function createServer(listener?: Listener): Server
export function createServer(options: ServerOptions | null | undefined, listener?: Listener): Server
export function createServer(
  options?: ServerOptions | Listener | null,
  listener?: Listener,
): Server {
  return new Server(options, listener)
}

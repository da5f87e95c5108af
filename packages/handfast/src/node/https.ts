/** HTTPS: Node's own HTTP/1.1 and HTTP/2 over the sockets of this library. */
import type * as http from 'node:http'
import type * as http2 from 'node:http2'
import type * as https from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from './connect.ts'
import { socketForHttp2 } from './http2.ts'
import { nodeHttp2 } from './nodeHttp2.ts'
import type { ConnectOptions, ServerOptions } from './options.ts'
import { Server } from './server.ts'
import { SessionCache } from './sessionCache.ts'
import type { TLSSocket } from './tlsSocket.ts'

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

export interface HttpsServerOptions
  extends ServerOptions,
    Omit<http.ServerOptions, keyof ServerOptions> {
  /** Speaks HTTP/2 with the clients that offer it by ALPN, HTTP/1.1 with the others. Default: false. */
  readonly http2?: boolean | undefined
  /** For HTTP/2: settings, and what else `http2.createServer()` takes. */
  readonly http2Options?: http2.ServerOptions | undefined
}

/** What `http2.createSecureServer()` takes. */
export interface SecureHttp2ServerOptions
  extends ServerOptions,
    Omit<http2.ServerOptions, keyof ServerOptions> {
  /** Speaks HTTP/1.1 with the clients that do not offer `h2`. Default: false. */
  readonly allowHTTP1?: boolean | undefined
}

/** Settings of an http.Server, which programs read and write. */
const settings = [
  'timeout',
  'keepAliveTimeout',
  'headersTimeout',
  'requestTimeout',
  'maxHeadersCount',
  'maxRequestsPerSocket',
] as const

/** Events of this server itself; all others are those of the HTTP server behind it. */
const ownEvents: ReadonlySet<string | symbol> = new Set([
  'newListener',
  'removeListener',
  'connection',
  'secureConnection',
  'tlsClientError',
  'listening',
  'close',
  'error',
  'drop',
  'keylog',
  'newSession',
  'resumeSession',
  'OCSPRequest',
])

type HttpServerLike = Pick<http.Server, (typeof settings)[number]>

export interface HttpsServer extends HttpServerLike {}

/** A Server whose connections are served by Node's HTTP parser; the shape of https.Server. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the settings are defined on the prototype below
export class HttpsServer extends Server {
  readonly #http: http.Server
  readonly #http2: http2.Http2Server | undefined
  /** Whether a client that does not offer `h2` is spoken to. */
  readonly #http1: boolean

  constructor(given?: HttpsServerOptions | Handler | null, listener?: Handler) {
    const options = typeof given === 'function' ? {} : (given ?? {})
    const handler = typeof given === 'function' ? given : listener
    const protocols = protocolsOf(options)
    super({ ...options, noDelay: options.noDelay ?? true, ALPNProtocols: protocols })
    this.#http = process.getBuiltinModule('node:http').createServer(options as http.ServerOptions)
    this.#http2 =
      options.http2 === true ? nodeHttp2().createServer(options.http2Options ?? {}) : undefined
    this.#http1 = protocols !== http2Only
    // From then on it knows its connections, and limits their time: it never listens itself.
    this.on('listening', () => this.#http.emit('listening'))
    // An event that nobody listens for has a meaning for HTTP servers: `upgrade` for one is then refused.
    this.on('newListener', (event) => this.#forward(event))
    this.on('secureConnection', (socket: TLSSocket) => this.#serve(socket))
    this.on('tlsClientError', (error: Error, socket: Duplex) => {
      if (!this.emit('clientError', error, socket)) socket.destroy()
    })
    if (handler !== undefined) this.on('request', handler)
  }

  #forward(event: string | symbol): void {
    if (ownEvents.has(event) || this.listenerCount(event) > 0) return
    const again = (...args: unknown[]) => this.emit(event as string, ...args)
    this.#http.on(event as string, again)
    this.#http2?.on(event as string, again)
  }

  #serve(socket: TLSSocket): void {
    if (socket.alpnProtocol === 'h2') this.#http2?.emit('connection', socketForHttp2(socket))
    // One that speaks nothing but HTTP/2 tells the client so.
    else (this.#http1 ? this.#http : this.#http2)?.emit('connection', socket)
  }

  /** The HTTP server behind; its settings are this server's. */
  get httpServer(): http.Server {
    return this.#http
  }

  setTimeout(milliseconds?: number | (() => void), callback?: () => void): this {
    this.#http.setTimeout(milliseconds as number, callback)
    if (typeof milliseconds === 'number') this.#http2?.setTimeout(milliseconds)
    return this
  }

  /** HTTP/2: the settings of the sessions to come. */
  updateSettings(settings: http2.Settings): void {
    this.#http2?.updateSettings(settings)
  }

  closeAllConnections(): void {
    this.#http.closeAllConnections()
  }

  closeIdleConnections(): void {
    this.#http.closeIdleConnections()
  }

  override close(callback?: (error?: Error) => void): this {
    // What they do beside closing a port, which they have not: idle connections, sessions, timers.
    this.#http.close()
    this.#http2?.close()
    return super.close(callback)
  }
}

for (const name of settings)
  Object.defineProperty(HttpsServer.prototype, name, {
    get(this: HttpsServer) {
      return this.httpServer[name]
    },
    set(this: HttpsServer, value: never) {
      this.httpServer[name] = value
    },
    configurable: true,
  })

const http2Only: readonly string[] = ['h2']

function protocolsOf(options: HttpsServerOptions): HttpsServerOptions['ALPNProtocols'] {
  if (options.ALPNProtocols !== undefined || options.ALPNCallback !== undefined)
    return options.ALPNProtocols
  return options.http2 === true ? ['h2', 'http/1.1'] : ['http/1.1']
}

/**
 * An HTTPS server: `https.createServer()` over this library.
 * @param handler a listener for `request`
 */
export function createHttpsServer(handler?: Handler): HttpsServer
export function createHttpsServer(
  options: HttpsServerOptions | null | undefined,
  handler?: Handler,
): HttpsServer
export function createHttpsServer(
  options?: HttpsServerOptions | Handler | null,
  handler?: Handler,
): HttpsServer {
  return new HttpsServer(options, handler)
}

type Http2Handler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void

/**
 * An HTTP/2 server: `http2.createSecureServer()` over this library.
 * @param handler a listener for `request`
 */
export function createSecureServer(handler?: Http2Handler): HttpsServer
export function createSecureServer(
  options: SecureHttp2ServerOptions | null | undefined,
  handler?: Http2Handler,
): HttpsServer
export function createSecureServer(
  given?: SecureHttp2ServerOptions | Http2Handler | null,
  listener?: Http2Handler,
): HttpsServer {
  const options = typeof given === 'function' ? {} : (given ?? {})
  const handler = typeof given === 'function' ? given : listener
  const ALPNProtocols =
    options.ALPNCallback === undefined
      ? options.allowHTTP1 === true
        ? ['h2', 'http/1.1']
        : http2Only
      : undefined
  return new HttpsServer(
    { ...options, ALPNProtocols, http2: true, http2Options: options as http2.ServerOptions },
    handler as Handler | undefined,
  )
}

/** Options that tell two connections apart, beyond those that https.Agent knows. */
const namingOptions = [
  'groups',
  'signatureSchemes',
  'keyShares',
  'grease',
  'requireCloseNotify',
] as const

/** An https.Agent whose connections are this library's; sessions are kept for each server, and each is used once. */
export class Agent extends process.getBuiltinModule('node:https').Agent {
  // `options` are those that the base class has read.
  readonly #sessions = new SessionCache(
    (this.options as { maxCachedSessions?: number }).maxCachedSessions,
  )

  override getName(options: https.RequestOptions & ConnectOptions): string {
    const own = namingOptions.map((name) => JSON.stringify(options[name]) ?? '')
    return `${super.getName(options as https.RequestOptions)}:${own.join(':')}`
  }

  override createConnection(requested: https.RequestOptions): TLSSocket {
    const options = requested as https.RequestOptions & ConnectOptions
    const name = this.getName(options)
    const session = options.session ?? this.#sessions.take(name)
    // `path` is the one of the URL here.
    const path = options.socketPath
    const socket = connect({ ...options, path, session } as ConnectOptions)
    socket.on('session', (bytes: Buffer) => this.#sessions.keep(name, bytes))
    return socket
  }
}

/**
 * Node's HTTP/2 over the sockets of this library. Node's sessions read and write a native stream; for any other Duplex
 * they make one that forwards, and which knows nothing of TLS. Here it is made beforehand, and knows: `session.encrypted`,
 * `alpnProtocol` and `socket` are then what they are over node:tls, and a client's session begins when TLS is up.
 */
import type * as http2 from 'node:http2'
import { isIP, Socket } from 'node:net'
import { type Duplex, PassThrough } from 'node:stream'
import { connect } from './connect.ts'
import { nodeHttp2 } from './nodeHttp2.ts'
import type { ConnectOptions } from './options.ts'
import { TLSSocket } from './tlsSocket.ts'

type Forwarding = new (stream: Duplex) => Socket

/** Node's class of forwarding streams, which it exports nowhere: the class of the socket of a session over a Duplex. */
function nodeForwarding(): Forwarding {
  const session = nodeHttp2().connect('http://localhost', {
    createConnection: () => new PassThrough(),
  })
  session.on('error', () => {})
  const Forwarding = Object.getPrototypeOf(session.socket).constructor
  session.destroy()
  return Forwarding
}

let made: Forwarding | undefined

/** Node's forwarding stream, with a TLSSocket's own members. */
function forwardingClass(): Forwarding {
  if (made !== undefined) return made
  const Base = nodeForwarding()
  class ForwardedTLSSocket extends Base {
    constructor(socket: TLSSocket) {
      super(socket)
      if (!socket.secureConnecting) return
      // The session waits for it.
      Object.assign(this, { connecting: true })
      socket.once('secureConnect', () => {
        Object.assign(this, { connecting: false })
        this.emit('connect')
        this.emit('secureConnect')
      })
    }
  }
  for (const name of membersOfTls)
    Object.defineProperty(ForwardedTLSSocket.prototype, name, {
      configurable: true,
      get(this: { stream: TLSSocket }) {
        const value = this.stream[name]
        return typeof value === 'function' ? value.bind(this.stream) : value
      },
    })
  // Programs ask `session.socket instanceof TLSSocket`.
  Object.defineProperty(TLSSocket, Symbol.hasInstance, {
    value(this: typeof TLSSocket, value: unknown) {
      return isInstance(value, this) || (this === TLSSocket && value instanceof ForwardedTLSSocket)
    },
  })
  made = ForwardedTLSSocket as Forwarding
  return made
}

/** `instanceof`, as it is without a class's own say. */
function isInstance(value: unknown, type: object): boolean {
  return Function.prototype[Symbol.hasInstance].call(type as never, value)
}

/** What a TLSSocket has, and a net.Socket has not or cannot know here. */
const membersOfTls = [
  ...Object.getOwnPropertyNames(TLSSocket.prototype).filter((name) => !(name in Socket.prototype)),
  'encrypted',
  'authorized',
  'authorizationError',
  'alpnProtocol',
  'servername',
  'transport',
  'localAddress',
  'localPort',
  'localFamily',
  'remoteAddress',
  'remotePort',
  'remoteFamily',
  'address',
  // The forwarding stream has no connection to set anything of; a session asks for no delay.
  'setNoDelay',
  'setKeepAlive',
  'ref',
  'unref',
] as readonly (keyof TLSSocket)[]

/** A socket for Node's HTTP/2, which takes this one over; what is not this library's is handed back as it is. */
export function socketForHttp2<T extends Duplex>(socket: T): T | Socket {
  return isInstance(socket, TLSSocket) ? new (forwardingClass())(socket) : socket
}

type Listener = (session: http2.ClientHttp2Session, socket: TLSSocket) => void
export type Http2ConnectOptions = ConnectOptions & http2.ClientSessionOptions

/**
 * A session of HTTP/2: `http2.connect()` over this library.
 * @param authority a URL, or its parts. @param listener for `connect`: TLS is up then
 */
export function connectHttp2(
  authority: string | URL,
  options?: Http2ConnectOptions | Listener,
  listener?: Listener,
): http2.ClientHttp2Session {
  const given = typeof options === 'function' ? {} : (options ?? {})
  const onConnect = typeof options === 'function' ? options : listener
  const createConnection: http2.ClientSessionOptions['createConnection'] = (url, settings) => {
    const socket =
      given.createConnection?.(url, settings) ?? dial(url, settings as Http2ConnectOptions)
    return socketForHttp2(socket)
  }
  const isPlain = given.createConnection === undefined && !isSecure(authority, given)
  const session = nodeHttp2().connect(
    authority,
    (isPlain ? given : { ...given, createConnection }) as http2.ClientSessionOptions,
  )
  if (onConnect !== undefined) session.once('connect', onConnect as never)
  return session
}

Object.defineProperty(connectHttp2, Symbol.for('nodejs.util.promisify.custom'), {
  value: (authority: string | URL, options?: Http2ConnectOptions) =>
    new Promise((resolve, reject) => {
      const session = connectHttp2(authority, options, () => {
        session.removeListener('error', reject)
        resolve(session)
      })
      session.once('error', reject)
    }),
})

function isSecure(authority: string | URL, options: http2.ClientSessionOptions): boolean {
  // Of a wrong type: Node says so.
  const { protocol } = typeof authority === 'string' ? new URL(authority) : (authority ?? {})
  return (protocol || options.protocol || 'https:') === 'https:'
}

/** Connects as http2.connect does. */
function dial(authority: URL, options: Http2ConnectOptions): TLSSocket {
  const named = authority.hostname || authority.host || 'localhost'
  const host = named.startsWith('[') ? named.slice(1, -1) : named
  const ALPNProtocols =
    (options as { allowHTTP1?: boolean }).allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2']
  const servername = options.servername || (isIP(host) === 0 ? host : undefined)
  return connect({
    port: Number(authority.port || 443),
    host,
    ...options,
    ALPNProtocols,
    servername,
  })
}

/** What `connect`, `createServer` and `TLSSocket` take: node:tls's options, and what only handfast has. */
import type { BlockList, Server as NetServer, ServerOpts, TcpNetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ClientHello } from '../codec/messages.ts'
import type { ClientHelloInfo, EarlyDataPolicy, ServerConfig } from '../config.ts'
import type { MaybePromise } from '../crypto/provider.ts'
import type { Limits } from '../limits.ts'
import type { TicketService } from '../session/tickets.ts'
import type { TraceListener } from '../trace/events.ts'
import type { NameList } from './names.ts'
import type { OnReadOptions } from './onRead.ts'
import type { PskClientCallback, PskServerCallback } from './psk.ts'
import type { AnyContext, SecureContext, SecureContextOptions } from './secureContext.ts'
import type { Server } from './server.ts'
import type { TLSSocket } from './tlsSocket.ts'
import type { IdentityCheck } from './verification.ts'

/** Protocols of ALPN, the preferred first: names, or the bytes of the extension's list. */
export type AlpnProtocols = readonly (string | Uint8Array)[] | NodeJS.ArrayBufferView

/** What both ends take. */
export interface CommonOptions extends SecureContextOptions {
  /** In place of the options that it was made of. */
  readonly secureContext?: AnyContext | undefined
  readonly ALPNProtocols?: AlpnProtocols | undefined
  /** Refuses a peer whose certificate is not accepted. Default: true. False is dangerous. */
  readonly rejectUnauthorized?: boolean | undefined
  /** Prints what happens to stderr. */
  readonly enableTrace?: boolean | undefined
  readonly allowHalfOpen?: boolean | undefined
  readonly highWaterMark?: number | undefined
  /** Destroys the socket. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the handshake. Default: 120000 on a server, none on a client. */
  readonly handshakeTimeout?: number | undefined

  // ── handfast's own ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes an end without close_notify an error (`ERR_TRUNCATED`): what was read may have been cut off. */
  readonly requireCloseNotify?: boolean | undefined
  /** Receives every event of the handshake and the records. */
  readonly trace?: TraceListener | undefined
  /** Puts secrets into the trace. */
  readonly traceSecrets?: boolean | undefined
  /** Zeros to add to a record, by the length of its content. */
  readonly recordPadding?: ((contentLength: number) => number) | undefined
  /** The largest record content that is received (RFC 8449), in bytes. */
  readonly recordSizeLimit?: number | undefined
  readonly maxSendFragment?: number | undefined
  readonly keyUpdateAfterRecords?: number | undefined
  readonly limits?: Partial<Limits> | undefined
  /** Milliseconds since 1970; for tests. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/** What only a client takes. */
export interface ClientOptions extends CommonOptions {
  /** The name to ask for, and to find in the certificate. Default: `host`. An empty one is not sent. */
  readonly servername?: string | undefined
  readonly host?: string | undefined
  readonly checkServerIdentity?: IdentityCheck | undefined
  /** Names the key in common, for the PSK suites of TLS 1.2 and for TLS 1.3 (SHA-256). */
  readonly pskCallback?: PskClientCallback | undefined
  /** Of an earlier connection: the bytes of its event `session`. */
  readonly session?: Uint8Array | undefined
  readonly requestOCSP?: boolean | undefined
  /** Bits that a finite field must have at least. Default: 1024. */
  readonly minDHSize?: number | undefined

  // ── handfast's own ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sent in the first flight where `session` allows it (RFC 8446 §2.3): `connectionInfo.earlyData` says what became of it.
   * **An attacker can send it to the server again**: only what may be done twice belongs here. It counts as written, and
   * is not for `write()`.
   */
  readonly earlyData?: NodeJS.ArrayBufferView | undefined
  /** Sends `earlyData` first thing after the handshake where the server did not accept it. Default: false. */
  readonly resendEarlyData?: boolean | undefined
  /** Groups for which a key share is sent at once. */
  readonly keyShares?: NameList | undefined
  /** Reserved values among the offers (RFC 8701). Default: true. */
  readonly grease?: boolean | undefined
  readonly middleboxCompatibility?: boolean | undefined
  readonly postHandshakeAuth?: boolean | undefined
  readonly requestSignedCertificateTimestamps?: boolean | undefined
  readonly padClientHelloTo?: number | undefined
  readonly shapeClientHello?: ((hello: ClientHello) => ClientHello) | undefined
}

/** Options of net.connect that are not a client's anyway. */
type DialOption = Exclude<(typeof dialOptions)[number], 'host' | 'path'>

type DialOptions = { readonly [name in DialOption]?: TcpNetConnectOpts[name] | undefined }

/** What `connect` takes. */
export interface ConnectOptions extends ClientOptions, DialOptions {
  /** A unix socket, or a named pipe, in place of `host` and `port`. */
  readonly path?: string | undefined
  /** The transport, in place of a new connection. */
  readonly socket?: Duplex | undefined
  /** Puts what is received into a buffer of the program's, in place of `data` events. */
  readonly onread?: OnReadOptions | undefined
  /** Milliseconds of `setTimeout()`, from the beginning. */
  readonly timeout?: number | undefined
}

/** Options of `connect` that are for `net.connect`. */
export const dialOptions = [
  'port',
  'host',
  'path',
  'family',
  'hints',
  'lookup',
  'localAddress',
  'localPort',
  'noDelay',
  'keepAlive',
  'keepAliveInitialDelay',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
] as const

/** Changes to the configuration of one connection, made when its ClientHello is known. */
export type ClientHelloAnswer = Partial<ServerConfig> & {
  /** Shows an identity of this context. */
  readonly secureContext?: SecureContext
}

type SniAnswer = (error: Error | null, context?: AnyContext) => void

/** What only a server takes. */
export interface ServerSideOptions extends CommonOptions {
  /** Asks the client for a certificate; `'afterHandshake'`: only when `requestClientCertificate()` is called. Default: false. */
  readonly requestCert?: boolean | 'afterHandshake' | undefined
  /** Finds the key of a client's identity. */
  readonly pskCallback?: PskServerCallback | undefined
  /** Tells clients of TLS 1.2 which key is meant. */
  readonly pskIdentityHint?: string | undefined
  readonly SNICallback?: ((servername: string, callback: SniAnswer) => void) | undefined
  readonly ALPNCallback?:
    | ((offer: { servername: string; protocols: string[] }) => string | undefined)
    | undefined

  // ── handfast's own ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sees the ClientHello before it is answered, and may take its time. A throw refuses the client. */
  readonly onClientHello?:
    | ((hello: ClientHelloInfo, socket: TLSSocket) => MaybePromise<ClientHelloAnswer | undefined>)
    | undefined
  /**
   * Takes data in the first flight of clients that resume. It comes at once as event `earlyData`, of the socket and of the
   * server, and what is written in answer goes out at once: **it may be a replay**. Where nobody listens it comes as `data`
   * once the handshake has shown that the client is there, which no replay does (RFC 8470 §3).
   */
  readonly earlyData?: EarlyDataPolicy | undefined
  /** In place of tickets encrypted by `ticketKeys`. */
  readonly tickets?: TicketService | undefined
  readonly ticketCount?: number | undefined
  /** Tells clients the groups (RFC 8446 §4.2.7). */
  readonly announceGroups?: boolean | undefined
  readonly cookie?: ((hello: ClientHelloInfo) => Uint8Array) | undefined
}

/** What `createServer` takes. */
export interface ServerOptions
  extends ServerSideOptions,
    Omit<ServerOpts, 'allowHalfOpen' | 'highWaterMark' | 'blockList'> {
  /** Addresses that are not let in. Node 22.13 and later; earlier ones pass over it. */
  readonly blockList?: BlockList | undefined
}

/** Options that mean another thing to a client than to a server. */
export type OfRole = 'pskCallback' | 'earlyData'

/** What the constructor of TLSSocket takes. */
export interface TLSSocketOptions
  extends Omit<ClientOptions, OfRole>,
    Omit<ServerSideOptions, OfRole> {
  readonly pskCallback?: PskClientCallback | PskServerCallback | undefined
  readonly earlyData?: NodeJS.ArrayBufferView | EarlyDataPolicy | undefined
  readonly isServer?: boolean | undefined
  /** Where the connection came from. */
  readonly server?: Server | NetServer | undefined
  readonly pauseOnConnect?: boolean | undefined
}

/** Drops what is not set, which the engine's configuration does not take. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Not by deleting: an object that lost a property is slow from then on.
  const kept: Record<string, unknown> = {}
  for (const key in values) {
    const value = values[key]
    if (value !== undefined) kept[key] = value
  }
  return kept as { [K in keyof T]?: Exclude<T[K], undefined> }
}

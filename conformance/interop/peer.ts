/** One interface over every TLS implementation that handfast is tested against. */

import type { Identity } from './identities.ts'
import type { AnswerStyle } from './payload.ts'

export type Role = 'client' | 'server'

/** What a peer can be asked to do besides choosing a suite, a group or a signature scheme. */
export type Feature =
  /** A second connection with the first one's ticket. */
  | 'resumption'
  /** Client: offers several groups but sends a share only for the first. Server: asks for another share. */
  | 'hello-retry-request'
  /** The same on a connection that resumes, so that the binder covers both ClientHellos (RFC 8446 §4.2.11.2). */
  | 'hello-retry-request-while-resuming'
  /** A client certificate during the handshake. */
  | 'client-auth'
  /** A client certificate after the handshake (RFC 8446 §4.6.2). */
  | 'post-handshake-auth'
  | 'alpn'
  /** Starts a KeyUpdate by itself, and asks for one in return. */
  | 'key-update'
  | 'ocsp-stapling'
  /** Can leave out the middlebox compatibility of RFC 8446 appendix D.4 (every peer has it). */
  | 'no-middlebox-compatibility'
  /** Tells the limit on records that it accepts (RFC 8449). */
  | 'record-size-limit'
  /** Pads its records. */
  | 'record-padding'
  /** Its defaults, older versions included, can be left alone. */
  | 'plain'
  /** Sends early data that the server must refuse. */
  | 'early-data'
  /** Sends smaller records than it must. */
  | 'max-send-fragment'
  /** TLS 1.2: a second connection by the first one's session id, without tickets. */
  | 'resumption-by-id'
  /** TLS 1.2: has encrypt_then_mac (RFC 7366). */
  | 'encrypt-then-mac'
  /** TLS 1.2: can leave it out. */
  | 'no-encrypt-then-mac'
  /** TLS 1.2: can leave extended_master_secret out (RFC 7627). */
  | 'no-extended-master-secret'

export interface Abilities {
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
  readonly features: readonly Feature[]
}

/** What a peer turned out to be on this machine. */
export interface Probe {
  readonly version: string
  /** By role; a role that the peer does not have is absent. Names are IANA's. */
  readonly abilities: Partial<Record<Role, Abilities>>
  /** The same for TLS 1.2; absent where the peer, or the program that drives it, has none. */
  readonly tls12?: Partial<Record<Role, Abilities>>
  /** Where the abilities were read from: a command, or documentation. */
  readonly source: string
  /** Why a named thing is missing, where the peer's list alone does not tell; the key is `role value`, or `value`. */
  readonly reasons?: Readonly<Record<string, string>>
}

export interface CommonOptions {
  /** Speak this version alone; undefined means TLS 1.3. */
  readonly version?: 'TLS 1.2'
  /** TLS 1.2: leave an extension out. */
  readonly without?: 'tickets' | 'encrypt_then_mac' | 'extended_master_secret'
  /** Groups in the order of preference; undefined means all that the peer has. */
  readonly groups?: readonly string[]
  readonly suites?: readonly string[]
  readonly signatureSchemes?: readonly string[]
  readonly alpn?: readonly string[]
  /** Start a KeyUpdate in the middle of the data, and ask for one. */
  readonly keyUpdate?: boolean
  /** Count the KeyUpdate messages that come in, where the peer can. */
  readonly watchKeyUpdates?: boolean
  readonly middleboxCompatibility?: boolean
  /** Bytes of plaintext in a record that this end accepts (RFC 8449). */
  readonly recordSizeLimit?: number
  /** Leave all else to the peer's own defaults, with the older versions that it offers or accepts by itself. */
  readonly plain?: boolean
  /** Pad every record's content to whole blocks of this many bytes (RFC 8446 §5.4). */
  readonly recordPadding?: number
  /** Send records with at most this many bytes of content. */
  readonly maxSendFragment?: number
  /** File for the secrets, in the SSLKEYLOGFILE format. */
  readonly keyLogFile?: string
}

export interface ServerOptions extends CommonOptions {
  readonly identity: Identity
  readonly clientCertificate?: 'request' | 'require' | 'post-handshake'
  /** PEM file: whom to trust for client certificates. */
  readonly authorities?: string
  /** DER file with the response to staple. */
  readonly ocspResponse?: string
}

export interface ClientOptions extends CommonOptions {
  readonly port: number
  readonly serverName: string
  /** PEM file: whom to trust for the server's certificate. */
  readonly authorities: string
  readonly identity?: Identity
  /** Make two connections, the second with the first one's session. */
  readonly resume?: boolean
  readonly postHandshakeAuth?: boolean
  /** Send early data with a ticket that another server issued, so that it must be refused (RFC 8446 §4.2.10). */
  readonly earlyData?: boolean
  /** Ask for a stapled OCSP response. */
  readonly ocspStapling?: boolean
  /** Size of the payload in bytes. */
  readonly bytes?: number
  /** How the server answers; a client that only knows some styles says so in its probe's reasons. */
  readonly answers: AnswerStyle
  readonly filesFolder?: string
  readonly trigger?: Trigger
}

/** A command in the data that makes a server do what its options asked for, and what it answers. */
export interface Trigger {
  readonly send: string
  readonly answer: string
}

/** What one end says about a connection. A field that the peer does not tell is absent. */
export interface ConnectionReport {
  readonly version?: string
  readonly suite?: string
  readonly group?: string
  /** The scheme that the other end signed with. */
  readonly signatureScheme?: string
  /** The scheme that this end signed with. */
  readonly ownSignatureScheme?: string
  readonly resumed?: boolean
  readonly helloRetryRequest?: boolean
  readonly alpn?: string
  readonly serverName?: string
  /** Contains at least the common name of the other end's certificate. */
  readonly peerSubject?: string
  readonly postHandshakeAuthenticated?: boolean
  readonly ocspStapled?: boolean
  readonly extendedMasterSecret?: boolean
  readonly encryptThenMac?: boolean
  /** KeyUpdate messages that this end received, where it counts them. */
  readonly keyUpdatesReceived?: number
  readonly error?: string
}

export interface RunningServer {
  readonly port: number
  readonly answers: AnswerStyle
  /** The most bytes of payload that its way of answering can take. */
  readonly largestPayload?: number
  /** For `http-files`: the folder of the files, which stands in the request. */
  readonly filesFolder?: string
  readonly trigger?: Trigger
  /** Reports of the connections that have ended so far, oldest first. */
  connections(): readonly ConnectionReport[]
  /** Waits until `count` connections have been reported. */
  waitForConnections(count: number): Promise<readonly ConnectionReport[]>
  /** Ends the server, and gives all that it printed. */
  stop(): Promise<string>
}

export interface ClientReport {
  /** One for each connection made, in order. */
  readonly connections: readonly ConnectionReport[]
  /** All that the client printed. */
  readonly log: string
}

export interface Peer {
  readonly name: string
  /** What its client wants of a server that can do several; default: `echo`. */
  readonly clientStyle?: AnswerStyle
  /** What this machine has of it; a text instead says why it is absent. */
  probe(): Promise<Probe | string>
  startServer(options: ServerOptions): Promise<RunningServer>
  /** Rejects when a connection fails or the data that came back is wrong; the message holds the client's output. */
  runClient(options: ClientOptions): Promise<ClientReport>
}

export const defaultPayloadBytes = 100_000

/**
 * What a connection is made of. The engine reads no clock, no file and no environment: everything comes through here.
 * Adapters (`handfast/node`) fill in what their platform knows.
 */
import type { Verdict } from '@handfast/x509'
import type { ClientHello } from './codec/messages.ts'
import type {
  CryptoProvider,
  KeyExchangeGroup,
  MaybePromise,
  SigningKey,
} from './crypto/provider.ts'
import type { Limits } from './limits.ts'
import type { ReplayGuard } from './session/replayGuard.ts'
import type { Session } from './session/session.ts'
import type { SessionIds } from './session/sessionIds.ts'
import type { TicketService } from './session/tickets.ts'
import type { Role, TraceListener } from './trace/events.ts'

/** A certificate and the key that goes with it. */
export interface Identity {
  /** DER, the leaf first, each certified by the next (RFC 8446 §4.4.2). */
  readonly certificateChain: readonly Uint8Array[]
  readonly signingKey: SigningKey
  /** DER of an OCSPResponse to staple for the leaf (RFC 6066 §8). */
  readonly ocspResponse?: Uint8Array
  /** SerializedSCTs of the leaf (RFC 6962 §3.3). */
  readonly signedCertificateTimestamps?: readonly Uint8Array[]
}

/** What a peer showed, for a decision about it. */
export interface PeerCertificate {
  /** DER, the leaf first, as the peer sent it. */
  readonly chain: readonly Uint8Array[]
  /** The OCSP response that was stapled. */
  readonly ocspResponse: Uint8Array | undefined
  /** True when this side asked for one. */
  readonly ocspRequested?: boolean
  readonly signedCertificateTimestamps: readonly Uint8Array[]
  /** The peer's role. */
  readonly role: Role
  /** The name or IP address that the client wanted; undefined for a client's certificate. */
  readonly serverName: string | undefined
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * Decides whether a certificate is accepted; `certificateVerifier` makes one from trust anchors. The path of a verdict that
 * accepts begins with the leaf of `chain`, parsed (`parseCertificate` of `@handfast/x509`): the engine takes the key from it.
 */
export type CertificateVerifier = (peer: PeerCertificate) => MaybePromise<Verdict>

/** What a server knows before it answers. */
export interface ClientHelloInfo {
  readonly serverName: string | undefined
  readonly alpnProtocols: readonly string[]
  readonly supportedVersions: readonly number[]
  readonly cipherSuites: readonly number[]
  readonly supportedGroups: readonly number[]
  readonly signatureSchemes: readonly number[]
  /** The message as decoded, extensions in order. */
  readonly message: ClientHello
  /** The message with its header. */
  readonly bytes: Uint8Array
}

/** What a server wrote in its CertificateRequest. */
export interface CertificateRequestInfo {
  readonly signatureSchemes: readonly number[]
  /** DER of distinguished names; empty where the server named none. */
  readonly certificateAuthorities: readonly Uint8Array[]
}

interface CommonConfig {
  readonly crypto: CryptoProvider
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /**
   * Code points of the versions that are enabled, of those that the connection is made with. Default: all of them. One for
   * which `cipherSuites` leaves no suite is not spoken.
   */
  readonly versions?: readonly number[]
  /**
   * Code points of the suites that are enabled, of all versions, the preferred first. Default: `defaultCipherSuites` and
   * `defaultClassicCipherSuites`.
   */
  readonly cipherSuites?: readonly number[]
  /** Code points of the groups that are enabled, the preferred first. Default: `defaultGroups`. */
  readonly groups?: readonly number[]
  /** Code points of the signature schemes that are accepted from the peer, the preferred first. Default: `defaultSignatureSchemes`. */
  readonly signatureSchemes?: readonly number[]
  /**
   * Code points of what TLS 1.3 may compress certificates with (RFC 8879), the preferred first: offered to the peer, and used
   * where the peer offers it. Default: nothing is offered (what is unpacked was packed by a stranger), and our own
   * certificate is compressed with whatever the provider and the peer have.
   */
  readonly certificateCompression?: readonly number[]
  /** Application protocols (ALPN), the preferred first. */
  readonly alpnProtocols?: readonly string[]
  /** The largest TLSInnerPlaintext that this side will receive, in bytes, 64 to 16385 (RFC 8449). Default: not said. */
  readonly recordSizeLimit?: number
  /** The largest content, in bytes, of the records that this side sends. Default: 16384. */
  readonly maxSendFragment?: number
  /** Zeros to add to a record, by the length of its content (RFC 8446 §5.4). Default: none. */
  readonly recordPadding?: (contentLength: number) => number
  /** Records that one sending key protects before it is updated; never above the AEAD's limit, which is the default. */
  readonly keyUpdateAfterRecords?: number
  /** Demands extended_master_secret (RFC 7627) of a peer up to TLS 1.2. Default: false; without it nothing is resumed. */
  readonly requireExtendedMasterSecret?: boolean
  /** Demands renegotiation_info (RFC 5746) of a peer up to TLS 1.2. Default: false; this library never renegotiates. */
  readonly requireSecureRenegotiation?: boolean
  readonly limits?: Partial<Limits>
  readonly trace?: TraceListener
  /** Puts the secrets themselves into the trace. Default: false. */
  readonly traceSecrets?: boolean
  /** Receives each line of the SSLKEYLOGFILE format, without its newline. */
  readonly keyLog?: (line: string) => void
}

export interface ClientConfig extends CommonConfig {
  /** The DNS name or IP address of the server: sent in server_name (a DNS name only) and demanded of the certificate. */
  readonly serverName?: string
  readonly verifyCertificate: CertificateVerifier
  /** Groups for which a key share is sent at once. Default: `defaultKeyShares` of the enabled groups. */
  readonly keyShares?: readonly number[]
  /** What this client can verify in certificates, where it differs from `signatureSchemes`. */
  readonly certificateSignatureSchemes?: readonly number[]
  /** The client's own certificate, or who picks one when the server asks. */
  readonly identity?:
    | Identity
    | ((request: CertificateRequestInfo) => MaybePromise<Identity | undefined>)
  /** Lets the server ask for a certificate after the handshake. Default: false. */
  readonly postHandshakeAuth?: boolean
  /** A session of an earlier connection, to be resumed. */
  readonly session?: Session
  /**
   * Sent in the first flight, before the server has answered, where the session allows it (RFC 8446 §2.3). **An attacker can
   * send it to the server again**, and it is protected by the session's key alone: only what may be done twice belongs here.
   * What became of it says `info.earlyData`; no bytes only ask whether the server would take some. Default: none.
   */
  readonly earlyData?: Uint8Array
  /** Sends `earlyData` first thing after the handshake where it was not accepted. Default: false, the caller decides. */
  readonly resendEarlyData?: boolean
  /** The longest content, in bytes, of records up to TLS 1.2: 512, 1024, 2048 or 4096 (RFC 6066 §4). Default: not said. */
  readonly maxFragmentLength?: number
  /**
   * The keys that both sides had before, the preferred first. With TLS 1.3 all are offered (RFC 8446 §4.2.11), by name and in
   * the clear, and the hint is undefined; a server that takes none of them shows its certificate. For the PSK suites of
   * TLS 1.2 (RFC 4279), which are enabled by naming them, the first is used, by the server's hint; undefined ends the
   * handshake. One key for both versions has been looked into little (RFC 8446 §E.7): import it (`importPreSharedKey`).
   */
  readonly preSharedKey?: (
    identityHint: Uint8Array | undefined,
  ) => MaybePromise<PreSharedKey | readonly PreSharedKey[] | undefined>
  /**
   * Says that this is another try, with `versions` lowered because a first one failed: a server that has a newer version then
   * refuses (TLS_FALLBACK_SCSV, RFC 7507). Default: false.
   */
  readonly fallback?: boolean
  /** Asks for a stapled OCSP response. Default: true. */
  readonly requestOcsp?: boolean
  /** Asks for SCTs. Default: true. */
  readonly requestSignedCertificateTimestamps?: boolean
  /** DER of the distinguished names of the authorities that this client trusts, to be told to the server. */
  readonly certificateAuthorities?: readonly Uint8Array[]
  /** Reserved values among the offers, so that servers stay tolerant (RFC 8701). Default: true. */
  readonly grease?: boolean
  /** The dummy session id and change_cipher_spec of RFC 8446 §D.4. Default: true. */
  readonly middleboxCompatibility?: boolean
  /** Pads a ClientHello shorter than this many bytes up to it (RFC 7685). Default: 0. */
  readonly padClientHelloTo?: number
  /**
   * Changes the ClientHello before it is sent: order and bodies of extensions, further ones, the session id. What is
   * taken away here was not offered; pre_shared_key is added afterwards, since its binder covers all the rest.
   */
  readonly shapeClientHello?: (hello: ClientHello) => ClientHello
  /**
   * The same for the ClientHello that answers a HelloRetryRequest, which holds the new share and the cookie. A server
   * may refuse any other change (RFC 8446 §4.1.2).
   */
  readonly shapeSecondClientHello?: (hello: ClientHello) => ClientHello
}

/** What goes with the name of a pre-shared key. */
export interface PreSharedSecret {
  /**
   * 1 to 65535 bytes, at least 16 of them random: who recorded one ClientHello of TLS 1.3 can try out guesses of a weaker
   * one, since the binder is made of it (RFC 9257 §4.2).
   */
  readonly key: Uint8Array
  /** TLS 1.3: the one hash that it is for (RFC 8446 §4.2.11). Default: sha256. */
  readonly hash?: 'sha256' | 'sha384'
  /** TLS 1.3: it was made by `importPreSharedKey` (RFC 9258). Default: false. */
  readonly imported?: boolean
}

/** A key that both sides had before: "external" in RFC 8446. */
export interface PreSharedKey extends PreSharedSecret {
  /** The name of the key, 1 to 65535 bytes, mostly text in UTF-8. Everybody on the way can read it. */
  readonly identity: Uint8Array
}

/** Numbers of a finite field for Diffie-Hellman, big-endian. */
export interface FiniteField {
  readonly prime: Uint8Array
  readonly generator: Uint8Array
}

/** Whether a server asks its clients for a certificate, and who judges it. A client with a pre-shared key is not asked. */
export interface ClientAuthentication {
  /**
   * `require`: a client without an accepted certificate is refused. `request`: one without any is let in.
   * `afterHandshake`: nobody is asked before `requestClientCertificate()` does (RFC 8446 §4.6.2).
   */
  readonly mode: 'request' | 'require' | 'afterHandshake'
  readonly verifyCertificate: CertificateVerifier
  /** DER of distinguished names, told to the client. */
  readonly certificateAuthorities?: readonly Uint8Array[]
}

export interface ServerConfig extends CommonConfig {
  /** One, several (the first that fits the client's offer is taken), or who picks one. */
  readonly identity?:
    | Identity
    | readonly Identity[]
    | ((hello: ClientHelloInfo) => MaybePromise<Identity | undefined>)
  /** Sees the ClientHello before anything is answered; may return changes of this configuration for this connection. */
  readonly onClientHello?: (
    hello: ClientHelloInfo,
  ) => MaybePromise<Partial<ServerConfig> | undefined>
  /** Picks the application protocol; undefined refuses the connection. Default: the first of `alpnProtocols` that the client offers. */
  readonly selectProtocol?: (
    offered: readonly string[],
    hello: ClientHelloInfo,
  ) => string | undefined
  readonly clientAuthentication?: ClientAuthentication
  /**
   * The key of a client's identity, in TLS 1.3 (RFC 8446 §4.2.11) and for the PSK suites of TLS 1.2 (RFC 4279), which are
   * enabled by naming them; undefined for one that is not known, and a certificate is shown where there is one. The
   * tickets of sessions stand in the same list and are asked for too. Bytes alone are a key for SHA-256.
   */
  readonly findPreSharedKey?: (
    identity: Uint8Array,
  ) => MaybePromise<Uint8Array | PreSharedSecret | undefined>
  /**
   * The field of DHE up to TLS 1.2, big-endian, for clients that name none (RFC 5246 §7.4.3). Whoever gives it knows the
   * prime to be a safe one. Default: the first of RFC 7919 that the provider has.
   */
  readonly finiteField?: FiniteField
  /** Tells a client which key is meant (RFC 4279 §5.2). Default: nothing. */
  readonly pskIdentityHint?: Uint8Array
  /** Sessions of clients without tickets, by the session ids of TLS 1.2; `sessionCache` makes one. Default: none. */
  readonly sessionIds?: SessionIds
  /** Issues and redeems session tickets. Without it there is no resumption. */
  readonly tickets?: TicketService
  /** Lets clients that resume send data in their first flight. Default: none is taken. */
  readonly earlyData?: EarlyDataPolicy
  /** Tickets issued after each full handshake. Default: 2; after a resumption, 1. */
  readonly ticketCount?: number
  /** A cookie for the HelloRetryRequest, by the first ClientHello (RFC 8446 §4.2.2). Default: none. */
  readonly cookie?: (hello: ClientHelloInfo) => Uint8Array
  /** Prefers the client's order of suites and groups over this server's. Default: false. */
  readonly honorClientOrder?: boolean
  /**
   * Groups for which a client that has them is asked by HelloRetryRequest, although it sent a share of a group that this
   * server prefers less (RFC 8446 §4.1.4): a round trip more. Default: those with ML-KEM.
   */
  readonly retryForGroups?: readonly number[]
  /** Tells the client this server's groups in EncryptedExtensions (RFC 8446 §4.2.7). Default: false. */
  readonly announceGroups?: boolean
}

/** Whether, and how much, early data a server takes (RFC 8446 §4.2.10, §8). */
export interface EarlyDataPolicy {
  /** Bytes that a client may send, 1 to 4294967295; told in each ticket. They come as events `earlyData`, never as `data`. */
  readonly maxBytes: number
  /** Lets no ClientHello bring its data twice; `memoryReplayGuard` makes one. */
  readonly replayGuard: ReplayGuard
  /** Milliseconds by which the age that a client gives its ticket may be wrong. Default: 10000. */
  readonly freshness?: number
}

/** What became of a client's early data. */
export type EarlyDataStatus = 'accepted' | 'refused' | 'not offered'

/** The outcome of a handshake. */
export interface ConnectionInfo {
  readonly version: number
  readonly cipherSuite: number
  readonly cipherSuiteName: string
  readonly group: number | undefined
  readonly groupName: string | undefined
  /** The scheme of the peer's CertificateVerify; undefined where the peer showed no certificate in this handshake. */
  readonly peerSignatureScheme: number | undefined
  /** The scheme of our own CertificateVerify. */
  readonly signatureScheme: number | undefined
  readonly alpnProtocol: string | undefined
  /** The name that the client asked for. */
  readonly serverName: string | undefined
  readonly resumed: boolean
  /** The identity of the pre-shared key by which the sides know each other, in place of certificates. */
  readonly pskIdentity?: Uint8Array
  /**
   * Where a client's caller gave early data, or a server was offered some; absent up to TLS 1.2, which has none. What was
   * refused no program of the peer's has seen.
   */
  readonly earlyData?: EarlyDataStatus
  /** Up to TLS 1.2: the master secret is bound to the whole handshake (RFC 7627). TLS 1.3 always does so, and says nothing. */
  readonly extendedMasterSecret?: boolean
  /** Up to TLS 1.2: the peer showed that it knows RFC 5746. */
  readonly secureRenegotiation?: boolean
  /** Of a block cipher: the MAC is of the ciphertext (RFC 7366). */
  readonly encryptThenMac?: boolean
  readonly helloRetried: boolean
  /** The peer's chain, DER, the leaf first; of the first handshake where this one resumed it. */
  readonly peerCertificates: readonly Uint8Array[]
  readonly ocspResponse: Uint8Array | undefined
  readonly signedCertificateTimestamps: readonly Uint8Array[]
  readonly verdict: Verdict | undefined
  /** Our own chain that was sent. */
  readonly localCertificates: readonly Uint8Array[]
}

/** Used by adapters that let a caller name groups by object. */
export type { KeyExchangeGroup }

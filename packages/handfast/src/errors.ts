/**
 * Errors say who is at fault, which rule was broken, which alert tells the peer so, and what helps.
 *
 * `failureTable` is the one place where a failure meets its alert (RFC 8446 §6.2). Match an error's `code`: codes are
 * stable, messages and classes are not.
 */
import type { Verdict } from '@handfast/x509'
import type { AlertName } from './codec/registry.ts'

/**
 * - `peer`: the peer broke the protocol, or the bytes were damaged on their way
 * - `incompatible`: both sides are right and have nothing in common
 * - `certificate`: the peer could not show who it is
 * - `caller`: the program that uses this library asked for what cannot be
 * - `transport`: the connection underneath ended or failed
 * - `library`: a bug here, or in the crypto provider
 */
export type Blame = 'peer' | 'incompatible' | 'certificate' | 'caller' | 'transport' | 'library'

interface FailureKind {
  readonly blame: Blame
  /** The alert that is sent; absent where nobody is told (the alert came from the peer, or nobody listens). */
  readonly alert?: AlertName
  readonly section: string
  readonly help: string
}

const brokenPeer =
  'The peer breaks the protocol, or something between changes the bytes: try another client or server, or a path without a proxy.'

function peerBroke(alert: AlertName, section: string, help: string = brokenPeer): FailureKind {
  return { blame: 'peer', alert, section, help }
}

function nothingInCommon(alert: AlertName, section: string, help: string): FailureKind {
  return { blame: 'incompatible', alert, section, help }
}

export const failureTable = {
  // The peer's bytes
  ERR_NOT_TLS: {
    blame: 'peer',
    section: 'RFC 8446 §5.1',
    help: 'The other side does not speak TLS here: check the port, or whether the protocol wants STARTTLS first.',
  },
  ERR_DECODE: peerBroke('decode_error', 'RFC 8446 §6.2'),
  ERR_RECORD_OVERFLOW: peerBroke('record_overflow', 'RFC 8446 §5.1'),
  ERR_BAD_RECORD_MAC: peerBroke('bad_record_mac', 'RFC 8446 §5.2'),
  ERR_UNEXPECTED_MESSAGE: peerBroke('unexpected_message', 'RFC 8446 §4'),
  ERR_ILLEGAL_PARAMETER: peerBroke('illegal_parameter', 'RFC 8446 §6.2'),
  ERR_BAD_KEY_SHARE: peerBroke('illegal_parameter', 'RFC 8446 §4.2.8'),
  ERR_DOWNGRADE: peerBroke(
    'illegal_parameter',
    'RFC 8446 §4.1.3',
    'Somebody between client and server takes newer versions out of the offer: try a path without a proxy.',
  ),
  ERR_MISSING_EXTENSION: peerBroke('missing_extension', 'RFC 8446 §9.2'),
  ERR_UNSOLICITED_EXTENSION: peerBroke('unsupported_extension', 'RFC 8446 §4.2'),
  ERR_BAD_SIGNATURE: peerBroke('decrypt_error', 'RFC 8446 §4.4.3'),
  ERR_BAD_FINISHED: peerBroke('decrypt_error', 'RFC 8446 §4.4.4'),
  ERR_BAD_COMPRESSION: peerBroke('bad_certificate', 'RFC 8879 §4'),
  ERR_BAD_BINDER: peerBroke('decrypt_error', 'RFC 8446 §4.2.11'),
  ERR_TOO_MUCH: peerBroke(
    'unexpected_message',
    'RFC 8446 §6.2',
    'The peer sends more of these than any honest one does; the limits are options of the connection.',
  ),
  ERR_MESSAGE_TOO_LONG: peerBroke(
    'illegal_parameter',
    'RFC 8446 §4',
    'The peer announces a handshake message longer than the limit (limits.handshakeMessageBytes).',
  ),

  // Nothing in common
  ERR_NO_COMMON_VERSION: nothingInCommon(
    'protocol_version',
    'RFC 8446 §4.2.1',
    'Enable a protocol version that both sides have.',
  ),
  ERR_INAPPROPRIATE_FALLBACK: nothingInCommon(
    'inappropriate_fallback',
    'RFC 7507 §3',
    'The client tries an older version after a failure that had another reason: let it offer all its versions.',
  ),
  ERR_INSUFFICIENT_SECURITY: nothingInCommon(
    'insufficient_security',
    'RFC 5246 §7.2.2',
    'The peer has parameters that are too weak: enable stronger ones there.',
  ),
  ERR_UNKNOWN_PSK_IDENTITY: nothingInCommon(
    'unknown_psk_identity',
    'RFC 4279 §2',
    'Give both sides the same pre-shared key under the same identity.',
  ),
  ERR_NO_COMMON_CIPHER_SUITE: nothingInCommon(
    'handshake_failure',
    'RFC 8446 §4.1.1',
    'Enable a cipher suite that both sides have.',
  ),
  ERR_NO_COMMON_GROUP: nothingInCommon(
    'handshake_failure',
    'RFC 8446 §4.1.1',
    'Enable a key exchange group that both sides have.',
  ),
  ERR_NO_COMMON_SIGNATURE_SCHEME: nothingInCommon(
    'handshake_failure',
    'RFC 8446 §4.4.2.2',
    'Use a certificate whose key can make a signature that the other side accepts, or enable the scheme.',
  ),
  ERR_NO_COMMON_PROTOCOL: nothingInCommon(
    'no_application_protocol',
    'RFC 7301 §3.2',
    'Offer an application protocol (ALPN) that the other side has.',
  ),
  ERR_UNRECOGNIZED_NAME: nothingInCommon(
    'unrecognized_name',
    'RFC 6066 §3',
    'This server has no certificate for the name that was asked for.',
  ),

  // The certificate
  ERR_CERTIFICATE_REQUIRED: {
    blame: 'certificate',
    alert: 'certificate_required',
    section: 'RFC 8446 §4.4.2.4',
    help: 'The server demands a client certificate: configure one.',
  },
  ERR_CERTIFICATE_REFUSED: {
    blame: 'certificate',
    alert: 'certificate_unknown',
    section: 'RFC 5280 §6',
    help: 'The certificate was not accepted.',
  },

  // What the peer said
  ERR_ALERT_RECEIVED: {
    blame: 'incompatible',
    section: 'RFC 8446 §6',
    help: 'The peer ended the connection and said why; its own log knows more.',
  },

  // The transport
  ERR_TRUNCATED: {
    blame: 'transport',
    section: 'RFC 8446 §6.1',
    help: 'The connection ended without close_notify: what was received may be incomplete.',
  },
  ERR_CLOSED_DURING_HANDSHAKE: {
    blame: 'transport',
    section: 'RFC 8446 §6.1',
    help: 'The peer closed the connection before the handshake was done: it may not like the offer, be overloaded, or not speak TLS.',
  },

  // The caller
  ERR_CONFIGURATION: {
    blame: 'caller',
    section: '',
    help: 'Correct the options.',
  },
  ERR_CLOSED: {
    blame: 'caller',
    section: 'RFC 8446 §6.1',
    help: 'Nothing can be sent after close().',
  },
  ERR_KEYS_EXHAUSTED: {
    blame: 'caller',
    alert: 'internal_error',
    section: 'RFC 8446 §5.5',
    help: 'Go on in another connection, or with TLS 1.3, which changes its keys in time.',
  },
  ERR_NOT_READY: {
    blame: 'caller',
    section: '',
    help: 'Wait until the handshake is complete.',
  },

  ERR_INTERNAL: {
    blame: 'library',
    alert: 'internal_error',
    section: '',
    help: 'This is a bug in handfast or in its crypto provider: please report it.',
  },
} as const satisfies Record<string, FailureKind>

export type FailureCode = keyof typeof failureTable

export interface TlsErrorDetails {
  /** A more precise section than the table's. */
  readonly section?: string
  readonly help?: string
  readonly alert?: AlertName
  readonly blame?: Blame
  readonly cause?: unknown
  /** The name of the alert that the peer sent. */
  readonly received?: AlertName | string
  readonly verdict?: Verdict
}

export class TlsError extends Error {
  readonly code: string
  readonly blame: Blame
  /** The alert that was, or is about to be, sent. */
  readonly alert: AlertName | undefined
  /** The rule, `RFC 8446 §4.1.3`; empty where no RFC has one. */
  readonly section: string
  /** A sentence that says what to do. */
  readonly help: string
  /** The alert that the peer sent, by name. */
  readonly received: string | undefined
  /** What the certificate check found, where that is what failed. */
  readonly verdict: Verdict | undefined
  /** The step of the handshake at which it happened; filled in by the connection. */
  step: string | undefined

  constructor(code: FailureCode, message: string, details: TlsErrorDetails = {}) {
    // The lean build has no sentences: the code stands for them.
    super(message || code, details.cause === undefined ? undefined : { cause: details.cause })
    const kind: FailureKind = failureTable[code]
    this.name = 'TlsError'
    this.code = code
    this.blame = details.blame ?? kind.blame
    this.alert = details.alert ?? kind.alert
    this.section = details.section ?? kind.section
    this.help = details.help ?? kind.help
    this.received = details.received
    this.verdict = details.verdict
  }
}

/** The caller's options cannot be: thrown at the call, never sent to a peer. */
export class ConfigurationError extends TypeError {
  readonly code: string
  readonly blame: Blame = 'caller'
  readonly help: string | undefined

  constructor(code: string, message: string, help?: string) {
    super(message || code)
    this.name = 'ConfigurationError'
    this.code = code
    this.help = help
  }
}

/** Whatever was thrown inside, as the failure of a connection. */
export function asTlsError(cause: unknown): TlsError {
  if (cause instanceof TlsError) return cause
  if (cause instanceof ConfigurationError)
    return new TlsError('ERR_CONFIGURATION', cause.message, {
      cause,
      alert: 'internal_error',
      ...(cause.help === undefined ? {} : { help: cause.help }),
    })
  return new TlsError('ERR_INTERNAL', 'The engine or its crypto provider failed', { cause })
}

/**
 * A session that can be resumed: what a client keeps (RFC 8446 §4.6.1), and what a server puts into its ticket.
 * Both are described as wire structures, so that they can be stored.
 */
import { fromText, plainBytes, toText } from '../codec/bytes.ts'
import {
  decode,
  encode,
  list,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  uint64,
  type ValueOf,
} from '../codec/wire.ts'
import { ConfigurationError } from '../errors.ts'

const CertificateList = list(opaque(1, 0xff_ffff), 0, 0xff_ffff)

const common = {
  /** The form of this structure: 1, or 2 for a session by its id. */
  form: uint8,
  version: uint16,
  cipherSuite: uint16,
  /** The resumption PSK (RFC 8446 §4.6.1): a secret. */
  psk: opaque(1, 255),
  /** Milliseconds since 1970. */
  issuedAt: uint64,
  /** Seconds. */
  lifetime: uint32,
  ageAdd: uint32,
  serverName: opaque(0, 255),
  alpnProtocol: opaque(0, 255),
  /** The peer's chain: of the server in a client's session, of the client in a server's. */
  peerCertificates: CertificateList,
  /** Of the pre-shared key that the session was made with; empty for none. */
  pskIdentity: opaque(0, 65_535),
  /** Bytes; 0 for none. */
  maxEarlyData: uint32,
}

const StoredSession = struct('StoredSession', 'RFC 8446 §4.6.1', {
  ...common,
  ticket: opaque(1, 65_535),
})
const TicketContent = struct('TicketContent', 'RFC 8446 §4.6.1', common)

/** What a server remembers of a connection. */
export interface SessionState {
  readonly version: number
  readonly cipherSuite: number
  /** Secret: the PSK of TLS 1.3, the master secret of TLS 1.2 (made with extended_master_secret, or it is not kept). */
  readonly psk: Uint8Array
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** Seconds. */
  readonly lifetime: number
  readonly ageAdd: number
  readonly serverName: string | undefined
  readonly alpnProtocol: string | undefined
  /** DER, the leaf first. */
  readonly peerCertificates: readonly Uint8Array[]
  /** The identity of the pre-shared key that vouched for the peer in place of a certificate. */
  readonly pskIdentity?: Uint8Array
  /** Bytes of early data that the server takes with this session; none where it is absent. */
  readonly maxEarlyData?: number
}

/** What a client remembers of a connection. It holds a secret: keep it as you keep a key. */
export interface Session extends SessionState {
  readonly ticket: Uint8Array
  /** TLS 1.2: `ticket` is a session id (RFC 5246 §7.4.1.2), by which the server knows the session. */
  readonly byId?: true
}

type Common = ValueOf<typeof TicketContent>

const none = new Uint8Array(0)

function toWire(state: SessionState): Common {
  return {
    form: 1,
    version: state.version,
    cipherSuite: state.cipherSuite,
    psk: state.psk,
    issuedAt: Math.floor(state.issuedAt),
    lifetime: state.lifetime,
    ageAdd: state.ageAdd,
    serverName: fromText(state.serverName ?? ''),
    alpnProtocol: fromText(state.alpnProtocol ?? ''),
    peerCertificates: state.peerCertificates as Uint8Array[],
    pskIdentity: state.pskIdentity ?? none,
    maxEarlyData: state.maxEarlyData ?? 0,
  }
}

function fromWire(value: Common): SessionState {
  if (value.form !== 1 && value.form !== 2)
    throw new ConfigurationError('ERR_BAD_SESSION', 'A session of an unknown form')
  const { issuedAt } = value
  if (!Number.isSafeInteger(issuedAt))
    throw new ConfigurationError('ERR_BAD_SESSION', 'A session of no time')
  return {
    version: value.version,
    cipherSuite: value.cipherSuite,
    psk: value.psk.slice(),
    issuedAt,
    lifetime: value.lifetime,
    ageAdd: value.ageAdd,
    serverName: toText(value.serverName) || undefined,
    alpnProtocol: toText(value.alpnProtocol) || undefined,
    peerCertificates: value.peerCertificates.map((der) => der.slice()),
    ...(value.pskIdentity.length > 0 && { pskIdentity: value.pskIdentity.slice() }),
    ...(value.maxEarlyData > 0 && { maxEarlyData: value.maxEarlyData }),
  }
}

/** The bytes of a client's session, to be stored. They hold a secret. */
export function serializeSession(session: Session): Uint8Array {
  const form = session.byId === true ? 2 : 1
  return encode(StoredSession, { ...toWire(session), form, ticket: session.ticket })
}

/** @throws ConfigurationError `ERR_BAD_SESSION` where the bytes are not a session of this library */
export function parseSession(bytes: Uint8Array): Session {
  try {
    const value = decode(StoredSession, plainBytes(bytes))
    return {
      ...fromWire(value),
      ticket: value.ticket.slice(),
      ...(value.form === 2 ? { byId: true } : {}),
    }
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError('ERR_BAD_SESSION', 'These bytes are not a stored session')
  }
}

/** The content of a stateless ticket, before it is encrypted. */
export function serializeState(state: SessionState): Uint8Array {
  return encode(TicketContent, toWire(state))
}

export function parseState(bytes: Uint8Array): SessionState {
  return fromWire(decode(TicketContent, plainBytes(bytes)))
}

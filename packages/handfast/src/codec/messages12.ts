/**
 * The handshake messages of TLS 1.2 that differ from TLS 1.3's (RFC 5246 §7.4). What the key exchange messages hold
 * depends on the key exchange: each has its own description, found by `messageBodies12`.
 */
import { CertificateStatus } from './extensions/status_request.ts'
import { ClientHello, Finished, ServerHello } from './messages.ts'
import { HandshakeType, namedGroups } from './registry.ts'
import { signatureSchemes } from './signatureScheme.ts'
import {
  type AnyWire,
  empty,
  enumerated,
  list,
  opaque,
  quantity,
  shown,
  struct,
  uint8,
  uint32,
  type ValueOf,
} from './wire.ts'

/** How the premaster secret comes about: the first part of a suite's name. */
export type KeyExchange = 'ECDHE' | 'DHE' | 'RSA' | 'PSK' | 'ECDHE_PSK'

/** RFC 5246 §7.4.1.1 */
const HelloRequest = { ...empty, type: 'HelloRequest' }

/** RFC 5246 §7.4.2: certificates without extensions. */
export const Certificate12 = struct('Certificate', 'RFC 5246 §7.4.2', {
  certificateList: list(opaque(1, 0xff_ffff), 0, 0xff_ffff, 'cert_data'),
})

const SignatureAndHash = enumerated(signatureSchemes)

/** RFC 5246 §4.7: the two bytes of SignatureAndHashAlgorithm are what RFC 8446 reads as one SignatureScheme. */
const DigitallySigned = struct('DigitallySigned', 'RFC 5246 §4.7', {
  algorithm: SignatureAndHash,
  signature: opaque(0, 65_535),
})
export type DigitallySigned = ValueOf<typeof DigitallySigned>

const showCurveType = (type: number) => (type === 3 ? 'named_curve' : String(type))

/** RFC 8422 §5.4; a curve by its parameters (types 1 and 2) is not read. */
export const ServerECDHParams = struct('ServerECDHParams', 'RFC 8422 §5.4', {
  curveType: shown(uint8, showCurveType),
  namedCurve: enumerated(namedGroups),
  public: opaque(1, 255),
})
export type ServerECDHParams = ValueOf<typeof ServerECDHParams>

/** RFC 5246 §7.4.3 */
export const ServerDHParams = struct('ServerDHParams', 'RFC 5246 §7.4.3', {
  dhP: opaque(1, 65_535),
  dhG: opaque(1, 65_535),
  dhYs: opaque(1, 65_535),
})
export type ServerDHParams = ValueOf<typeof ServerDHParams>

const pskIdentityHint = opaque(0, 65_535, true)
const pskIdentity = opaque(0, 65_535, true)

/** RFC 8422 §5.4 */
export const ServerKeyExchangeECDHE = struct('ServerKeyExchange', 'RFC 8422 §5.4', {
  params: ServerECDHParams,
  signedParams: DigitallySigned,
})

/** RFC 5246 §7.4.3 */
export const ServerKeyExchangeDHE = struct('ServerKeyExchange', 'RFC 5246 §7.4.3', {
  params: ServerDHParams,
  signedParams: DigitallySigned,
})

/** RFC 4279 §2 */
export const ServerKeyExchangePSK = struct('ServerKeyExchange', 'RFC 4279 §2', { pskIdentityHint })

/** RFC 5489 §2 */
export const ServerKeyExchangeECDHE_PSK = struct('ServerKeyExchange', 'RFC 5489 §2', {
  pskIdentityHint,
  params: ServerECDHParams,
})

/** RFC 5246 §7.4.4 */
export const CertificateRequest12 = struct('CertificateRequest', 'RFC 5246 §7.4.4', {
  certificateTypes: list(
    shown(uint8, (type) => certificateTypeNames.get(type) ?? String(type)),
    1,
    255,
    'ClientCertificateType',
  ),
  supportedSignatureAlgorithms: list(SignatureAndHash, 2, 65_534),
  certificateAuthorities: list(opaque(1, 65_535), 0, 65_535, 'DistinguishedName'),
})
export type CertificateRequest12 = ValueOf<typeof CertificateRequest12>

/** RFC 5246 §7.4.4, RFC 8422 §5.5 */
export const ClientCertificateType = { rsa_sign: 1, ecdsa_sign: 64 } as const
const certificateTypeNames = new Map<number, string>(
  Object.entries({ ...ClientCertificateType, dss_sign: 2 }).map(([name, id]) => [id, name]),
)

/** RFC 5246 §7.4.5 */
export const ServerHelloDone = { ...empty, type: 'ServerHelloDone' }

/** RFC 8422 §5.7 */
export const ClientKeyExchangeECDHE = struct('ClientKeyExchange', 'RFC 8422 §5.7', {
  ecdhYc: opaque(1, 255),
})

/** RFC 5246 §7.4.7.2 */
export const ClientKeyExchangeDHE = struct('ClientKeyExchange', 'RFC 5246 §7.4.7.2', {
  dhYc: opaque(1, 65_535),
})

/** RFC 5246 §7.4.7.1 */
export const ClientKeyExchangeRSA = struct('ClientKeyExchange', 'RFC 5246 §7.4.7.1', {
  encryptedPreMasterSecret: opaque(0, 65_535),
})

/** RFC 4279 §2 */
export const ClientKeyExchangePSK = struct('ClientKeyExchange', 'RFC 4279 §2', { pskIdentity })

/** RFC 5489 §2 */
export const ClientKeyExchangeECDHE_PSK = struct('ClientKeyExchange', 'RFC 5489 §2', {
  pskIdentity,
  ecdhYc: opaque(1, 255),
})

/** RFC 5246 §7.4.8 */
export const CertificateVerify12 = { ...DigitallySigned, type: 'CertificateVerify' }

/** RFC 5077 §3.3 */
export const NewSessionTicket12 = struct('NewSessionTicket', 'RFC 5077 §3.3', {
  ticketLifetimeHint: quantity(uint32, 'second'),
  ticket: opaque(0, 65_535),
})

const keyExchanges: Readonly<Record<KeyExchange, { server?: AnyWire; client: AnyWire }>> = {
  ECDHE: { server: ServerKeyExchangeECDHE, client: ClientKeyExchangeECDHE },
  DHE: { server: ServerKeyExchangeDHE, client: ClientKeyExchangeDHE },
  RSA: { client: ClientKeyExchangeRSA },
  PSK: { server: ServerKeyExchangePSK, client: ClientKeyExchangePSK },
  ECDHE_PSK: { server: ServerKeyExchangeECDHE_PSK, client: ClientKeyExchangeECDHE_PSK },
}

const fixedBodies: readonly (readonly [number, AnyWire])[] = [
  [HandshakeType.hello_request, HelloRequest],
  [HandshakeType.client_hello, ClientHello],
  [HandshakeType.server_hello, ServerHello],
  [HandshakeType.new_session_ticket, NewSessionTicket12],
  [HandshakeType.certificate, Certificate12],
  [HandshakeType.certificate_request, CertificateRequest12],
  [HandshakeType.server_hello_done, ServerHelloDone],
  [HandshakeType.certificate_verify, CertificateVerify12],
  [HandshakeType.finished, Finished],
  [HandshakeType.certificate_status, CertificateStatus],
]

const bodies = new Map<string, ReadonlyMap<number, AnyWire>>()

/** The body of each type of message; those of the key exchange for a key exchange that is known. */
export function messageBodies12(
  keyExchange: KeyExchange | undefined,
): ReadonlyMap<number, AnyWire> {
  const key = keyExchange ?? ''
  let found = bodies.get(key)
  if (found === undefined) {
    const { server, client } =
      keyExchange === undefined
        ? { server: undefined, client: undefined }
        : keyExchanges[keyExchange]
    found = new Map([
      ...fixedBodies,
      ...(server === undefined ? [] : [[HandshakeType.server_key_exchange, server] as const]),
      ...(client === undefined ? [] : [[HandshakeType.client_key_exchange, client] as const]),
    ])
    bodies.set(key, found)
  }
  return found
}

/**
 * The handshake messages of TLS 1.2 that differ from TLS 1.3's (RFC 5246 §7.4). What the key exchange messages hold
 * depends on the key exchange: each has its own description, found by `classicBodies`.
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
  type Wire,
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
/** Before TLS 1.2 the algorithm is not said: the kind of the key decides (RFC 4346 §4.7). */
export interface DigitallySigned {
  readonly algorithm?: number
  readonly signature: Uint8Array
}

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

export const certificateTypes: Wire<number[]> = list(
  shown(uint8, (type) => certificateTypeNames.get(type) ?? String(type)),
  1,
  255,
  'ClientCertificateType',
)
export const certificateAuthorities: Wire<Uint8Array[]> = list(
  opaque(1, 65_535),
  0,
  65_535,
  'DistinguishedName',
)

/** RFC 5246 §7.4.4 */
export const CertificateRequest12 = struct('CertificateRequest', 'RFC 5246 §7.4.4', {
  certificateTypes,
  supportedSignatureAlgorithms: list(SignatureAndHash, 2, 65_534),
  certificateAuthorities,
})
/** Before TLS 1.2 there is no list of algorithms. */
export interface CertificateRequest12 {
  readonly certificateTypes: number[]
  readonly supportedSignatureAlgorithms?: number[]
  readonly certificateAuthorities: Uint8Array[]
}

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

interface SignedParams<T> {
  readonly params: T
  readonly signedParams: DigitallySigned
}

/** The messages that differ between the versions up to TLS 1.2. */
export interface ClassicForms {
  readonly ServerKeyExchangeECDHE: Wire<SignedParams<ServerECDHParams>>
  readonly ServerKeyExchangeDHE: Wire<SignedParams<ServerDHParams>>
  readonly ClientKeyExchangeRSA: Wire<{ readonly encryptedPreMasterSecret: Uint8Array }>
  readonly CertificateRequest: Wire<CertificateRequest12>
  readonly CertificateVerify: Wire<DigitallySigned>
}

export const forms12: ClassicForms = {
  ServerKeyExchangeECDHE,
  ServerKeyExchangeDHE,
  ClientKeyExchangeRSA,
  CertificateRequest: CertificateRequest12,
  CertificateVerify: CertificateVerify12,
}

function keyExchangeBodies(
  forms: ClassicForms,
  keyExchange: KeyExchange | undefined,
): { readonly server?: AnyWire; readonly client?: AnyWire } {
  switch (keyExchange) {
    case 'ECDHE':
      return { server: forms.ServerKeyExchangeECDHE, client: ClientKeyExchangeECDHE }
    case 'DHE':
      return { server: forms.ServerKeyExchangeDHE, client: ClientKeyExchangeDHE }
    case 'RSA':
      return { client: forms.ClientKeyExchangeRSA }
    case 'PSK':
      return { server: ServerKeyExchangePSK, client: ClientKeyExchangePSK }
    case 'ECDHE_PSK':
      return { server: ServerKeyExchangeECDHE_PSK, client: ClientKeyExchangeECDHE_PSK }
    default:
      return {}
  }
}

const fixedBodies: readonly (readonly [number, AnyWire])[] = [
  [HandshakeType.hello_request, HelloRequest],
  [HandshakeType.client_hello, ClientHello],
  [HandshakeType.server_hello, ServerHello],
  [HandshakeType.new_session_ticket, NewSessionTicket12],
  [HandshakeType.certificate, Certificate12],
  [HandshakeType.server_hello_done, ServerHelloDone],
  [HandshakeType.finished, Finished],
  [HandshakeType.certificate_status, CertificateStatus],
]

/** By forms and key exchange: each is made once. */
const known = new Map<ClassicForms, Map<KeyExchange | undefined, ReadonlyMap<number, AnyWire>>>()

/** The body of each type of message; those of the key exchange for a key exchange that is known. */
export function classicBodies(
  forms: ClassicForms,
  keyExchange: KeyExchange | undefined,
): ReadonlyMap<number, AnyWire> {
  const ofForms = known.get(forms) ?? new Map<KeyExchange | undefined, Map<number, AnyWire>>()
  known.set(forms, ofForms)
  let found = ofForms.get(keyExchange)
  if (found === undefined) {
    const { server, client } = keyExchangeBodies(forms, keyExchange)
    found = new Map([
      ...fixedBodies,
      [HandshakeType.certificate_request, forms.CertificateRequest],
      [HandshakeType.certificate_verify, forms.CertificateVerify],
      ...(server === undefined ? [] : [[HandshakeType.server_key_exchange, server] as const]),
      ...(client === undefined ? [] : [[HandshakeType.client_key_exchange, client] as const]),
    ])
    ofForms.set(keyExchange, found)
  }
  return found
}

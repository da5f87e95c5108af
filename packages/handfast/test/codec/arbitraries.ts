/** Arbitrary handshake messages and extension bodies, of the shapes that RFC 8446 allows. */
import fc from 'fast-check'
import type { ExtensionContext, RawExtension } from '../../src/codec/extension.ts'
import * as messages from '../../src/codec/messages.ts'
import { forms10, formsSSL3 } from '../../src/codec/messages10.ts'
import * as messages12 from '../../src/codec/messages12.ts'
import { ExtensionType, HandshakeType } from '../../src/codec/registry.ts'
import type { AnyWire } from '../../src/codec/wire.ts'

export const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Uint8Array.from(value))
const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const list = <T>(element: fc.Arbitrary<T>, minLength: number, maxLength = 8) =>
  fc.array(element, { minLength, maxLength })

const timestamps = list(bytes(1, 60), 1, 3)
const keyShareEntry = fc.record({ group: u16, keyExchange: bytes(1, 80) })
const schemes = list(u16, 1)
const authorities = list(bytes(1, 40), 1, 4)
const protocols = list(bytes(1, 20), 1, 4)
const flag = fc.constant(true)
/** For OCSP (1): responders and extensions, here none; what any other type holds nobody knows. */
const statusRequest = fc
  .record({ statusType: u8, request: bytes(0, 20) })
  .map((value) => (value.statusType === 1 ? { ...value, request: new Uint8Array(4) } : value))

/** The body of each extension in each message in which it may stand. */
export const extensionBodies: readonly {
  readonly type: number
  readonly context: ExtensionContext
  readonly value: fc.Arbitrary<unknown>
}[] = (
  [
    [
      ExtensionType.server_name,
      {
        ClientHello: list(fc.record({ nameType: u8, hostName: bytes(1, 40) }), 1, 3),
        ServerHello12: flag,
        EncryptedExtensions: flag,
      },
    ],
    [
      ExtensionType.status_request,
      {
        ClientHello: statusRequest,
        ServerHello12: flag,
        CertificateRequest: flag,
        Certificate: fc.record({ statusType: u8, response: bytes(1, 200) }),
      },
    ],
    [
      ExtensionType.supported_groups,
      { ClientHello: list(u16, 1), EncryptedExtensions: list(u16, 1), ServerHello12: list(u16, 1) },
    ],
    [ExtensionType.signature_algorithms, { ClientHello: schemes, CertificateRequest: schemes }],
    [
      ExtensionType.signature_algorithms_cert,
      { ClientHello: schemes, CertificateRequest: schemes },
    ],
    [
      ExtensionType.application_layer_protocol_negotiation,
      { ClientHello: protocols, ServerHello12: protocols, EncryptedExtensions: protocols },
    ],
    [
      ExtensionType.signed_certificate_timestamp,
      {
        ClientHello: flag,
        CertificateRequest: flag,
        Certificate: timestamps,
        ServerHello12: timestamps,
      },
    ],
    [ExtensionType.padding, { ClientHello: bytes(0, 100) }],
    [
      ExtensionType.record_size_limit,
      { ClientHello: u16, ServerHello12: u16, EncryptedExtensions: u16 },
    ],
    [
      ExtensionType.max_fragment_length,
      { ClientHello: u8, ServerHello12: u8, EncryptedExtensions: u8 },
    ],
    [ExtensionType.ec_point_formats, { ClientHello: list(u8, 1), ServerHello12: list(u8, 1) }],
    [ExtensionType.encrypt_then_mac, { ClientHello: flag, ServerHello12: flag }],
    [ExtensionType.extended_master_secret, { ClientHello: flag, ServerHello12: flag }],
    [ExtensionType.renegotiation_info, { ClientHello: bytes(0, 40), ServerHello12: bytes(0, 40) }],
    [ExtensionType.session_ticket, { ClientHello: bytes(0, 60), ServerHello12: flag }],
    [
      ExtensionType.pre_shared_key,
      {
        ClientHello: fc.record({
          identities: list(fc.record({ identity: bytes(1, 60), obfuscatedTicketAge: u32 }), 1, 3),
          binders: list(bytes(32, 64), 1, 3),
        }),
        ServerHello: u16,
      },
    ],
    [
      ExtensionType.early_data,
      {
        ClientHello: flag,
        EncryptedExtensions: flag,
        NewSessionTicket: u32,
      },
    ],
    [
      ExtensionType.supported_versions,
      { ClientHello: list(u16, 1), ServerHello: u16, HelloRetryRequest: u16 },
    ],
    [ExtensionType.cookie, { ClientHello: bytes(1, 60), HelloRetryRequest: bytes(1, 60) }],
    [ExtensionType.psk_key_exchange_modes, { ClientHello: list(u8, 1) }],
    [
      ExtensionType.certificate_authorities,
      { ClientHello: authorities, CertificateRequest: authorities },
    ],
    [
      ExtensionType.compress_certificate,
      { ClientHello: list(u16, 1), CertificateRequest: list(u16, 1) },
    ],
    [
      ExtensionType.oid_filters,
      {
        CertificateRequest: list(
          fc.record({
            certificateExtensionOid: bytes(1, 20),
            certificateExtensionValues: bytes(0, 20),
          }),
          0,
          3,
        ),
      },
    ],
    [ExtensionType.post_handshake_auth, { ClientHello: flag }],
    [
      ExtensionType.key_share,
      {
        ClientHello: list(keyShareEntry, 0, 4),
        ServerHello: keyShareEntry,
        HelloRetryRequest: u16,
      },
    ],
  ] as readonly [number, { readonly [C in ExtensionContext]?: fc.Arbitrary<unknown> }][]
).flatMap(([type, contexts]) =>
  Object.entries(contexts).map(([context, value]) => ({
    type,
    context: context as ExtensionContext,
    value: value as fc.Arbitrary<unknown>,
  })),
)

const extensions: fc.Arbitrary<RawExtension[]> = fc.array(
  fc.record({ type: u16, data: bytes(0, 40) }),
  { maxLength: 6 },
)

/** A message with its description. */
interface DescribedMessage {
  readonly name: string
  readonly type: number
  readonly wire: AnyWire
  readonly fields: fc.Arbitrary<unknown>
}

/** The fields of each message of TLS 1.3. */
export const messageFields: readonly DescribedMessage[] = [
  {
    name: 'ClientHello',
    type: HandshakeType.client_hello,
    wire: messages.ClientHello,
    fields: fc.record({
      legacyVersion: u16,
      random: bytes(32),
      legacySessionId: bytes(0, 32),
      cipherSuites: list(u16, 1, 20),
      legacyCompressionMethods: bytes(1, 4),
      extensions,
    }),
  },
  {
    name: 'ServerHello',
    type: HandshakeType.server_hello,
    wire: messages.ServerHello,
    fields: fc.record({
      legacyVersion: u16,
      random: bytes(32),
      legacySessionIdEcho: bytes(0, 32),
      cipherSuite: u16,
      legacyCompressionMethod: u8,
      extensions,
    }),
  },
  {
    name: 'EncryptedExtensions',
    type: HandshakeType.encrypted_extensions,
    wire: messages.EncryptedExtensions,
    fields: fc.record({ extensions }),
  },
  {
    name: 'CertificateRequest',
    type: HandshakeType.certificate_request,
    wire: messages.CertificateRequest,
    fields: fc.record({ certificateRequestContext: bytes(0, 40), extensions }),
  },
  {
    name: 'Certificate',
    type: HandshakeType.certificate,
    wire: messages.Certificate,
    fields: fc.record({
      certificateRequestContext: bytes(0, 40),
      certificateList: list(fc.record({ certData: bytes(1, 300), extensions }), 0, 4),
    }),
  },
  {
    name: 'CertificateVerify',
    type: HandshakeType.certificate_verify,
    wire: messages.CertificateVerify,
    fields: fc.record({ algorithm: u16, signature: bytes(0, 300) }),
  },
  {
    name: 'Finished',
    type: HandshakeType.finished,
    wire: messages.Finished,
    fields: fc.record({ verifyData: bytes(0, 64) }),
  },
  {
    name: 'NewSessionTicket',
    type: HandshakeType.new_session_ticket,
    wire: messages.NewSessionTicket,
    fields: fc.record({
      ticketLifetime: u32,
      ticketAgeAdd: u32,
      ticketNonce: bytes(0, 255),
      ticket: bytes(1, 300),
      extensions,
    }),
  },
  {
    name: 'KeyUpdate',
    type: HandshakeType.key_update,
    wire: messages.KeyUpdate,
    fields: fc.record({ requestUpdate: u8 }),
  },
  {
    name: 'EndOfEarlyData',
    type: HandshakeType.end_of_early_data,
    wire: messages.EndOfEarlyData,
    fields: fc.constant(true),
  },
  {
    name: 'CompressedCertificate',
    type: HandshakeType.compressed_certificate,
    wire: messages.CompressedCertificate,
    fields: fc.record({
      algorithm: u16,
      uncompressedLength: fc.nat(0xff_ffff),
      compressedCertificateMessage: bytes(1, 300),
    }),
  },
]

const signed = fc.record({ algorithm: u16, signature: bytes(0, 300) })
const unnamed = fc.record({ signature: bytes(0, 300) })
const curve = fc.record({ curveType: u8, namedCurve: u16, public: bytes(1, 97) })
const dhParams = fc.record({ dhP: bytes(1, 260), dhG: bytes(1, 4), dhYs: bytes(1, 260) })

/** The fields of each message that TLS 1.2, or what came before it, has in a form of its own. */
export const messageFields12: readonly DescribedMessage[] = (
  [
    ['hello_request', messages12.classicBodies(messages12.forms12, undefined).get(0)!, flag],
    ['server_hello_done', messages12.ServerHelloDone, flag],
    [
      'certificate',
      messages12.Certificate12,
      fc.record({ certificateList: list(bytes(1, 300), 0, 4) }),
    ],
    [
      'certificate_request',
      messages12.CertificateRequest12,
      fc.record({
        certificateTypes: list(u8, 1),
        supportedSignatureAlgorithms: list(u16, 1),
        certificateAuthorities: list(bytes(1, 40), 0, 3),
      }),
    ],
    [
      'certificate_status',
      messages12
        .classicBodies(messages12.forms12, undefined)
        .get(HandshakeType.certificate_status)!,
      fc.record({ statusType: u8, response: bytes(1, 200) }),
    ],
    ['certificate_verify', messages12.CertificateVerify12, signed],
    ['certificate_verify', forms10.CertificateVerify, unnamed],
    [
      'server_key_exchange',
      forms10.ServerKeyExchangeECDHE,
      fc.record({ params: curve, signedParams: unnamed }),
    ],
    [
      'server_key_exchange',
      forms10.ServerKeyExchangeDHE,
      fc.record({ params: dhParams, signedParams: unnamed }),
    ],
    [
      'certificate_request',
      forms10.CertificateRequest,
      fc.record({
        certificateTypes: list(u8, 1),
        certificateAuthorities: list(bytes(1, 40), 0, 3),
      }),
    ],
    [
      'client_key_exchange',
      formsSSL3.ClientKeyExchangeRSA,
      fc.record({ encryptedPreMasterSecret: bytes(0, 260) }),
    ],
    [
      'new_session_ticket',
      messages12.NewSessionTicket12,
      fc.record({ ticketLifetimeHint: u32, ticket: bytes(0, 200) }),
    ],
    [
      'server_key_exchange',
      messages12.ServerKeyExchangeECDHE,
      fc.record({ params: curve, signedParams: signed }),
    ],
    [
      'server_key_exchange',
      messages12.ServerKeyExchangeDHE,
      fc.record({ params: dhParams, signedParams: signed }),
    ],
    [
      'server_key_exchange',
      messages12.ServerKeyExchangePSK,
      fc.record({ pskIdentityHint: bytes(0, 40) }),
    ],
    [
      'server_key_exchange',
      messages12.ServerKeyExchangeECDHE_PSK,
      fc.record({ pskIdentityHint: bytes(0, 40), params: curve }),
    ],
    ['client_key_exchange', messages12.ClientKeyExchangeECDHE, fc.record({ ecdhYc: bytes(1, 97) })],
    ['client_key_exchange', messages12.ClientKeyExchangeDHE, fc.record({ dhYc: bytes(1, 260) })],
    [
      'client_key_exchange',
      messages12.ClientKeyExchangeRSA,
      fc.record({ encryptedPreMasterSecret: bytes(0, 260) }),
    ],
    [
      'client_key_exchange',
      messages12.ClientKeyExchangePSK,
      fc.record({ pskIdentity: bytes(0, 40) }),
    ],
    [
      'client_key_exchange',
      messages12.ClientKeyExchangeECDHE_PSK,
      fc.record({ pskIdentity: bytes(0, 40), ecdhYc: bytes(1, 97) }),
    ],
  ] as readonly [keyof typeof HandshakeType, AnyWire, fc.Arbitrary<unknown>][]
).map(([type, wire, fields], i) => ({
  name: `${wire.type} of TLS 1.2 (${i})`,
  type: HandshakeType[type],
  wire,
  fields,
}))

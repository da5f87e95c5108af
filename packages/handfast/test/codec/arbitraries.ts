/** Arbitrary handshake messages and extension bodies, of the shapes that RFC 8446 allows. */
import fc from 'fast-check'
import type { ExtensionContext, RawExtension } from '../../src/codec/extension.ts'
import { ExtensionType, HandshakeType } from '../../src/codec/registry.ts'

export const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Uint8Array.from(value))
const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const list = <T>(element: fc.Arbitrary<T>, minLength: number, maxLength = 8) =>
  fc.array(element, { minLength, maxLength })

const keyShareEntry = fc.record({ group: u16, keyExchange: bytes(1, 80) })
const schemes = list(u16, 1)
const authorities = list(bytes(1, 40), 1, 4)
const protocols = list(bytes(1, 20), 1, 4)
const statusRequest = fc.record({ statusType: u8, request: bytes(0, 20) })

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
        EncryptedExtensions: fc.constant(true),
      },
    ],
    [
      ExtensionType.status_request,
      {
        ClientHello: statusRequest,
        CertificateRequest: fc.constant(true),
        Certificate: fc.record({ statusType: u8, response: bytes(1, 200) }),
      },
    ],
    [
      ExtensionType.supported_groups,
      { ClientHello: list(u16, 1), EncryptedExtensions: list(u16, 1) },
    ],
    [ExtensionType.signature_algorithms, { ClientHello: schemes, CertificateRequest: schemes }],
    [
      ExtensionType.signature_algorithms_cert,
      { ClientHello: schemes, CertificateRequest: schemes },
    ],
    [
      ExtensionType.application_layer_protocol_negotiation,
      { ClientHello: protocols, EncryptedExtensions: protocols },
    ],
    [
      ExtensionType.signed_certificate_timestamp,
      {
        ClientHello: fc.constant(true),
        CertificateRequest: fc.constant(true),
        Certificate: list(bytes(1, 60), 1, 3),
      },
    ],
    [ExtensionType.padding, { ClientHello: bytes(0, 100) }],
    [ExtensionType.record_size_limit, { ClientHello: u16, EncryptedExtensions: u16 }],
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
        ClientHello: fc.constant(true),
        EncryptedExtensions: fc.constant(true),
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
    [ExtensionType.post_handshake_auth, { ClientHello: fc.constant(true) }],
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

/** The fields of each message, by its type. */
export const messageFields: readonly {
  readonly name: string
  readonly type: number
  readonly fields: fc.Arbitrary<unknown>
}[] = [
  {
    name: 'ClientHello',
    type: HandshakeType.client_hello,
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
    fields: fc.record({ extensions }),
  },
  {
    name: 'CertificateRequest',
    type: HandshakeType.certificate_request,
    fields: fc.record({ certificateRequestContext: bytes(0, 40), extensions }),
  },
  {
    name: 'Certificate',
    type: HandshakeType.certificate,
    fields: fc.record({
      certificateRequestContext: bytes(0, 40),
      certificateList: list(fc.record({ certData: bytes(1, 300), extensions }), 0, 4),
    }),
  },
  {
    name: 'CertificateVerify',
    type: HandshakeType.certificate_verify,
    fields: fc.record({ algorithm: u16, signature: bytes(0, 300) }),
  },
  {
    name: 'Finished',
    type: HandshakeType.finished,
    fields: fc.record({ verifyData: bytes(0, 64) }),
  },
  {
    name: 'NewSessionTicket',
    type: HandshakeType.new_session_ticket,
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
    fields: fc.record({ requestUpdate: u8 }),
  },
]

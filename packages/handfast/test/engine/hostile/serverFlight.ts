import type { ClientHello } from '../../../src/codec/messages.ts'
import { ExtensionType, HandshakeType } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../../src/index.ts'
import { trust } from '../pair.ts'
import {
  bytes,
  type Case,
  illegal,
  missing,
  none,
  undecodable,
  unexpected,
  unsolicited,
} from './expected.ts'
import {
  adding,
  doubling,
  edited,
  keyUpdateMessage,
  lengthened,
  messageWith,
  replacing,
  type Scenario,
  shortened,
  u16,
  unknownMessage,
  without,
} from './peer.ts'

/** As a client that speaks TLS 1.2 too does. */
const offeringFragments = (hello: ClientHello): ClientHello => ({
  ...hello,
  extensions: [...hello.extensions, { type: ExtensionType.max_fragment_length, data: bytes(1) }],
})

export const encryptedExtensionsCases: readonly Case[] = [
  {
    what: 'EncryptedExtensions carries an extension twice',
    messages: {
      EncryptedExtensions: (message) =>
        adding(
          ExtensionType.supported_groups,
          u16(2, 0x001d),
        )(adding(ExtensionType.supported_groups, u16(2, 0x001d))(message)),
    },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'EncryptedExtensions carries an extension that nobody asked for',
    messages: { EncryptedExtensions: adding(0x1234) },
    expect: unsolicited,
  },
  {
    what: 'EncryptedExtensions accepts early data that nobody offered',
    messages: { EncryptedExtensions: adding(ExtensionType.early_data) },
    expect: unsolicited,
  },
  {
    what: 'EncryptedExtensions carries an extension that belongs elsewhere',
    messages: { EncryptedExtensions: adding(ExtensionType.key_share, u16(0x001d)) },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'EncryptedExtensions answers ALPN that nobody offered',
    messages: {
      EncryptedExtensions: adding(
        ExtensionType.application_layer_protocol_negotiation,
        bytes(0, 3, 2, 0x68, 0x32),
      ),
    },
    expect: unsolicited,
  },
  {
    what: 'EncryptedExtensions chooses a protocol that was not offered',
    client: { alpnProtocols: ['http/1.1'] },
    messages: {
      EncryptedExtensions: adding(
        ExtensionType.application_layer_protocol_negotiation,
        bytes(0, 3, 2, 0x68, 0x32),
      ),
    },
    expect: illegal('RFC 7301 §3.1'),
  },
  {
    what: 'EncryptedExtensions chooses two protocols',
    client: { alpnProtocols: ['h2'] },
    messages: {
      EncryptedExtensions: adding(
        ExtensionType.application_layer_protocol_negotiation,
        bytes(0, 6, 2, 0x68, 0x32, 2, 0x68, 0x32),
      ),
    },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 7301 §3.1' },
  },
  {
    what: 'EncryptedExtensions chooses the empty protocol',
    client: { alpnProtocols: ['h2'] },
    messages: {
      EncryptedExtensions: adding(
        ExtensionType.application_layer_protocol_negotiation,
        bytes(0, 1, 0),
      ),
    },
    expect: undecodable,
  },
  {
    what: 'EncryptedExtensions answers server_name with a name',
    messages: { EncryptedExtensions: replacing(ExtensionType.server_name, () => bytes(0)) },
    expect: undecodable,
  },
  {
    what: 'EncryptedExtensions names groups that cannot be read',
    messages: { EncryptedExtensions: adding(ExtensionType.supported_groups, bytes(0, 1, 0)) },
    expect: undecodable,
  },
  ...[63, 16_386].map(
    (limit): Case => ({
      what: `EncryptedExtensions has a record_size_limit of ${limit}`,
      client: { recordSizeLimit: 16_385 },
      messages: {
        EncryptedExtensions: replacing(ExtensionType.record_size_limit, () => u16(limit)),
      },
      expect: illegal('RFC 8449 §4'),
    }),
  ),
  {
    what: 'EncryptedExtensions carries both kinds of limit',
    client: { recordSizeLimit: 16_385, shapeClientHello: offeringFragments },
    messages: { EncryptedExtensions: adding(ExtensionType.max_fragment_length, bytes(1)) },
    expect: illegal('RFC 8449 §5'),
  },
  {
    what: 'EncryptedExtensions has a max_fragment_length that does not exist',
    client: { shapeClientHello: offeringFragments },
    messages: { EncryptedExtensions: adding(ExtensionType.max_fragment_length, bytes(5)) },
    expect: illegal('RFC 6066 §4'),
  },
  {
    what: 'EncryptedExtensions has a max_fragment_length that nobody asked for',
    messages: { EncryptedExtensions: adding(ExtensionType.max_fragment_length, bytes(1)) },
    expect: unsolicited,
  },
  {
    what: 'EncryptedExtensions is a byte short',
    messages: { EncryptedExtensions: shortened },
    expect: undecodable,
  },
  {
    what: 'EncryptedExtensions is a byte long',
    messages: { EncryptedExtensions: lengthened },
    expect: undecodable,
  },
]

/** The order of the flight (RFC 8446 §A.1). */
export const serverOrderCases: readonly Case[] = [
  ['EncryptedExtensions is left out', { EncryptedExtensions: none }],
  [
    'EncryptedExtensions comes twice',
    { EncryptedExtensions: (message: Uint8Array) => [message, message] },
  ],
  ['Certificate is left out', { Certificate: none }],
  ['CertificateVerify is left out', { CertificateVerify: none }],
  ['nobody is shown', { Certificate: none, CertificateVerify: none }],
  ['Certificate comes twice', { Certificate: (message: Uint8Array) => [message, message] }],
  [
    'CertificateVerify comes twice',
    { CertificateVerify: (message: Uint8Array) => [message, message] },
  ],
  [
    'Finished comes first',
    {
      EncryptedExtensions: (message: Uint8Array) => [messageWith(20, new Uint8Array(32)), message],
    },
  ],
  [
    'a KeyUpdate comes before Finished',
    { Finished: (message: Uint8Array) => [keyUpdateMessage, message] },
  ],
  [
    'a NewSessionTicket comes before Finished',
    {
      Finished: (message: Uint8Array) => [
        messageWith(4, bytes(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0)),
        message,
      ],
    },
  ],
  [
    'a ServerHello comes under the handshake keys',
    { EncryptedExtensions: (message: Uint8Array) => [messageWith(2, new Uint8Array(40)), message] },
  ],
  [
    'a ClientHello comes from the server',
    { ServerHello: () => messageWith(HandshakeType.client_hello, new Uint8Array(40)) },
  ],
  ['a HelloRequest comes', { ServerHello: () => messageWith(0, bytes()) }],
  ['a message of no known type comes', { EncryptedExtensions: () => unknownMessage }],
  [
    'a message_hash comes as a message',
    { EncryptedExtensions: () => messageWith(HandshakeType.message_hash, new Uint8Array(32)) },
  ],
].map(
  ([what, messages]): Case => ({
    what: what as string,
    messages: messages as NonNullable<Scenario['messages']>,
    expect: unexpected(),
  }),
)

const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
const asking = { clientAuthentication: { mode: 'request' as const, verifyCertificate } }

export const certificateRequestCases: readonly Case[] = [
  {
    what: 'CertificateRequest has a context',
    server: asking,
    messages: {
      CertificateRequest: (message) =>
        edited(message, (f) => ({ ...f, certificateRequestContext: bytes(1) })),
    },
    expect: illegal('RFC 8446 §4.3.2'),
  },
  {
    what: 'CertificateRequest has no signature_algorithms',
    server: asking,
    messages: { CertificateRequest: without(ExtensionType.signature_algorithms) },
    expect: missing('RFC 8446 §4.3.2'),
  },
  {
    what: 'CertificateRequest carries an extension twice',
    server: asking,
    messages: { CertificateRequest: doubling },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'CertificateRequest carries an extension that belongs elsewhere',
    server: asking,
    messages: { CertificateRequest: adding(ExtensionType.key_share, u16(0x001d)) },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'CertificateRequest carries oid_filters that cannot be read',
    server: asking,
    messages: { CertificateRequest: adding(ExtensionType.oid_filters, bytes(0, 3, 0)) },
    expect: undecodable,
  },
  {
    what: 'CertificateRequest comes twice',
    server: asking,
    messages: { CertificateRequest: (message) => [message, message] },
    expect: unexpected(),
  },
  {
    what: 'CertificateRequest comes after Certificate',
    messages: {
      Certificate: (message) => [
        message,
        messageWith(13, bytes(0, ...u16(8, ExtensionType.signature_algorithms, 4, 2, 0x0403))),
      ],
    },
    expect: unexpected(),
  },
]

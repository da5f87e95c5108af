/** One message of every type, with every extension that may stand in it: what annotation and explanations must cover. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExtensionContext, RawExtension } from '../../src/codec/extension.ts'
import { knownExtension } from '../../src/codec/extensions/index.ts'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  CompressedCertificate,
  EncryptedExtensions,
  EndOfEarlyData,
  encodeMessage,
  Finished,
  helloRetryRequestRandom,
  KeyUpdate,
  messageBodies,
  NewSessionTicket,
  ServerHello,
} from '../../src/codec/messages.ts'
import { classicBodies, forms12, type KeyExchange } from '../../src/codec/messages12.ts'
import { ExtensionType, extensionTypes, HandshakeType } from '../../src/codec/registry.ts'
import { encode, type Wire } from '../../src/codec/wire.ts'

const bytes = (length: number, value = 7) => new Uint8Array(length).fill(value)
const text = (value: string) => new TextEncoder().encode(value)

/** DER of `CN=authority`. */
const distinguishedName = Uint8Array.from([
  ...[0x30, 0x14, 0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09],
  ...text('authority'),
])

/** A SignedCertificateTimestamp of 2024-01-01T00:00:00Z (RFC 6962 §3.2). */
const sct = Uint8Array.from([
  ...[0, ...bytes(32, 0xaa), 0, 0, 0x01, 0x8c, 0xc2, 0x51, 0xf4, 0x00],
  ...[0, 0, 4, 3, 0, 4, ...bytes(4, 0x30)],
])

const signatureSchemes = [0x0a0a, 0x0403, 0x0804, 0x0303]
const statusRequest = { statusType: 1, request: bytes(4, 0) }
const groups = [0x1a1a, 0x11ec, 0x001d, 0x0200]

/** A value for each extension in each message; a new extension wants a new line here. */
const values: Readonly<Record<string, { readonly [context in ExtensionContext]?: unknown }>> = {
  server_name: {
    ClientHello: [{ nameType: 0, hostName: text('example.com') }],
    ServerHello12: true,
    EncryptedExtensions: true,
  },
  status_request: {
    ClientHello: statusRequest,
    ServerHello12: true,
    CertificateRequest: statusRequest,
    Certificate: { statusType: 1, response: bytes(10, 0x30) },
  },
  supported_groups: { ClientHello: groups, EncryptedExtensions: groups, ServerHello12: groups },
  signature_algorithms: { ClientHello: signatureSchemes, CertificateRequest: signatureSchemes },
  application_layer_protocol_negotiation: {
    ClientHello: [bytes(2, 0x3a), text('h2'), text('http/1.1')],
    ServerHello12: [text('h2')],
    EncryptedExtensions: [text('h2')],
  },
  signed_certificate_timestamp: {
    ClientHello: true,
    ServerHello12: [sct],
    CertificateRequest: true,
    Certificate: [sct],
  },
  padding: { ClientHello: bytes(5, 0) },
  record_size_limit: { ClientHello: 16_385, ServerHello12: 4096, EncryptedExtensions: 4096 },
  pre_shared_key: {
    ClientHello: {
      identities: [{ identity: bytes(40), obfuscatedTicketAge: 1234 }],
      binders: [bytes(32)],
    },
    ServerHello: 0,
  },
  early_data: { ClientHello: true, EncryptedExtensions: true, NewSessionTicket: 16_384 },
  supported_versions: {
    ClientHello: [0x5a5a, 0x0304, 0x0303],
    ServerHello: 0x0304,
    HelloRetryRequest: 0x0304,
  },
  cookie: { ClientHello: bytes(9), HelloRetryRequest: bytes(9) },
  psk_key_exchange_modes: { ClientHello: [0x0b, 1] },
  certificate_authorities: {
    ClientHello: [distinguishedName],
    CertificateRequest: [distinguishedName],
  },
  compress_certificate: { ClientHello: [2, 1], CertificateRequest: [3, 9] },
  oid_filters: {
    CertificateRequest: [
      { certificateExtensionOid: bytes(3), certificateExtensionValues: bytes(4) },
    ],
  },
  post_handshake_auth: { ClientHello: true },
  max_fragment_length: { ClientHello: 2, ServerHello12: 2, EncryptedExtensions: 2 },
  ec_point_formats: { ClientHello: [0], ServerHello12: [0, 1] },
  encrypt_then_mac: { ClientHello: true, ServerHello12: true },
  extended_master_secret: { ClientHello: true, ServerHello12: true },
  session_ticket: { ClientHello: bytes(30), ServerHello12: true },
  renegotiation_info: { ClientHello: bytes(0), ServerHello12: bytes(0) },
  signature_algorithms_cert: {
    ClientHello: signatureSchemes,
    CertificateRequest: signatureSchemes,
  },
  key_share: {
    ClientHello: [
      { group: 0x2a2a, keyExchange: bytes(1) },
      { group: 0x001d, keyExchange: bytes(32) },
    ],
    ServerHello: { group: 0x001d, keyExchange: bytes(32) },
    HelloRetryRequest: 0x0017,
  },
}

/** Types that the library has no form for stand there with a body that nobody looks into. */
const foreign: readonly RawExtension[] = [
  { type: 0x0a0a, data: bytes(0) },
  { type: ExtensionType.heartbeat, data: bytes(1, 1) },
  { type: 34, data: bytes(6) },
]

function extensionsIn(context: ExtensionContext): RawExtension[] {
  const own = [...extensionTypes.names].flatMap(([type, name]) => {
    const form = knownExtension(type)?.in[context] as Wire<unknown> | undefined
    if (form === undefined) return []
    const value = values[name]?.[context]
    if (value === undefined) throw new Error(`no sample of ${name} in ${context}`)
    return [{ type, data: encode(form, value) }]
  })
  // pre_shared_key stands last (RFC 8446 §4.2.11).
  const last = own.filter(({ type }) => type === ExtensionType.pre_shared_key)
  return [...own.filter((extension) => !last.includes(extension)), ...foreign, ...last]
}

/** A certificate that OpenSSL made. */
export const certificate: Uint8Array = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-trace-'))
  try {
    const out = join(folder, 'certificate.der')
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-keyout', join(folder, 'key.pem'), '-outform', 'DER', '-out', out, '-days', '30'],
        ...['-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:example.com'],
      ],
      { stdio: 'ignore' },
    )
    return new Uint8Array(readFileSync(out))
  } finally {
    rmSync(folder, { recursive: true })
  }
})()

const hello = {
  legacyVersion: 0x0303,
  random: bytes(32, 1),
  legacySessionId: bytes(32, 2),
  cipherSuites: [0x0a0a, 0x1301, 0xc02b, 0x00ff],
  legacyCompressionMethods: bytes(1, 0),
}
const serverHello = {
  legacyVersion: 0x0303,
  random: bytes(32, 3),
  legacySessionIdEcho: bytes(32, 2),
  cipherSuite: 0x1301,
  legacyCompressionMethod: 0,
}
const context = { certificateRequestContext: bytes(0) }
const { client_hello, server_hello, encrypted_extensions, certificate_request } = HandshakeType
const { certificate_verify, finished, new_session_ticket, key_update } = HandshakeType

/** By name; `HelloRetryRequest` beside `ServerHello`. */
export const samples: Readonly<Record<string, Uint8Array>> = {
  ClientHello: message(client_hello, ClientHello, {
    ...hello,
    extensions: extensionsIn('ClientHello'),
  }),
  ServerHello: message(server_hello, ServerHello, {
    ...serverHello,
    extensions: extensionsIn('ServerHello'),
  }),
  HelloRetryRequest: message(server_hello, ServerHello, {
    ...serverHello,
    random: helloRetryRequestRandom,
    extensions: extensionsIn('HelloRetryRequest'),
  }),
  EncryptedExtensions: message(encrypted_extensions, EncryptedExtensions, {
    extensions: extensionsIn('EncryptedExtensions'),
  }),
  CertificateRequest: message(certificate_request, CertificateRequest, {
    ...context,
    extensions: extensionsIn('CertificateRequest'),
  }),
  Certificate: message(HandshakeType.certificate, Certificate, {
    ...context,
    certificateList: [
      { certData: certificate, extensions: extensionsIn('Certificate') },
      { certData: bytes(12, 0x30), extensions: [] },
    ],
  }),
  CertificateVerify: message(certificate_verify, CertificateVerify, {
    algorithm: 0x0403,
    signature: bytes(70),
  }),
  Finished: message(finished, Finished, { verifyData: bytes(32) }),
  NewSessionTicket: message(new_session_ticket, NewSessionTicket, {
    ticketLifetime: 7200,
    ticketAgeAdd: 99,
    ticketNonce: bytes(1),
    ticket: bytes(50),
    extensions: extensionsIn('NewSessionTicket'),
  }),
  KeyUpdate: message(key_update, KeyUpdate, { requestUpdate: 1 }),
  EndOfEarlyData: message(HandshakeType.end_of_early_data, EndOfEarlyData, true),
  CompressedCertificate: message(HandshakeType.compressed_certificate, CompressedCertificate, {
    algorithm: 2,
    uncompressedLength: 900,
    compressedCertificateMessage: bytes(500),
  }),
}

const ecdh = { curveType: 3, namedCurve: 0x1d, public: bytes(32) }
const signedParams = { algorithm: 0x0403, signature: bytes(70) }

/** The messages of TLS 1.2 that differ from TLS 1.3's, with the key exchange that they belong to. */
export const samples12: readonly {
  readonly name: string
  readonly keyExchange: KeyExchange
  readonly bytes: Uint8Array
}[] = [
  sample12('ECDHE', 'server_hello', {
    ...serverHello,
    cipherSuite: 0xc02b,
    extensions: extensionsIn('ServerHello12'),
  }),
  sample12('ECDHE', 'hello_request', true),
  sample12('ECDHE', 'certificate', { certificateList: [certificate, bytes(12, 0x30)] }),
  sample12('ECDHE', 'certificate_status', { statusType: 1, response: bytes(10, 0x30) }),
  sample12('ECDHE', 'certificate_request', {
    certificateTypes: [1, 64],
    supportedSignatureAlgorithms: signatureSchemes,
    certificateAuthorities: [distinguishedName],
  }),
  sample12('ECDHE', 'server_hello_done', true),
  sample12('ECDHE', 'certificate_verify', signedParams),
  sample12('ECDHE', 'new_session_ticket', { ticketLifetimeHint: 7200, ticket: bytes(50) }),
  sample12('ECDHE', 'server_key_exchange', { params: ecdh, signedParams }),
  sample12('ECDHE', 'client_key_exchange', { ecdhYc: bytes(32) }),
  sample12('DHE', 'server_key_exchange', {
    params: { dhP: bytes(256), dhG: bytes(1, 2), dhYs: bytes(256) },
    signedParams,
  }),
  sample12('DHE', 'client_key_exchange', { dhYc: bytes(256) }),
  sample12('RSA', 'client_key_exchange', { encryptedPreMasterSecret: bytes(256) }),
  sample12('PSK', 'server_key_exchange', { pskIdentityHint: text('hint') }),
  sample12('PSK', 'client_key_exchange', { pskIdentity: text('name') }),
  sample12('ECDHE_PSK', 'server_key_exchange', { pskIdentityHint: text('hint'), params: ecdh }),
  sample12('ECDHE_PSK', 'client_key_exchange', { pskIdentity: text('name'), ecdhYc: bytes(32) }),
]

function sample12(keyExchange: KeyExchange, type: keyof typeof HandshakeType, value: unknown) {
  const wire = classicBodies(forms12, keyExchange).get(HandshakeType[type])
  if (wire === undefined) throw new Error(`${keyExchange} has no ${type}`)
  return { name: wire.type, keyExchange, bytes: message(HandshakeType[type], wire, value) }
}

for (const [type, { type: name }] of messageBodies)
  if (samples[name] === undefined) throw new Error(`no sample of message ${type}, ${name}`)

function message<T>(type: number, wire: Wire<T>, value: T): Uint8Array {
  return encodeMessage(type, wire, value).bytes
}

/** The handshake messages of TLS 1.3 (RFC 8446 §4 and §B.3). */
import { hexOf } from './bytes.ts'
import type { ExtensionContext, RawExtension } from './extension.ts'
import { knownExtension } from './extensions/index.ts'
import { handshakeMemory } from './handshakeMemory.ts'
import {
  certificateCompressionAlgorithms,
  cipherSuites,
  ExtensionType,
  extensionTypes,
  HandshakeType,
  handshakeTypes,
  keyUpdateRequests,
  nameOf,
  protocolVersions,
} from './registry.ts'
import { signatureSchemes } from './signatureScheme.ts'
import {
  type AnyWire,
  annotateWithin,
  empty,
  enumerated,
  fixed,
  list,
  named,
  opaque,
  quantity,
  type Reader,
  readField,
  readLengthField,
  rest,
  shown,
  struct,
  uint8,
  uint24,
  uint32,
  type ValueOf,
  type Wire,
  written,
} from './wire.ts'

/** A list of extensions. With a recorder, the body of each known one is read too. */
function extensionsOf(
  context: ExtensionContext | ((reader: Reader) => ExtensionContext),
  min = 0,
): Wire<RawExtension[]> {
  const extensionType = enumerated(extensionTypes)
  let where: ExtensionContext
  const element: Wire<RawExtension> = {
    type: 'Extension',
    decode: (reader) => {
      const type = readField(reader, 'extension_type', extensionType, 'RFC 8446 §4.2')
      if (reader.recorder === undefined) return { type, data: body.decode(reader) }
      return { type, data: annotatedBody(reader, type, where) }
    },
    encode: (writer, { type, data }) => {
      writer.uint(type, 2)
      body.encode(writer, data)
    },
    show: ({ type }) => nameOf(extensionTypes, type),
  }
  const vector = list(element, min, 65_535)
  return {
    ...vector,
    decode: (reader) => {
      where = typeof context === 'function' ? context(reader) : context
      return vector.decode(reader)
    },
  }
}

const body = opaque(0, 65_535)
const extensionData = named('extension_data', rest)

/** Notes the fields of an extension's body, as far as it is what the type says. */
function annotatedBody(reader: Reader, type: number, context: ExtensionContext): Uint8Array {
  const extension = knownExtension(type)
  reader.recorder?.describe(nameOf(extensionTypes, type), extension?.section)
  const length = readLengthField(reader, 0, 65_535)
  const data = reader.bytes.subarray(reader.at, reader.at + length)
  annotateWithin(reader, length, extension?.in[context] ?? (length === 0 ? empty : extensionData))
  return data
}

/** RFC 5246 §7.4.1.2 lets a ClientHello or ServerHello end without any extensions. */
function absentOr(extensions: Wire<RawExtension[]>): Wire<RawExtension[]> {
  return {
    ...extensions,
    decode: (reader) => (reader.remaining === 0 ? [] : extensions.decode(reader)),
    // RFC 5246 §7.4.1.3: a peer that sent none may be too old to read an empty list.
    encode: (writer, value) => {
      if (value.length > 0) extensions.encode(writer, value)
    },
  }
}

const legacyVersion = enumerated(protocolVersions)
const CipherSuite = enumerated(cipherSuites)

/** RFC 5246 §7.4.1.2: method 0 is null, the only one that TLS 1.3 allows. */
function showCompression(...methods: readonly number[]): string {
  return methods
    .map((method) => (method === 0 ? 'null' : `0x${method.toString(16).padStart(2, '0')}`))
    .join(', ')
}

/** RFC 8446 §4.1.2 */
export const ClientHello = struct('ClientHello', 'RFC 8446 §4.1.2', {
  legacyVersion,
  random: fixed(32),
  legacySessionId: opaque(0, 32),
  cipherSuites: list(CipherSuite, 2, 65_534),
  legacyCompressionMethods: shown(opaque(1, 255), (methods) => showCompression(...methods)),
  extensions: absentOr(extensionsOf('ClientHello')),
})
export type ClientHello = ValueOf<typeof ClientHello>

/** RFC 8446 §4.1.3: the random that makes a ServerHello a HelloRetryRequest (SHA-256 of "HelloRetryRequest"). */
export const helloRetryRequestRandom: Uint8Array = Uint8Array.of(
  ...[
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
  ],
  ...[
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
  ],
)

/** The random is public: an ordinary comparison will do. */
export function isHelloRetryRequest(random: Uint8Array): boolean {
  return helloRetryRequestRandom.every((byte, i) => byte === random[i])
}

/** Three ServerHello randoms say something: a HelloRetryRequest, and a server that was made to speak an older version. */
function showServerRandom(random: Uint8Array): string {
  const hex = hexOf(random)
  if (isHelloRetryRequest(random)) return `${hex} (HelloRetryRequest)`
  if (hex.endsWith('444f574e47524401')) return `${hex} (ends in DOWNGRD: this server has TLS 1.3)`
  if (hex.endsWith('444f574e47524400')) return `${hex} (ends in DOWNGRD: this server has TLS 1.2)`
  return hex
}

/** True where the extensions that come next have supported_versions among them, as those of TLS 1.3 have. */
function namesVersion({ bytes, at, end }: Reader): boolean {
  for (let i = at + 2; i + 4 <= end; i += 4 + bytes[i + 2]! * 256 + bytes[i + 3]!)
    if (bytes[i]! * 256 + bytes[i + 1]! === ExtensionType.supported_versions) return true
  return false
}

/** RFC 8446 §4.1.3 and §4.1.4 */
export const ServerHello = struct('ServerHello', 'RFC 8446 §4.1.3', {
  legacyVersion,
  random: shown(fixed(32), showServerRandom),
  legacySessionIdEcho: opaque(0, 32),
  cipherSuite: CipherSuite,
  legacyCompressionMethod: shown(uint8, showCompression),
  extensions: absentOr(
    // A reader of this structure begins at its first byte: the random stands after the version.
    extensionsOf((reader) =>
      isHelloRetryRequest(reader.bytes.subarray(2, 34))
        ? 'HelloRetryRequest'
        : namesVersion(reader)
          ? 'ServerHello'
          : 'ServerHello12',
    ),
  ),
})
export type ServerHello = ValueOf<typeof ServerHello>

/** RFC 8446 §4.3.1 */
export const EncryptedExtensions = struct('EncryptedExtensions', 'RFC 8446 §4.3.1', {
  extensions: extensionsOf('EncryptedExtensions'),
})

/** RFC 8446 §4.5: it has no content. */
export const EndOfEarlyData: Wire<true> = { ...empty, type: 'EndOfEarlyData' }

/** RFC 8446 §4.3.2 */
export const CertificateRequest = struct('CertificateRequest', 'RFC 8446 §4.3.2', {
  certificateRequestContext: opaque(0, 255),
  extensions: extensionsOf('CertificateRequest'),
})
export type CertificateRequest = ValueOf<typeof CertificateRequest>

const CertificateEntry = struct('CertificateEntry', 'RFC 8446 §4.4.2', {
  certData: opaque(1, 0xff_ffff),
  extensions: extensionsOf('Certificate'),
})

/** RFC 8446 §4.4.2 */
export const Certificate = struct('Certificate', 'RFC 8446 §4.4.2', {
  certificateRequestContext: opaque(0, 255),
  certificateList: list(CertificateEntry, 0, 0xff_ffff),
})
export type Certificate = ValueOf<typeof Certificate>

/** RFC 8879 §4: the body of a Certificate, compressed. */
export const CompressedCertificate = struct('CompressedCertificate', 'RFC 8879 §4', {
  algorithm: enumerated(certificateCompressionAlgorithms),
  uncompressedLength: quantity(uint24, 'byte'),
  compressedCertificateMessage: opaque(1, 0xff_ffff),
})
export type CompressedCertificate = ValueOf<typeof CompressedCertificate>

/** RFC 8446 §4.4.3 */
export const CertificateVerify = struct('CertificateVerify', 'RFC 8446 §4.4.3', {
  algorithm: enumerated(signatureSchemes),
  signature: opaque(0, 65_535),
})

/** RFC 8446 §4.4.4 */
export const Finished = struct('Finished', 'RFC 8446 §4.4.4', { verifyData: rest })

/** RFC 8446 §4.6.1 */
export const NewSessionTicket = struct('NewSessionTicket', 'RFC 8446 §4.6.1', {
  ticketLifetime: quantity(uint32, 'second'),
  ticketAgeAdd: uint32,
  ticketNonce: opaque(0, 255),
  ticket: opaque(1, 65_535),
  extensions: extensionsOf('NewSessionTicket'),
})
export type NewSessionTicket = ValueOf<typeof NewSessionTicket>

/** RFC 8446 §4.6.3 */
export const KeyUpdate = struct('KeyUpdate', 'RFC 8446 §4.6.3', {
  requestUpdate: enumerated(keyUpdateRequests),
})

/** The body of each type of message. */
export const messageBodies: ReadonlyMap<number, AnyWire> = new Map<number, AnyWire>([
  [HandshakeType.client_hello, ClientHello],
  [HandshakeType.server_hello, ServerHello],
  [HandshakeType.encrypted_extensions, EncryptedExtensions],
  [HandshakeType.end_of_early_data, EndOfEarlyData],
  [HandshakeType.certificate_request, CertificateRequest],
  [HandshakeType.certificate, Certificate],
  [HandshakeType.certificate_verify, CertificateVerify],
  [HandshakeType.finished, Finished],
  [HandshakeType.new_session_ticket, NewSessionTicket],
  [HandshakeType.key_update, KeyUpdate],
  [HandshakeType.compressed_certificate, CompressedCertificate],
])

/** RFC 8446 §4: type (1 byte), length (3 bytes), body. */
export const HandshakeHeader = struct('Handshake', 'RFC 8446 §4', {
  msgType: enumerated(handshakeTypes),
  length: quantity(uint24, 'byte'),
})
export const handshakeHeaderLength = 4

/** A handshake message, whole. */
export interface HandshakeMessage {
  readonly type: number
  /** Header and body, as it goes into the transcript. */
  readonly bytes: Uint8Array
}

export function bodyOf(message: HandshakeMessage): Uint8Array {
  return message.bytes.subarray(handshakeHeaderLength)
}

export function encodeMessage<T>(type: number, wire: Wire<T>, value: T): HandshakeMessage {
  const bytes = written((writer) => {
    writer.uint(type, 1)
    const mark = writer.open(3)
    wire.encode(writer, value)
    writer.close(mark, 3)
  }, handshakeMemory)
  return { type, bytes }
}

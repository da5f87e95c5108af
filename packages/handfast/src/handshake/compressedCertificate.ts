/** Certificate messages that are compressed on their way (RFC 8879). */
import type { Steps } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import {
  bodyOf,
  Certificate,
  CompressedCertificate,
  encodeMessage,
  type HandshakeMessage,
} from '../codec/messages.ts'
import { certificateCompressionAlgorithms, HandshakeType, nameOf } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig, Identity, ServerConfig } from '../config.ts'
import type { CertificateCompression } from '../crypto/provider.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'
import type { CertificateCompressionPart } from './parts13.ts'

type Config = ClientConfig | ServerConfig

/** Lets `certificateCompression` be, and certificates be compressed for whoever can unpack them. */
export const certificateCompression: CertificateCompressionPart = { unpackable, unpacked, packed }

/** What this side offers to unpack: only what was named, since what a stranger packed is read before anybody trusts it. */
export function unpackable({
  certificateCompression = [],
  crypto,
}: Config): readonly CertificateCompression[] {
  return certificateCompression.map((wanted) => {
    const found = crypto.certificateCompressions?.find(({ id }) => id === wanted)
    if (found !== undefined) return found
    throw new ConfigurationError(
      'ERR_NOT_PROVIDED',
      `CertificateCompressionAlgorithm ${nameOf(certificateCompressionAlgorithms, wanted)} is not among what the crypto provider "${crypto.name}" has`,
    )
  })
}

/** What this side packs with, for a peer that can unpack it: all that it has, where nothing was named. */
function packable(config: Config): readonly CertificateCompression[] {
  if (config.certificateCompression !== undefined) return unpackable(config)
  return config.crypto.certificateCompressions ?? []
}

/** RFC 8879 §4. The length is announced, so nothing longer is ever unpacked. */
function* unpacked(
  hs: HandshakeContext,
  config: Config,
  message: HandshakeMessage,
): Steps<Certificate> {
  const { algorithm, uncompressedLength, compressedCertificateMessage } = decode(
    CompressedCertificate,
    bodyOf(message),
  )
  const name = nameOf(certificateCompressionAlgorithms, algorithm)
  const compression = unpackable(config).find(({ id }) => id === algorithm)
  if (compression === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The peer compressed its certificate with ${name}, which was not offered`,
      { section: 'RFC 8879 §4' },
    )
  if (uncompressedLength > hs.limits.handshakeMessageBytes)
    throw new TlsError(
      'ERR_MESSAGE_TOO_LONG',
      `The peer announces a certificate of ${uncompressedLength} bytes behind its compression`,
      { alert: 'bad_certificate', section: 'RFC 8879 §4' },
    )
  const body = yield* hs.settle(
    'unpacking the certificate',
    compression.decompress(compressedCertificateMessage, uncompressedLength),
  )
  if (body?.length !== uncompressedLength)
    throw new TlsError(
      'ERR_BAD_COMPRESSION',
      `The peer's certificate does not unpack with ${name} to the length that it announced`,
    )
  hs.decide(() => ({
    what: 'certificate compression',
    by: hs.role === 'client' ? 'server' : 'client',
    offered: unpackable(config).map((offered) => offered.name),
    chosen: name,
    why: `It makes ${body.length} bytes into ${compressedCertificateMessage.length}.`,
    section: 'RFC 8879 §4',
  }))
  return decode(Certificate, body)
}

/** @param accepted by the peer, in its compress_certificate. @returns the message, compressed where both sides can */
function* packed(
  hs: HandshakeContext,
  config: Config,
  identity: Identity,
  message: HandshakeMessage,
  accepted: readonly number[],
): Steps<HandshakeMessage> {
  const compression = packable(config).find(({ id }) => accepted.includes(id))
  if (compression === undefined) return message
  const body = bodyOf(message)
  const compressed = yield* remembered(hs, identity, compression, body)
  hs.decide(() => ({
    what: 'certificate compression',
    by: hs.role,
    offered: accepted.map((id) => nameOf(certificateCompressionAlgorithms, id)),
    chosen: compression.name,
    why: `It makes ${body.length} bytes into ${compressed.length}.`,
    section: 'RFC 8879 §3',
  }))
  return encodeMessage(HandshakeType.compressed_certificate, CompressedCertificate, {
    algorithm: compression.id,
    uncompressedLength: body.length,
    compressedCertificateMessage: compressed,
  })
}

interface Remembered {
  readonly compression: CertificateCompression
  readonly body: Uint8Array
  readonly compressed: Uint8Array
}

/** Compressing well takes longer than signing, and a server shows the same certificate again and again. */
const memory = new WeakMap<Identity, readonly Remembered[]>()
/** With and without a staple or timestamps, by one algorithm or two. */
const rememberedForms = 4

function* remembered(
  hs: HandshakeContext,
  identity: Identity,
  compression: CertificateCompression,
  body: Uint8Array,
): Steps<Uint8Array> {
  const known = memory.get(identity) ?? []
  const found = known.find((it) => it.compression === compression && sameBytes(it.body, body))
  if (found !== undefined) return found.compressed
  const compressed = yield* hs.settle('packing our certificate', compression.compress(body))
  memory.set(identity, [{ compression, body, compressed }, ...known.slice(0, rememberedForms - 1)])
  return compressed
}

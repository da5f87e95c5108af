/** A Certificate message of the peer's, as it is or compressed (RFC 8446 §4.4.2, RFC 8879). */
import type { Steps } from '@handfast/x509'
import { bodyOf, Certificate, type HandshakeMessage } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig, ServerConfig } from '../config.ts'
import { type HandshakeContext, messageName } from './context.ts'

type Config = ClientConfig | ServerConfig

/** The types of message that a Certificate may come as. */
export function certificateTypes({ parts }: HandshakeContext, config: Config): readonly number[] {
  const unpackable = parts.certificateCompression?.unpackable(config) ?? []
  return unpackable.length === 0
    ? [HandshakeType.certificate]
    : [HandshakeType.certificate, HandshakeType.compressed_certificate]
}

/** Reads a Certificate in either form; the form in which it came goes into the transcript. */
export function* readCertificateMessage(
  hs: HandshakeContext,
  config: Config,
  message: HandshakeMessage,
): Steps<Certificate> {
  hs.transcript.add(message, messageName(message))
  return yield* decodeCertificate(hs, config, message)
}

/** @param message of one of `certificateTypes` */
export function* decodeCertificate(
  hs: HandshakeContext,
  config: Config,
  message: HandshakeMessage,
): Steps<Certificate> {
  const { certificateCompression } = hs.parts
  return message.type === HandshakeType.certificate || certificateCompression === undefined
    ? decode(Certificate, bodyOf(message))
    : yield* certificateCompression.unpacked(hs, config, message)
}

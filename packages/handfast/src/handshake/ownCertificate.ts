/** Our own Certificate, CertificateVerify and Finished: the same three messages in both roles (RFC 8446 §4.4). */
import type { Steps } from '@handfast/x509'
import { extensionOf, type RawExtension } from '../codec/extension.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import { statusRequest } from '../codec/extensions/status_request.ts'
import { Certificate, CertificateVerify, encodeMessage, Finished } from '../codec/messages.ts'
import { CertificateStatusType, ExtensionType, HandshakeType } from '../codec/registry.ts'
import { signatureScheme } from '../codec/signatureScheme.ts'
import type { ClientConfig, Identity, ServerConfig } from '../config.ts'
import type { HashFunction } from '../crypto/provider.ts'
import { type NamedSecret, type ScheduleContext, verifyData } from '../keys/schedule.ts'
import type { Transcript } from '../keys/transcript.ts'
import { signedContent } from './certificateVerifyContent.ts'
import type { HandshakeContext } from './context.ts'

/** The scheme to sign with: the key's first that the peer accepts and TLS 1.3 allows; undefined where there is none. */
export function chooseScheme(identity: Identity, accepted: readonly number[]): number | undefined {
  return identity.signingKey.schemes.find(
    (id) => accepted.includes(id) && signatureScheme(id)?.certificatesOnly !== true,
  )
}

/**
 * Sends Certificate; an identity that is undefined makes an empty one.
 * @param asked the extension types that the peer's request carried
 * @param compressions that the peer can unpack
 */
export function* sendCertificate(
  hs: HandshakeContext,
  config: ClientConfig | ServerConfig,
  identity: Identity | undefined,
  certificateRequestContext: Uint8Array,
  asked: readonly number[],
  compressions: readonly number[],
  transcript: Transcript = hs.transcript,
): Steps<void> {
  const certificateList = (identity?.certificateChain ?? []).map((certData, i) => ({
    certData,
    extensions: i === 0 && identity !== undefined ? leafExtensions(identity, asked) : [],
  }))
  const message = encodeMessage(HandshakeType.certificate, Certificate, {
    certificateRequestContext,
    certificateList,
  })
  const packing = identity && hs.parts.certificateCompression
  hs.sendMessage(
    packing ? yield* packing.packed(hs, config, identity, message, compressions) : message,
    transcript,
  )
}

function leafExtensions(identity: Identity, asked: readonly number[]): RawExtension[] {
  const { ocspResponse, signedCertificateTimestamps = [] } = identity
  const extensions: RawExtension[] = []
  if (ocspResponse !== undefined && asked.includes(ExtensionType.status_request))
    extensions.push(
      extensionOf(statusRequest, 'Certificate', {
        statusType: CertificateStatusType.ocsp,
        response: ocspResponse,
      }),
    )
  if (
    signedCertificateTimestamps.length > 0 &&
    asked.includes(ExtensionType.signed_certificate_timestamp)
  )
    extensions.push(
      extensionOf(signedCertificateTimestamp, 'Certificate', [...signedCertificateTimestamps]),
    )
  return extensions
}

/** Signs the transcript and sends CertificateVerify. */
export function* sendCertificateVerify(
  hs: HandshakeContext,
  identity: Identity,
  scheme: number,
  hash: HashFunction,
  transcript: Transcript = hs.transcript,
): Steps<void> {
  const transcriptHash = yield* hs.settle('hashing the transcript', transcript.hash(hash))
  const signature = yield* hs.settle(
    'signing CertificateVerify',
    identity.signingKey.sign(scheme, signedContent(hs.role, transcriptHash)),
  )
  hs.sendMessage(
    encodeMessage(HandshakeType.certificate_verify, CertificateVerify, {
      algorithm: scheme,
      signature,
    }),
    transcript,
  )
}

/** @param base the traffic secret of our direction that authenticates it */
export function* sendFinished(
  hs: HandshakeContext,
  context: ScheduleContext,
  base: NamedSecret,
  transcript: Transcript = hs.transcript,
): Steps<void> {
  const hash = yield* hs.settle('hashing the transcript', transcript.hash(context.hash))
  const data = yield* verifyData(context, base, hash)
  hs.noteFinished('sent', data)
  hs.sendMessage(encodeMessage(HandshakeType.finished, Finished, { verifyData: data }), transcript)
}

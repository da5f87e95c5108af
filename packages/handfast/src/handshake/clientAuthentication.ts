/** A client that is asked for its certificate: the request and its answer, in the handshake or after it (RFC 8446 §4.3.2, §4.6.2). */
import type { Steps } from '@handfast/x509'
import {
  extensionOf,
  findExtension,
  type RawExtension,
  refuseDuplicates,
} from '../codec/extension.ts'
import { certificateAuthorities } from '../codec/extensions/certificate_authorities.ts'
import { compressCertificate } from '../codec/extensions/compress_certificate.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { signatureAlgorithms } from '../codec/extensions/signature_algorithms.ts'
import { CertificateRequest, encodeMessage, type HandshakeMessage } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import type { ClientAuthentication, ClientConfig, Identity, ServerConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { unpackable } from './compressedCertificate.ts'
import type { HandshakeContext } from './context.ts'
import { enabledSignatureSchemes } from './negotiation.ts'
import { chooseScheme, sendCertificate, sendCertificateVerify } from './ownCertificate.ts'

/** What a CertificateRequest asks for. */
export interface RequestedCertificate {
  readonly context: Uint8Array
  readonly signatureSchemes: readonly number[]
  readonly certificateAuthorities: readonly Uint8Array[]
  /** What the server can unpack certificates with. */
  readonly compressions: readonly number[]
  /** The types of its extensions: what our Certificate may carry. */
  readonly types: readonly number[]
}

export function readCertificateRequest(message: CertificateRequest): RequestedCertificate {
  const { extensions } = message
  refuseDuplicates(extensions, 'CertificateRequest')
  refuseMisplaced(extensions, 'CertificateRequest')
  const schemes = findExtension(extensions, signatureAlgorithms, 'CertificateRequest')
  if (schemes === undefined)
    throw new TlsError(
      'ERR_MISSING_EXTENSION',
      'CertificateRequest carries no signature_algorithms',
      { section: 'RFC 8446 §4.3.2' },
    )
  return {
    context: message.certificateRequestContext,
    signatureSchemes: schemes,
    certificateAuthorities:
      findExtension(extensions, certificateAuthorities, 'CertificateRequest') ?? [],
    compressions: findExtension(extensions, compressCertificate, 'CertificateRequest') ?? [],
    types: extensions.map(({ type }) => type),
  }
}

/** What we showed: no identity where we have none that fits. */
export interface SentIdentity {
  readonly identity: Identity | undefined
  readonly scheme: number | undefined
}

/** Certificate and, where there is one, CertificateVerify (RFC 8446 §4.4.2, §4.4.3). */
export function* answerCertificateRequest(
  hs: HandshakeContext,
  config: ClientConfig,
  request: RequestedCertificate,
  suite: CipherSuite,
  transcript = hs.transcript,
): Steps<SentIdentity> {
  const picked =
    typeof config.identity === 'function'
      ? yield* hs.settle('choosing a client certificate', config.identity(request))
      : config.identity
  const scheme = picked && chooseScheme(picked, request.signatureSchemes)
  const identity = scheme === undefined ? undefined : picked
  hs.decide(() => ({
    what: 'client authentication',
    by: 'client',
    offered: ['our certificate', 'no certificate'],
    chosen: identity === undefined ? 'no certificate' : 'our certificate',
    why:
      identity !== undefined
        ? 'The server asks for one, and accepts the signatures that our key makes.'
        : picked === undefined
          ? 'The server asks for one, and none is configured.'
          : 'The server asks for one, and accepts no signature that our key makes.',
    section: 'RFC 8446 §4.4.2.3',
  }))
  const { context, types, compressions } = request
  yield* sendCertificate(hs, config, identity, context, types, compressions, transcript)
  if (identity !== undefined && scheme !== undefined)
    yield* sendCertificateVerify(hs, identity, scheme, suite.hash, transcript)
  return { identity, scheme }
}

export function certificateRequired(): TlsError {
  return new TlsError('ERR_CERTIFICATE_REQUIRED', 'The client sent no certificate')
}

/** RFC 8446 §4.3.2 */
export function certificateRequest(
  config: ServerConfig,
  authentication: ClientAuthentication,
  certificateRequestContext: Uint8Array,
): HandshakeMessage {
  const { certificateAuthorities: authorities = [] } = authentication
  const extensions: RawExtension[] = [
    extensionOf(signatureAlgorithms, 'CertificateRequest', [...enabledSignatureSchemes(config)]),
  ]
  if (authorities.length > 0)
    extensions.push(extensionOf(certificateAuthorities, 'CertificateRequest', [...authorities]))
  const compressions = unpackable(config).map(({ id }) => id)
  if (compressions.length > 0)
    extensions.push(extensionOf(compressCertificate, 'CertificateRequest', compressions))
  return encodeMessage(HandshakeType.certificate_request, CertificateRequest, {
    certificateRequestContext,
    extensions,
  })
}

/** The extensions of our CertificateRequest that a client may answer in its Certificate: none of ours has an answer. */
export function requestedTypes(_: ClientAuthentication): readonly number[] {
  return []
}

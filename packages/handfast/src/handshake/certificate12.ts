/** Certificates of TLS 1.2, ours and the peer's (RFC 5246 §7.4.2, §7.4.4, §7.4.6, §7.4.8). */
import type { Steps } from '@handfast/x509'
import {
  Certificate12,
  type CertificateRequest12,
  ClientCertificateType,
} from '../codec/messages12.ts'
import { HandshakeType } from '../codec/registry.ts'
import { signatureScheme, signatureSchemeTable } from '../codec/signatureScheme.ts'
import type { ClientAuthentication, ClientConfig, Identity, ServerConfig } from '../config.ts'
import { TlsError } from '../errors.ts'
import type { NamedSecret } from '../keys/schedule.ts'
import type { ClassicContext } from '../keys/schedule12.ts'
import type { HandshakeContext } from './context.ts'
import { enabledSignatureSchemes } from './negotiation.ts'
import type { ShownCertificate } from './peerCertificate.ts'
import { authenticationOf, certificateVerifySignature } from './signature12.ts'
import type { ClassicVersion } from './version12.ts'

/** @returns undefined for an empty list */
export function readCertificate12(
  hs: HandshakeContext,
  chain: readonly Uint8Array[],
): ShownCertificate | undefined {
  if (chain.length > hs.limits.certificates)
    throw new TlsError(
      'ERR_TOO_MUCH',
      `The peer sent a chain of ${chain.length} certificates; ${hs.limits.certificates} are the limit`,
      { alert: 'bad_certificate', section: 'RFC 5246 §7.4.2' },
    )
  if (chain.length === 0) return undefined
  return { chain, ocspResponse: undefined, signedCertificateTimestamps: [] }
}

/** @param identity undefined where a client has none that fits: it says so, in the form of its version */
export function sendCertificate12(
  hs: HandshakeContext,
  { noCertificateAlert }: ClassicVersion,
  identity: Identity | undefined,
): void {
  if (identity === undefined && noCertificateAlert !== undefined) {
    hs.warn(noCertificateAlert)
    return
  }
  hs.send(HandshakeType.certificate, Certificate12, {
    certificateList: [...(identity?.certificateChain ?? [])],
  })
}

export function sendCertificateRequest12(
  hs: HandshakeContext,
  { forms }: ClassicVersion,
  config: ServerConfig,
  { certificateAuthorities = [] }: ClientAuthentication,
): void {
  hs.send(HandshakeType.certificate_request, forms.CertificateRequest, {
    certificateTypes: Object.values(ClientCertificateType),
    supportedSignatureAlgorithms: [...enabledSignatureSchemes(config)],
    certificateAuthorities: [...certificateAuthorities],
  })
}

/** What a client shows: no identity where it has none that fits. */
export interface ShownIdentity {
  readonly identity: Identity
  readonly scheme: number
}

/** Picks the certificate that answers the server's request; undefined where there is none that fits. */
export function* answerCertificateRequest12(
  hs: HandshakeContext,
  { signatures }: ClassicVersion,
  config: ClientConfig,
  request: CertificateRequest12,
): Steps<ShownIdentity | undefined> {
  const { certificateAuthorities, supportedSignatureAlgorithms } = request
  // Before TLS 1.2 the type says it all: of that type, any key of the kinds of that time will do.
  const accepted =
    supportedSignatureAlgorithms ??
    signatureSchemeTable
      .filter(({ keyType }) => keyType === 'rsa' || keyType === 'ec')
      .map(({ id }) => id)
  // RFC 5246 §7.4.4: the types of certificate limit what the schemes allow.
  const signatureSchemes = accepted.filter((id) => {
    const authentication = authenticationOf(signatureScheme(id)?.keyType ?? '')
    const type = authentication === 'RSA' ? 'rsa_sign' : 'ecdsa_sign'
    return request.certificateTypes.includes(ClientCertificateType[type])
  })
  const picked =
    typeof config.identity === 'function'
      ? yield* hs.settle(
          'choosing a client certificate',
          config.identity({ signatureSchemes, certificateAuthorities }),
        )
      : config.identity
  const scheme = picked && signatures.choose(picked, signatureSchemes)
  hs.decide(() => ({
    what: 'client authentication',
    by: 'client',
    offered: ['our certificate', 'no certificate'],
    chosen: scheme === undefined ? 'no certificate' : 'our certificate',
    why:
      scheme !== undefined
        ? 'The server asks for one, and accepts the signatures that our key makes.'
        : picked === undefined
          ? 'The server asks for one, and none is configured.'
          : 'The server asks for one, and accepts no signature that our key makes.',
    section: 'RFC 5246 §7.4.6',
  }))
  return picked === undefined || scheme === undefined ? undefined : { identity: picked, scheme }
}

/** Signs all messages so far (RFC 5246 §7.4.8). */
export function* sendCertificateVerify12(
  hs: HandshakeContext,
  { forms, signatures }: ClassicVersion,
  context: ClassicContext,
  master: NamedSecret,
  { identity, scheme }: ShownIdentity,
): Steps<void> {
  const content = yield* signatures.transcriptToSign(context, master, hs.transcript)
  const what = certificateVerifySignature
  const signed = yield* signatures.sign(hs, identity, scheme, what, content)
  hs.send(HandshakeType.certificate_verify, forms.CertificateVerify, signed)
}

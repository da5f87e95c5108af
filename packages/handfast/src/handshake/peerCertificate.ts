/** The peer's Certificate and CertificateVerify (RFC 8446 §4.4.2, §4.4.3). */
import {
  type FailureCode,
  formatName,
  parseCertificate,
  type Steps,
  type Verdict,
  type Certificate as X509Certificate,
  X509Error,
} from '@handfast/x509'
import { findExtension, refuseDuplicates, refuseUnsolicited } from '../codec/extension.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import { statusRequest } from '../codec/extensions/status_request.ts'
import type { Certificate } from '../codec/messages.ts'
import { CertificateVerify } from '../codec/messages.ts'
import { type AlertName, CertificateStatusType, HandshakeType, nameOf } from '../codec/registry.ts'
import { signatureScheme, signatureSchemes } from '../codec/signatureScheme.ts'
import type { CertificateVerifier, PeerCertificate } from '../config.ts'
import { TlsError } from '../errors.ts'
import type { Transcript } from '../keys/transcript.ts'
import type { Role } from '../trace/events.ts'
import { signedContent } from './certificateVerifyContent.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { namesOf } from './negotiation.ts'

/** What a peer showed, before anybody judged it. */
export interface ShownCertificate {
  readonly chain: readonly Uint8Array[]
  readonly leaf: X509Certificate
  readonly ocspResponse: Uint8Array | undefined
  readonly signedCertificateTimestamps: readonly Uint8Array[]
}

/**
 * Takes a Certificate message apart.
 * @param asked the extension types that the request (ClientHello or CertificateRequest) offered
 * @returns undefined for an empty list
 */
export function readCertificate(
  hs: HandshakeContext,
  message: Certificate,
  asked: ReadonlySet<number>,
): ShownCertificate | undefined {
  const entries = message.certificateList
  if (entries.length > hs.limits.certificates)
    throw new TlsError(
      'ERR_TOO_MUCH',
      `The peer sent ${entries.length} certificates; ${hs.limits.certificates} are the limit`,
      { alert: 'bad_certificate', section: 'RFC 8446 §4.4.2' },
    )
  for (const { extensions } of entries) {
    refuseDuplicates(extensions, 'A CertificateEntry')
    refuseMisplaced(extensions, 'Certificate')
    refuseUnsolicited(extensions, asked, 'A CertificateEntry')
  }
  const [first] = entries
  if (first === undefined) return undefined
  const status = findExtension(first.extensions, statusRequest, 'Certificate')
  if (status !== undefined && status.statusType !== CertificateStatusType.ocsp)
    throw new TlsError('ERR_DECODE', 'A CertificateStatus is not of the type ocsp', {
      section: 'RFC 6066 §8',
    })
  return {
    chain: entries.map(({ certData }) => certData),
    leaf: parseLeaf(first.certData),
    ocspResponse: status?.response,
    signedCertificateTimestamps:
      findExtension(first.extensions, signedCertificateTimestamp, 'Certificate') ?? [],
  }
}

export function parseLeaf(der: Uint8Array): X509Certificate {
  return readable(() => parseCertificate(der))
}

/** Parts of a certificate are parsed when they are first read: what is malformed in them is the certificate's fault. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof X509Error)) throw cause
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      `The certificate cannot be read: ${cause.message}`,
      { cause, alert: 'bad_certificate' },
    )
  }
}

/** Lets the verifier judge. @throws TlsError with the verdict where it refuses */
export function* judge(
  hs: HandshakeContext,
  verifier: CertificateVerifier,
  peer: PeerCertificate,
): Steps<Verdict> {
  const verdict = yield* hs.settle(`checking the ${peer.role}'s certificate`, verifier(peer))
  hs.trace?.({ type: 'verdict', of: peer.role, verdict })
  if (verdict.valid) return verdict
  const [failure] = verdict.failures
  throw new TlsError(
    'ERR_CERTIFICATE_REFUSED',
    failure === undefined
      ? `The certificate of ${formatName(peer.leaf.subject)} was refused`
      : failure.message,
    {
      verdict,
      alert: failure === undefined ? 'certificate_unknown' : alertFor[failure.code],
      ...(failure === undefined ? {} : { section: failure.section, help: failure.help }),
    },
  )
}

/** RFC 8446 §6.2 says what each alert is for; what has no alert of its own is `bad_certificate`. */
const alertFor: { readonly [code in FailureCode]: AlertName } = {
  malformed: 'bad_certificate',
  expired: 'certificate_expired',
  'not-yet-valid': 'certificate_expired',
  'unknown-issuer': 'unknown_ca',
  'self-signed-leaf': 'unknown_ca',
  'self-signed-in-chain': 'unknown_ca',
  'bad-signature': 'bad_certificate',
  'unsupported-algorithm': 'unsupported_certificate',
  'weak-signature': 'bad_certificate',
  'weak-key': 'bad_certificate',
  'not-a-ca': 'unknown_ca',
  'path-too-long': 'unknown_ca',
  'key-usage': 'unsupported_certificate',
  'extended-key-usage': 'unsupported_certificate',
  'unknown-critical-extension': 'unsupported_certificate',
  'name-constraints': 'bad_certificate',
  policy: 'bad_certificate',
  profile: 'bad_certificate',
  'name-mismatch': 'bad_certificate',
  'invalid-name': 'bad_certificate',
  revoked: 'certificate_revoked',
  'revocation-unknown': 'bad_certificate_status_response',
  'pin-mismatch': 'bad_certificate',
  transparency: 'bad_certificate',
  budget: 'certificate_unknown',
}

/**
 * Receives CertificateVerify and checks the signature over `transcript`, to which it is added.
 * @param accepted code points that we said we can verify
 * @returns the scheme
 */
export function* receiveCertificateVerify(
  hs: HandshakeContext,
  peer: Role,
  leaf: X509Certificate,
  accepted: readonly number[],
  hash: Parameters<Transcript['hash']>[0],
  transcript: Transcript = hs.transcript,
): HandshakeSteps<number> {
  const message = yield* hs.receive(HandshakeType.certificate_verify)
  const transcriptHash = yield* hs.settle('hashing the transcript', transcript.hash(hash))
  const { algorithm, signature } = hs.read(message, CertificateVerify, transcript)
  const scheme = signatureScheme(algorithm)
  const name = nameOf(signatureSchemes, algorithm)
  if (scheme === undefined || scheme.certificatesOnly || !accepted.includes(algorithm))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed with ${name}, which was not offered for CertificateVerify`,
      { section: 'RFC 8446 §4.4.3' },
    )
  const { subjectPublicKeyInfo: key, keyUsage } = readable(() => ({
    subjectPublicKeyInfo: leaf.subjectPublicKeyInfo,
    keyUsage: leaf.keyUsage,
  }))
  if (
    key.algorithm.type !== scheme.keyType ||
    (scheme.curve !== undefined && key.algorithm.curve !== scheme.curve)
  )
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed with ${name}, which its certificate's key cannot make`,
      { section: 'RFC 8446 §4.4.3' },
    )
  if (keyUsage !== undefined && !keyUsage.has('digitalSignature'))
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      `The ${peer}'s certificate is not for signatures (keyUsage has no digitalSignature)`,
      { alert: 'unsupported_certificate', section: 'RFC 8446 §4.4.2.2' },
    )
  const verify = hs.crypto.signatureVerifiers[scheme.algorithm]!
  const valid = yield* hs.settle(
    `verifying the ${peer}'s CertificateVerify`,
    verify(key.der, signedContent(peer, transcriptHash), signature),
  )
  if (!valid)
    throw new TlsError(
      'ERR_BAD_SIGNATURE',
      `The ${peer}'s CertificateVerify does not verify with the key of its certificate`,
    )
  hs.decide(() => ({
    what: 'signature scheme',
    by: peer,
    offered: namesOf(signatureSchemes, accepted),
    chosen: name,
    why: `The first that the ${peer}'s key can make of those that the other side accepts.`,
    section: 'RFC 8446 §4.4.3',
  }))
  hs.checked(
    'CertificateVerify',
    `the ${peer}'s public key, over the transcript up to Certificate`,
    'RFC 8446 §4.4.3',
    name,
  )
  return algorithm
}

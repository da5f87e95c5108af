/** The peer's Certificate and CertificateVerify (RFC 8446 §4.4.2, §4.4.3). */
import {
  type FailureCode,
  type Steps,
  type SubjectPublicKeyInfo,
  type Verdict,
  type Certificate as X509Certificate,
  X509Error,
} from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { findExtension, refuseDuplicates, refuseUnsolicited } from '../codec/extension.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import { statusRequest } from '../codec/extensions/status_request.ts'
import type { Certificate } from '../codec/messages.ts'
import { CertificateVerify } from '../codec/messages.ts'
import { type AlertName, CertificateStatusType, HandshakeType, nameOf } from '../codec/registry.ts'
import { signatureScheme, signatureSchemes } from '../codec/signatureScheme.ts'
import type { CertificateVerifier, PeerCertificate } from '../config.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import type { Transcript } from '../keys/transcript.ts'
import type { Role } from '../trace/events.ts'
import { signedContent } from './certificateVerifyContent.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { namesOf } from './negotiation.ts'

/** What a peer showed, before anybody judged it. */
export interface ShownCertificate {
  readonly chain: readonly Uint8Array[]
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
  asked: readonly number[],
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
    ocspResponse: status?.response,
    signedCertificateTimestamps:
      findExtension(first.extensions, signedCertificateTimestamp, 'Certificate') ?? [],
  }
}

/** A verdict that accepts. Its path begins with the peer's own certificate: whoever judges has parsed it, the engine never does. */
export interface AcceptingVerdict extends Verdict {
  readonly path: readonly [X509Certificate, ...X509Certificate[]]
}

/** Parts of a certificate are parsed when they are first read: what is malformed in them is the certificate's fault. */
function unreadable(cause: unknown): unknown {
  if (!(cause instanceof X509Error) || cause.code !== 'malformed') return cause
  const message = `The certificate cannot be read: ${cause.message}`
  return new TlsError('ERR_CERTIFICATE_REFUSED', message, { cause, alert: 'bad_certificate' })
}

/** The key of a certificate, and what it may be used for. */
export interface PeerKey extends SubjectPublicKeyInfo {
  readonly keyUsage: X509Certificate['keyUsage']
}

/** @throws TlsError where the key cannot be read */
export function keyOf({ path: [leaf] }: AcceptingVerdict): PeerKey {
  try {
    return { ...leaf.subjectPublicKeyInfo, keyUsage: leaf.keyUsage }
  } catch (cause) {
    throw unreadable(cause)
  }
}

/** Lets the verifier judge. @throws TlsError with the verdict where it refuses */
export function* judge(
  hs: HandshakeContext,
  verifier: CertificateVerifier,
  peer: PeerCertificate,
): Steps<AcceptingVerdict> {
  let verdict: Verdict
  try {
    verdict = yield* hs.settle(`checking the ${peer.role}'s certificate`, verifier(peer))
  } catch (cause) {
    throw unreadable(cause)
  }
  hs.trace?.({ type: 'verdict', of: peer.role, verdict })
  if (accepts(verdict, peer)) return verdict
  const [failure] = verdict.failures
  throw new TlsError(
    'ERR_CERTIFICATE_REFUSED',
    failure?.message ?? `The ${peer.role}'s certificate was refused`,
    {
      verdict,
      alert: failure === undefined ? 'certificate_unknown' : alertFor[failure.code],
      ...(failure === undefined ? {} : { section: failure.section, help: failure.help }),
    },
  )
}

/** @throws ConfigurationError where the verdict is of another certificate than the peer showed */
function accepts(verdict: Verdict, { chain }: PeerCertificate): verdict is AcceptingVerdict {
  if (!verdict.valid) return false
  const [leaf] = verdict.path
  if (leaf !== undefined && chain[0] !== undefined && sameBytes(leaf.der, chain[0])) return true
  throw new ConfigurationError(
    'ERR_BAD_VERDICT',
    "verifyCertificate answered a verdict that is valid and whose path does not begin with the peer's certificate, parsed",
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
  { algorithm: key, der, keyUsage }: PeerKey,
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
  if (key.type !== scheme.keyType || (scheme.curve !== undefined && key.curve !== scheme.curve))
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
    verify(der, signedContent(peer, transcriptHash), signature),
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

/**
 * The chain, to be kept. A certificate that is in the verdict's path is kept there already, often for many connections.
 * The rest is copied: it is a view of a message.
 */
export function keptChain(
  chain: readonly Uint8Array[],
  verdict: Verdict | undefined,
): readonly Uint8Array[] {
  return chain.map(
    (der) => verdict?.path.find((known) => sameBytes(known.der, der))?.der ?? der.slice(),
  )
}

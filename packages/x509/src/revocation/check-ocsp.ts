/** Does an OCSP response say what has become of a certificate? (RFC 6960 §3.2, §4.2.2) */
import { equalBytes } from '../bytes.ts'
import { parseCertificate } from '../certificate.ts'
import { DerReader } from '../der.ts'
import { X509Error } from '../errors.ts'
import { equalNames } from '../name.ts'
import { describeOid, extensionOids, keyPurposes } from '../oid.ts'
import { type Steps, settle } from '../steps.ts'
import { formatTime } from '../time.ts'
import type {
  Certificate,
  OcspResponse,
  OcspSingleResponse,
  PathCheckContext,
  RevocationOptions,
  SubjectPublicKeyInfo,
} from '../types.ts'
import { type Issuer, isBroken, type Status, unusable } from './status.ts'

/** A response without nextUpdate claims to be of this moment; after a day it is not (milliseconds). */
const longestAgeWithoutNextUpdate = 24 * 60 * 60 * 1000

export interface OcspContext extends PathCheckContext {
  readonly options: RevocationOptions
  /** What the revocation lists that were given say of a responder's certificate; undefined where none speaks of it. */
  readonly listed: (delegate: Certificate, issuer: Issuer) => Steps<'good' | 'revoked' | undefined>
}

/** The status of a certificate by one response; `unusable` with a reason where it does not speak about it. */
export function* statusByOcsp(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Issuer,
  nonce: Uint8Array | undefined,
  context: OcspContext,
): Steps<Status> {
  const single = yield* findSingle(response, certificate, issuer, context)
  if (single === undefined) return unusable('it is not about this certificate')
  const key = yield* responderKey(response, issuer, context)
  if (typeof key === 'string') return unusable(key)
  if (isBroken(response.signatureAlgorithm)) return unusable('it is signed with SHA-1')
  const { signatureAlgorithm, tbs, signature } = response
  if (!(yield* context.verifySignature(signatureAlgorithm, key, tbs, signature))) {
    return unusable('its signature is not by the key of its responder')
  }
  const problem =
    freshness(single, context.time) ??
    nonceProblem(response, nonce ?? context.options.nonce) ??
    extensionProblem(response, single)
  if (problem !== undefined) return unusable(problem)
  if (single.status === 'unknown') return unusable('the responder does not know the certificate')
  return single.status === 'good'
    ? { status: 'good' }
    : { status: 'revoked', ...(single.revoked ?? { revocationTime: single.thisUpdate }) }
}

/** The answer whose CertID names this issuer and this serial number (RFC 6960 §4.1.1). */
function* findSingle(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Issuer,
  { options }: OcspContext,
): Steps<OcspSingleResponse | undefined> {
  for (const single of response.responses) {
    if (!equalBytes(single.serialNumber, certificate.serialNumber)) continue
    const digest =
      single.hashAlgorithm === 'unknown' ? undefined : options.digests?.[single.hashAlgorithm]
    if (digest === undefined) continue
    if (!equalBytes(yield* settle(digest(issuer.name.der)), single.issuerNameHash)) continue
    if (equalBytes(yield* settle(digest(issuer.key.publicKey)), single.issuerKeyHash)) return single
  }
  return undefined
}

/**
 * The key that may sign the response: the issuer's own, or that of a responder whose certificate the issuer signed for
 * this purpose (RFC 6960 §4.2.2.2). A string says why there is none.
 */
function* responderKey(
  response: OcspResponse,
  issuer: Issuer,
  context: OcspContext,
): Steps<SubjectPublicKeyInfo | string> {
  if (yield* isResponder(response, issuer.name, issuer.key, context)) return issuer.key
  let reason = 'its responder is neither the issuer nor one whose certificate came with it'
  for (const der of response.certificates) {
    const delegate = readDelegate(der)
    if (delegate === undefined) continue
    const { subject, subjectPublicKeyInfo } = delegate
    if (!(yield* isResponder(response, subject, subjectPublicKeyInfo, context))) continue
    const problem = yield* delegateProblem(delegate, issuer, context)
    if (problem === undefined) return subjectPublicKeyInfo
    reason = problem
  }
  return reason
}

function readDelegate(der: Uint8Array): Certificate | undefined {
  try {
    const certificate = parseCertificate(der)
    void certificate.subject.rdns
    void certificate.issuer.rdns
    void certificate.subjectPublicKeyInfo
    void certificate.extendedKeyUsage
    return certificate
  } catch (error) {
    if (error instanceof X509Error) return undefined
    throw error
  }
}

function* isResponder(
  { responder }: OcspResponse,
  name: Certificate['subject'],
  key: SubjectPublicKeyInfo,
  { options }: OcspContext,
): Steps<boolean> {
  if (responder.type === 'name') return equalNames(responder.name, name)
  const sha1 = options.digests?.sha1
  if (sha1 === undefined) return false
  return equalBytes(yield* settle(sha1(key.publicKey)), responder.keyHash)
}

function* delegateProblem(
  delegate: Certificate,
  issuer: Issuer,
  { time, options, listed, verifySignature }: OcspContext,
): Steps<string | undefined> {
  if (!equalNames(delegate.issuer, issuer.name))
    return "its responder's certificate is from another issuer"
  if (delegate.extendedKeyUsage?.includes(keyPurposes.OCSPSigning) !== true) {
    return "its responder's certificate is not for signing OCSP responses"
  }
  if (time < delegate.notBefore || time > delegate.notAfter + 999) {
    return "its responder's certificate is not valid at this time"
  }
  const unknown = delegate.extensions.find(({ oid, critical }) => critical && !understood.has(oid))
  if (unknown !== undefined) {
    return `its responder's certificate has the critical extension ${describeOid(unknown.oid)}`
  }
  if (isBroken(delegate.signatureAlgorithm))
    return "its responder's certificate is signed with SHA-1"
  const { signatureAlgorithm, tbs, signature } = delegate
  if (!(yield* verifySignature(signatureAlgorithm, issuer.key, tbs, signature)))
    return "its responder's certificate is not signed by the issuer"
  if (delegate.extensions.some(({ oid }) => oid === extensionOids.ocspNoCheck)) return undefined
  const status = yield* listed(delegate, issuer)
  if (status === 'revoked') return "its responder's certificate was revoked"
  return status === 'good' || options.policy === 'prefer'
    ? undefined
    : "nothing tells whether its responder's certificate was revoked"
}

const understood: ReadonlySet<string> = new Set([
  extensionOids.ocspNoCheck,
  extensionOids.extKeyUsage,
  extensionOids.keyUsage,
  extensionOids.basicConstraints,
  extensionOids.subjectAltName,
])

function freshness(single: OcspSingleResponse, time: number): string | undefined {
  const { thisUpdate, nextUpdate } = single
  if (time < thisUpdate) return `it is of ${formatTime(thisUpdate)}, which is in the future`
  const until = nextUpdate ?? thisUpdate + longestAgeWithoutNextUpdate
  return time > until + 999 ? `it was valid until ${formatTime(until)}` : undefined
}

/** RFC 9654 §2.1: the response repeats the nonce of the request. */
function nonceProblem(response: OcspResponse, wanted: Uint8Array | undefined): string | undefined {
  if (wanted === undefined) return undefined
  const extension = response.extensions.find(({ oid }) => oid === extensionOids.ocspNonce)
  if (extension === undefined) return 'it does not repeat the nonce of the request'
  const reader = new DerReader(extension.value, 'nonce')
  const nonce = reader.octetString('nonce')
  reader.finish()
  return equalBytes(nonce, wanted) ? undefined : 'its nonce is not that of the request'
}

function extensionProblem(response: OcspResponse, single: OcspSingleResponse): string | undefined {
  const unknown = [...response.extensions, ...single.extensions].find(
    ({ oid, critical }) => critical && oid !== extensionOids.ocspNonce,
  )
  return unknown === undefined
    ? undefined
    : `its critical extension ${describeOid(unknown.oid)} is not processed`
}

/** Does a revocation list say what has become of a certificate? (RFC 5280 §6.3.3) */

import { contextConstructed, contextPrimitive, readWhole, tags } from '../der.ts'
import { formatGeneralName, readGeneralNames } from '../general-name.ts'
import { equalNames } from '../name.ts'
import { describeOid, extensionOids } from '../oid.ts'
import type { Steps } from '../steps.ts'
import { formatTime } from '../time.ts'
import type {
  Certificate,
  CertificateRevocationList,
  Extension,
  PathCheckContext,
  Profile,
} from '../types.ts'
import { type Issuer, isBroken, type Status, unusable } from './status.ts'

/** The status of a certificate by one list; `unusable` with a reason where the list does not speak about it. */
export function* statusByCrl(
  crl: CertificateRevocationList,
  certificate: Certificate,
  issuer: Issuer,
  context: PathCheckContext,
): Steps<Status> {
  if (!equalNames(crl.issuer, issuer.name)) return unusable('it is from another issuer')
  // Before anything it contains is used, it must be signed.
  if (issuer.certificate?.keyUsage?.has('cRLSign') === false) {
    return unusable('the key usage of its issuer does not allow to sign revocation lists')
  }
  if (isBroken(crl.signatureAlgorithm)) return unusable('it is signed with SHA-1')
  const { signatureAlgorithm, tbs, signature } = crl
  if (!(yield* context.verifySignature(signatureAlgorithm, issuer.key, tbs, signature))) {
    return unusable('its signature is not by the key of the issuer')
  }
  const problem = freshness(crl, context.time) ?? scopeProblem(crl, certificate, context.profile)
  if (problem !== undefined) return unusable(problem)
  const entry = crl.find(certificate.serialNumber)
  return entry === undefined ? { status: 'good' } : { status: 'revoked', ...entry }
}

function freshness(crl: CertificateRevocationList, time: number): string | undefined {
  if (time < crl.thisUpdate) return `it is of ${formatTime(crl.thisUpdate)}, which is in the future`
  // RFC 5280 §5.1.2.5 demands nextUpdate: without it a list could be shown for ever.
  if (crl.nextUpdate === undefined) return 'it does not say until when it is valid'
  return time > crl.nextUpdate + 999
    ? `it was valid until ${formatTime(crl.nextUpdate)}`
    : undefined
}

/** Does the list cover this certificate, for all reasons? */
function scopeProblem(
  crl: CertificateRevocationList,
  certificate: Certificate,
  profile: Profile | undefined,
): string | undefined {
  let hasNumber = false
  for (const extension of crl.extensions) {
    const { oid, critical } = extension
    if (oid === extensionOids.deltaCRLIndicator) {
      return 'it is a delta list, which says only what has changed'
    }
    if (oid === extensionOids.issuingDistributionPoint) {
      const problem = distributionProblem(extension, certificate)
      if (problem !== undefined) return problem
      continue
    }
    if (oid === extensionOids.cRLNumber) {
      hasNumber = true
      if (profile !== undefined && critical) return 'its cRLNumber is critical (RFC 5280 §5.2.3)'
      continue
    }
    if (critical && oid !== extensionOids.authorityKeyIdentifier) {
      return `its critical extension ${describeOid(oid)} is not processed`
    }
  }
  return profile !== undefined && !hasNumber
    ? 'its cRLNumber is missing (RFC 5280 §5.2.3)'
    : undefined
}

/** RFC 5280 §5.2.5, §6.3.3(b)(2) */
function distributionProblem(extension: Extension, certificate: Certificate): string | undefined {
  const point = readWhole(extension.value, tags.sequence, 'issuingDistributionPoint')
  const isAuthority = certificate.basicConstraints?.cA === true
  if (point.optional(contextConstructed(0), 'distributionPoint')) {
    const choice = point.inside('distributionPoint')
    if (!choice.optional(contextConstructed(0), 'fullName')) {
      return 'its distribution point has a relative name, which is not supported'
    }
    const own = readGeneralNames(choice.inside('fullName'), 'name').map(formatGeneralName)
    const wanted = (certificate.crlDistributionPoints ?? []).flatMap(({ fullName }) => fullName)
    if (!wanted.some((name) => own.includes(formatGeneralName(name)))) {
      return 'it is for a distribution point that the certificate does not name'
    }
  }
  if (point.booleanDefaultFalse('onlyContainsUserCerts', contextPrimitive(1)) && isAuthority) {
    return 'it covers no authorities'
  }
  if (point.booleanDefaultFalse('onlyContainsCACerts', contextPrimitive(2)) && !isAuthority) {
    return 'it covers authorities only'
  }
  if (point.peek() === contextPrimitive(3)) return 'it covers some reasons only'
  if (point.booleanDefaultFalse('indirectCRL', contextPrimitive(4))) {
    return 'it is an indirect list, which is not supported'
  }
  if (point.booleanDefaultFalse('onlyContainsAttributeCerts', contextPrimitive(5))) {
    return 'it covers attribute certificates only'
  }
  point.finish()
  return undefined
}

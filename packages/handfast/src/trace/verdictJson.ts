/** The verdict on a certificate as JSON: each certificate stands in it once, and is referred to by its number. */
import {
  type Certificate,
  type Check,
  type Failure,
  formatGeneralName,
  formatName,
  type Name,
  type NameConstraints,
  type TrustAnchor,
  type Verdict,
} from '@handfast/x509'
import { hexOf } from '../codec/bytes.ts'

export interface JsonCertificate {
  /** On one line, as RFC 4514 writes names. */
  readonly subject: string
  readonly issuer: string
  /** Content bytes of the INTEGER, in hexadecimal. */
  readonly serialNumber: string
  /** ISO 8601, UTC. */
  readonly notBefore: string
  readonly notAfter: string
  /** `DNS:example.com`, `IP:192.0.2.1`; absent without a subjectAltName that can be read. */
  readonly subjectAltName?: readonly string[]
  /** The whole certificate, in hexadecimal. */
  readonly der: string
}

export interface JsonFailure extends Omit<Failure, 'certificate'> {
  /** Number of the certificate at fault. */
  readonly certificate?: number
}

export interface JsonAnchor {
  readonly subject: string
  readonly subjectPublicKeyInfo: string
  readonly certificate?: number
  readonly nameConstraints?: {
    readonly permittedSubtrees: readonly string[]
    readonly excludedSubtrees: readonly string[]
  }
}

export interface JsonVerdict {
  readonly valid: boolean
  /** Numbers of certificates, leaf to anchor. */
  readonly path: readonly number[]
  readonly anchor?: JsonAnchor
  readonly checks: readonly Check[]
  readonly failures: readonly JsonFailure[]
  readonly attempts: readonly { readonly path: readonly number[]; readonly failure: JsonFailure }[]
  /** Every certificate that the verdict speaks of, once. */
  readonly certificates: readonly JsonCertificate[]
}

export function verdictToJson(verdict: Verdict): JsonVerdict {
  const certificates: JsonCertificate[] = []
  const numbers = new Map<string, number>()
  const numberOf = (certificate: Certificate): number => {
    const der = hexOf(certificate.der)
    const known = numbers.get(der)
    if (known !== undefined) return known
    numbers.set(der, certificates.length)
    return certificates.push(certificateToJson(certificate, der)) - 1
  }
  const failure = ({ certificate, ...others }: Failure): JsonFailure => ({
    ...others,
    ...(certificate === undefined ? {} : { certificate: numberOf(certificate) }),
  })
  return {
    valid: verdict.valid,
    path: verdict.path.map(numberOf),
    ...(verdict.anchor === undefined ? {} : { anchor: anchorToJson(verdict.anchor, numberOf) }),
    checks: verdict.checks.map((check) => ({ ...check })),
    failures: verdict.failures.map(failure),
    attempts: verdict.attempts.map((attempt) => ({
      path: attempt.path.map(numberOf),
      failure: failure(attempt.failure),
    })),
    certificates,
  }
}

function anchorToJson(
  { subject, subjectPublicKeyInfo, certificate, nameConstraints }: TrustAnchor,
  numberOf: (certificate: Certificate) => number,
): JsonAnchor {
  return {
    subject: nameToJson(subject),
    subjectPublicKeyInfo: hexOf(subjectPublicKeyInfo.der),
    ...(certificate === undefined ? {} : { certificate: numberOf(certificate) }),
    ...(nameConstraints === undefined ? {} : { nameConstraints: subtrees(nameConstraints) }),
  }
}

function subtrees({ permittedSubtrees, excludedSubtrees }: NameConstraints) {
  return {
    permittedSubtrees: permittedSubtrees.map(formatGeneralName),
    excludedSubtrees: excludedSubtrees.map(formatGeneralName),
  }
}

function certificateToJson(certificate: Certificate, der: string): JsonCertificate {
  const names = alternativeNames(certificate)
  return {
    subject: nameToJson(certificate.subject),
    issuer: nameToJson(certificate.issuer),
    serialNumber: hexOf(certificate.serialNumber),
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    ...(names === undefined ? {} : { subjectAltName: names }),
    der,
  }
}

/** A part of a certificate is read when it is asked for, and may be malformed: then the checks say so. */
function alternativeNames(certificate: Certificate): readonly string[] | undefined {
  try {
    return certificate.subjectAltName?.map(formatGeneralName)
  } catch {
    return undefined
  }
}

function nameToJson(name: Name): string {
  try {
    return formatName(name)
  } catch {
    return `malformed: ${hexOf(name.der)}`
  }
}

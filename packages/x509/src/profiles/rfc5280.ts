/**
 * The profile of RFC 5280 §4: what a conforming authority puts into a certificate. Path validation does not need most of
 * it, and private authorities often miss some, so it is checked only on request.
 */
import { contextConstructed, readWhole, tags } from '../der.ts'
import { parseDnsName } from '../host-name.ts'
import { describeOid, extensionOids } from '../oid.ts'
import type { BrokenRule, Certificate, Profile, Role } from '../types.ts'

/** What is wrong with a certificate in this role, or undefined, and where the rule is found. */
export interface Rule {
  readonly section: string
  readonly problem: (certificate: Certificate, role: Role) => string | undefined
}

type CriticalRule = { readonly critical: boolean; readonly section: string }

/** Extensions that must, or must not, be critical. */
const criticality: Readonly<Record<string, CriticalRule>> = {
  [extensionOids.authorityKeyIdentifier]: { critical: false, section: 'RFC 5280 §4.2.1.1' },
  [extensionOids.subjectKeyIdentifier]: { critical: false, section: 'RFC 5280 §4.2.1.2' },
  [extensionOids.policyConstraints]: { critical: true, section: 'RFC 5280 §4.2.1.11' },
  [extensionOids.inhibitAnyPolicy]: { critical: true, section: 'RFC 5280 §4.2.1.14' },
  [extensionOids.authorityInfoAccess]: { critical: false, section: 'RFC 5280 §4.2.2.1' },
  [extensionOids.subjectInfoAccess]: { critical: false, section: 'RFC 5280 §4.2.2.2' },
  [extensionOids.freshestCRL]: { critical: false, section: 'RFC 5280 §4.2.1.15' },
}

const isAuthority = (certificate: Certificate): boolean => certificate.basicConstraints?.cA === true

function extension(certificate: Certificate, oid: string) {
  return certificate.extensions.find((candidate) => candidate.oid === oid)
}

/** Through 2049 times are UTCTime, from 2050 on GeneralizedTime; UTCTime cannot say the latter. */
function hasMisencodedTime({ tbs, notBefore, notAfter }: Certificate): boolean {
  const reader = readWhole(tbs, tags.sequence, 'tbsCertificate')
  reader.optional(contextConstructed(0), 'version')
  for (const field of ['serialNumber', 'signature', 'issuer']) reader.next(field)
  const validity = reader.enter(tags.sequence, 'validity')
  return [notBefore, notAfter].some((time) => {
    validity.next('time')
    return validity.tag === tags.generalizedTime && time < Date.UTC(2050)
  })
}

/** The rules that the Web PKI profile shares. */
export const commonRules: readonly Rule[] = [
  {
    section: 'RFC 5280 §4.1.2.2',
    problem: ({ serialNumber }, role) => {
      // A root's serial number identifies nothing: some that all platforms trust have zero.
      if (role === 'anchor') return undefined
      if (serialNumber[0]! >= 0x80) return 'its serial number is negative'
      if (serialNumber.length === 1 && serialNumber[0] === 0) return 'its serial number is zero'
      // 20 octets, not counting one that only keeps the sign positive.
      const length = serialNumber[0] === 0 ? serialNumber.length - 1 : serialNumber.length
      return length > 20 ? 'its serial number is longer than 20 bytes' : undefined
    },
  },
  {
    section: 'RFC 5280 §4.1.2.4',
    problem: ({ issuer }) => (issuer.isEmpty ? 'its issuer name is empty' : undefined),
  },
  {
    section: 'RFC 5280 §4.1.2.5',
    problem: (certificate) =>
      hasMisencodedTime(certificate)
        ? 'a time before 2050 is written as GeneralizedTime'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.1.2.6',
    problem: (certificate, role) =>
      (role !== 'leaf' || isAuthority(certificate)) && certificate.subject.isEmpty
        ? 'it is an authority whose subject name is empty'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.2.1.1',
    problem: (certificate) => {
      // A self-signed certificate may omit it; one that is merely trusted, but signed by another, may not.
      if (certificate.isSelfIssued) return undefined
      return certificate.authorityKeyIdentifier?.keyIdentifier === undefined
        ? 'its authorityKeyIdentifier is missing'
        : undefined
    },
  },
  {
    section: 'RFC 5280 §4.2.1.1',
    problem: ({ authorityKeyIdentifier: identifier }) =>
      (identifier?.authorityCertIssuer === undefined) !==
      (identifier?.authorityCertSerialNumber === undefined)
        ? 'its authorityKeyIdentifier has an issuer without a serial number, or the reverse'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.2.1.2',
    problem: (certificate) =>
      isAuthority(certificate) && certificate.subjectKeyIdentifier === undefined
        ? 'it is an authority without subjectKeyIdentifier'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.2.1.6',
    problem: (certificate) => {
      const names = extension(certificate, extensionOids.subjectAltName)
      return certificate.subject.isEmpty && names?.critical !== true
        ? 'its subject is empty and its subjectAltName is not critical'
        : undefined
    },
  },
  {
    section: 'RFC 5280 §4.2.1.6',
    problem: (certificate) => {
      for (const name of certificate.subjectAltName ?? []) {
        if (name.type !== 'dns') continue
        const host = name.value.startsWith('*.') ? name.value.slice(2) : name.value
        if (parseDnsName(host) === undefined || host.includes('_')) {
          return 'a DNS name in its subjectAltName is not in preferred name syntax'
        }
      }
      return undefined
    },
  },
  {
    section: 'RFC 5280 §4.2.1.9',
    problem: (certificate) =>
      isAuthority(certificate) &&
      extension(certificate, extensionOids.basicConstraints)?.critical !== true
        ? 'it is an authority whose basicConstraints are not critical'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.2.1.9',
    problem: (certificate) => {
      const { basicConstraints, keyUsage } = certificate
      if (basicConstraints?.pathLenConstraint !== undefined && !basicConstraints.cA) {
        return 'it has a path length but is no authority'
      }
      if (keyUsage?.has('keyCertSign') === true && !isAuthority(certificate)) {
        return 'its key usage is to sign certificates but it is no authority'
      }
      return undefined
    },
  },
  {
    section: 'RFC 5280 §4.2.1.10',
    problem: (certificate) =>
      certificate.nameConstraints !== undefined && !isAuthority(certificate)
        ? 'it has name constraints but is no authority'
        : undefined,
  },
  {
    section: 'RFC 5280 §4.2.1.10',
    problem: ({ nameConstraints }) =>
      [
        ...(nameConstraints?.permittedSubtrees ?? []),
        ...(nameConstraints?.excludedSubtrees ?? []),
      ].some((base) => base.type === 'dns' && base.value.startsWith('.'))
        ? 'a DNS name in its name constraints begins with a dot'
        : undefined,
  },
]

const onlyRfc5280: readonly Rule[] = [
  {
    section: 'RFC 5280 §4.2.1.10',
    problem: (certificate) =>
      extension(certificate, extensionOids.nameConstraints)?.critical === false
        ? 'its nameConstraints are not critical'
        : undefined,
  },
]

/** The rules of RFC 5280 §4 for the content of certificates, such as key identifiers and serial numbers. */
export const rfc5280: Profile = {
  title: 'RFC 5280 §4',
  broken: (certificate, role) => brokenRules(certificate, role, [...commonRules, ...onlyRfc5280]),
}

/** The rules that a certificate breaks, and those about criticality. */
export function brokenRules(
  certificate: Certificate,
  role: Role,
  rules: readonly Rule[],
): readonly BrokenRule[] {
  const broken: BrokenRule[] = []
  for (const { section, problem } of rules) {
    const reason = problem(certificate, role)
    if (reason !== undefined) broken.push({ section, reason })
  }
  for (const { oid, critical } of certificate.extensions) {
    const rule = criticality[oid]
    if (rule === undefined || rule.critical === critical) continue
    const reason = `its extension ${describeOid(oid)} is ${critical ? '' : 'not '}critical`
    broken.push({ section: rule.section, reason })
  }
  return broken
}

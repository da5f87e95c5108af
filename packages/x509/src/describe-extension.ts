/** What an extension says, in one line for a human. */
import { toHex } from './bytes.ts'
import { X509Error } from './errors.ts'
import { formatGeneralName } from './general-name.ts'
import { extensionOids } from './oid.ts'
import { nameOfOid } from './oid-names.ts'
import type { Certificate, Extension, GeneralName } from './types.ts'

/** The section that defines an extension. */
const sections: Readonly<Record<string, string>> = {
  [extensionOids.authorityKeyIdentifier]: 'RFC 5280 §4.2.1.1',
  [extensionOids.subjectKeyIdentifier]: 'RFC 5280 §4.2.1.2',
  [extensionOids.keyUsage]: 'RFC 5280 §4.2.1.3',
  [extensionOids.certificatePolicies]: 'RFC 5280 §4.2.1.4',
  [extensionOids.policyMappings]: 'RFC 5280 §4.2.1.5',
  [extensionOids.subjectAltName]: 'RFC 5280 §4.2.1.6',
  [extensionOids.issuerAltName]: 'RFC 5280 §4.2.1.7',
  [extensionOids.basicConstraints]: 'RFC 5280 §4.2.1.9',
  [extensionOids.nameConstraints]: 'RFC 5280 §4.2.1.10',
  [extensionOids.policyConstraints]: 'RFC 5280 §4.2.1.11',
  [extensionOids.extKeyUsage]: 'RFC 5280 §4.2.1.12',
  [extensionOids.crlDistributionPoints]: 'RFC 5280 §4.2.1.13',
  [extensionOids.inhibitAnyPolicy]: 'RFC 5280 §4.2.1.14',
  [extensionOids.freshestCRL]: 'RFC 5280 §4.2.1.15',
  [extensionOids.authorityInfoAccess]: 'RFC 5280 §4.2.2.1',
  [extensionOids.subjectInfoAccess]: 'RFC 5280 §4.2.2.2',
  [extensionOids.tlsFeature]: 'RFC 7633 §4',
  [extensionOids.signedCertificateTimestampList]: 'RFC 6962 §3.3',
  [extensionOids.precertificatePoison]: 'RFC 6962 §3.1',
}

export function extensionSection(oid: string): string {
  return sections[oid] ?? 'RFC 5280 §4.2'
}

/** One line; of an extension that is not known its bytes, of a malformed one what is wrong with it. */
export function describeExtension(certificate: Certificate, extension: Extension): string {
  try {
    return describeKnown(certificate, extension.oid) ?? toHex(extension.value)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    return `malformed: ${error.message}`
  }
}

function describeKnown(certificate: Certificate, oid: string): string | undefined {
  switch (oid) {
    case extensionOids.basicConstraints: {
      const { cA, pathLenConstraint } = certificate.basicConstraints!
      if (!cA) return 'not an authority'
      return pathLenConstraint === undefined
        ? 'an authority'
        : `an authority, with at most ${pathLenConstraint} below it`
    }
    case extensionOids.keyUsage:
      return [...certificate.keyUsage!].join(', ')
    case extensionOids.extKeyUsage:
      return certificate.extendedKeyUsage!.map(nameOfOid).join(', ')
    case extensionOids.subjectAltName:
      return list(certificate.subjectAltName!)
    case extensionOids.issuerAltName:
      return list(certificate.issuerAltName!)
    case extensionOids.nameConstraints: {
      const { permittedSubtrees, excludedSubtrees } = certificate.nameConstraints!
      const permitted =
        permittedSubtrees.length === 0 ? [] : [`permitted ${list(permittedSubtrees)}`]
      const excluded = excludedSubtrees.length === 0 ? [] : [`excluded ${list(excludedSubtrees)}`]
      return [...permitted, ...excluded].join('; ')
    }
    case extensionOids.subjectKeyIdentifier:
      return toHex(certificate.subjectKeyIdentifier!, ':')
    case extensionOids.authorityKeyIdentifier: {
      const { keyIdentifier, authorityCertSerialNumber } = certificate.authorityKeyIdentifier!
      const parts = []
      if (keyIdentifier !== undefined) parts.push(toHex(keyIdentifier, ':'))
      if (authorityCertSerialNumber !== undefined) {
        parts.push(`serial number ${toHex(authorityCertSerialNumber, ':')}`)
      }
      return parts.join(', ')
    }
    case extensionOids.certificatePolicies:
      return certificate
        .certificatePolicies!.map((policy) => nameOfOid(policy.policyIdentifier))
        .join(', ')
    case extensionOids.policyMappings:
      return certificate
        .policyMappings!.map((one) => `${one.issuerDomainPolicy} is ${one.subjectDomainPolicy}`)
        .join(', ')
    case extensionOids.policyConstraints:
      return Object.entries(certificate.policyConstraints!)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')
    case extensionOids.inhibitAnyPolicy:
      return `after ${certificate.inhibitAnyPolicy} certificates`
    case extensionOids.authorityInfoAccess:
      return certificate
        .authorityInfoAccess!.map(
          (one) => `${nameOfOid(one.accessMethod)} ${formatGeneralName(one.accessLocation)}`,
        )
        .join(', ')
    case extensionOids.crlDistributionPoints:
      return list(certificate.crlDistributionPoints!.flatMap(({ fullName }) => fullName))
    case extensionOids.tlsFeature:
      return certificate
        .tlsFeature!.map((feature) =>
          feature === 5 ? 'status_request (must-staple)' : String(feature),
        )
        .join(', ')
    case extensionOids.signedCertificateTimestampList:
      return `${certificate.signedCertificateTimestamps!.length} timestamps`
    default:
      return undefined
  }
}

function list(names: readonly GeneralName[]): string {
  return names.map(formatGeneralName).join(', ')
}

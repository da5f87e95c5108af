/**
 * The Web PKI profile: rules of the CA/Browser Forum's Baseline Requirements (BR) for TLS server certificates that a
 * client can check from the certificates alone.
 */
import { formatIpAddress } from '../ip-address.ts'
import { extensionOids, keyPurposes } from '../oid.ts'
import { describeKey } from '../public-key.ts'
import type { Profile } from '../types.ts'
import { brokenRules, commonRules, type Rule } from './rfc5280.ts'

const commonName = '2.5.4.3'

const rules: readonly Rule[] = [
  {
    section: 'BR §7.1.1',
    problem: ({ version }) => (version === 3 ? undefined : `its version is ${version} and not 3`),
  },
  {
    section: 'BR §6.1.5',
    problem: ({ subjectPublicKeyInfo: { algorithm } }) => {
      const { type, bits = 0 } = algorithm
      if (type === 'ec') return undefined
      if (type !== 'rsa') return `its key, ${describeKey(algorithm)}, is neither RSA nor ECDSA`
      return bits % 8 === 0 && bits <= 8192
        ? undefined
        : `its RSA key of ${bits} bits is longer than 8192, or not a multiple of 8`
    },
  },
  {
    section: 'BR §7.1.2.1.2',
    problem: (certificate, role) =>
      role === 'anchor' && certificate.extendedKeyUsage !== undefined
        ? 'it is a root with an extended key usage'
        : undefined,
  },
  {
    section: 'BR §7.1.2.1.3',
    problem: (certificate, role) => {
      const identifier = certificate.authorityKeyIdentifier
      if (role !== 'anchor' || identifier === undefined) return undefined
      if (identifier.keyIdentifier === undefined) {
        return 'it is a root whose authorityKeyIdentifier has no keyIdentifier'
      }
      if (identifier.authorityCertIssuer !== undefined) {
        return 'it is a root whose authorityKeyIdentifier names an issuer or a serial number'
      }
      const own = certificate.subjectKeyIdentifier
      const isSame =
        own?.length === identifier.keyIdentifier.length &&
        own.every((byte, i) => byte === identifier.keyIdentifier?.[i])
      return certificate.isSelfIssued && !isSame
        ? 'it is a root whose authorityKeyIdentifier is not its subjectKeyIdentifier'
        : undefined
    },
  },
  {
    section: 'BR §7.1.2.7.6',
    problem: (certificate, role) => {
      if (role !== 'leaf') return undefined
      const purposes = certificate.extendedKeyUsage
      if (purposes === undefined) return 'it has no extended key usage'
      if (purposes.includes(keyPurposes.anyExtendedKeyUsage)) {
        return 'its extended key usage is anyExtendedKeyUsage'
      }
      const isCritical = certificate.extensions.some(
        ({ oid, critical }) => oid === extensionOids.extKeyUsage && critical,
      )
      return isCritical ? 'its extended key usage is critical' : undefined
    },
  },
  {
    section: 'BR §7.1.2.7.8',
    problem: (certificate, role) =>
      role === 'leaf' && certificate.basicConstraints?.cA === true
        ? 'it is an authority in the place of a server'
        : undefined,
  },
  {
    section: 'BR §7.1.2.7.12',
    problem: (certificate, role) => {
      if (role !== 'leaf') return undefined
      const names = certificate.subjectAltName
      if (names === undefined) return 'it has no subjectAltName'
      const isCritical = certificate.extensions.some(
        ({ oid, critical }) => oid === extensionOids.subjectAltName && critical,
      )
      if (isCritical && !certificate.subject.isEmpty) {
        return 'its subjectAltName is critical though its subject is not empty'
      }
      return names.every(({ type }) => type === 'dns' || type === 'ip')
        ? undefined
        : 'its subjectAltName has names other than DNS names and IP addresses'
    },
  },
  {
    section: 'BR §7.1.4.3',
    problem: (certificate, role) => {
      if (role !== 'leaf') return undefined
      const presented = (certificate.subjectAltName ?? []).map((name) =>
        name.type === 'dns' ? name.value : name.type === 'ip' ? formatIpAddress(name.value) : '',
      )
      const stray = certificate.subject.rdns
        .flat()
        .some(({ oid, value }) => oid === commonName && !presented.includes(value))
      return stray
        ? 'its common name is not, letter by letter, one of its subjectAltNames'
        : undefined
    },
  },
]

export interface WebpkiOptions {
  /**
   * True when anybody may register names below this lower-case domain (`com`, `co.uk`), by the Public Suffix List. A
   * wildcard directly below such a domain is then refused. Without it, only wildcards below a single label are.
   */
  readonly isPublicSuffix?: (domain: string) => boolean
}

/** The rules of the CA/Browser Forum that a client can check, as for a public web site. */
export function webpki({ isPublicSuffix }: WebpkiOptions = {}): Profile {
  const all = [...commonRules, ...rules]
  if (isPublicSuffix !== undefined) all.push(wildcardRule(isPublicSuffix))
  return {
    title: 'CA/Browser Forum Baseline Requirements',
    broken: (certificate, role) => brokenRules(certificate, role, all),
  }
}

/** BR §3.2.2.6: no wildcard over a whole public suffix. */
function wildcardRule(isPublicSuffix: (domain: string) => boolean): Rule {
  return {
    section: 'BR §3.2.2.6',
    problem: (certificate, role) => {
      if (role !== 'leaf') return undefined
      for (const name of certificate.subjectAltName ?? []) {
        if (name.type !== 'dns' || !name.value.startsWith('*.')) continue
        const domain = name.value.slice(2).toLowerCase()
        if (isPublicSuffix(domain)) return `its wildcard stands for everything below ${domain}`
      }
      return undefined
    },
  }
}

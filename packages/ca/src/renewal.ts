/** What a certificate says, as the options that make another one that says the same. */
import { type Certificate, formatGeneralName, type GeneralName } from '@handfast/x509'
import { AuthorityError } from './errors.ts'
import { keyTypeOf } from './keys.ts'
import type { DistinguishedName } from './names.ts'
import type { IssueOptions } from './types.ts'

/** Extensions that are made anew: of the key, the issuer, and what other options say. */
const made = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.37', // extKeyUsage
  '1.3.6.1.5.5.7.1.1', // authorityInfoAccess
])

const attributes: Readonly<Record<string, keyof DistinguishedName>> = {
  C: 'country',
  O: 'organization',
  OU: 'organizationalUnit',
  CN: 'commonName',
}

/**
 * The names, the subject, the purposes, the kind of key and the further extensions of a certificate, for `issue`; for how
 * long it is to be valid is left open.
 *
 * Throws an AuthorityError for the certificate of an authority, and for one with content that `issue` does not make.
 */
export function renewalOptions(certificate: Certificate): IssueOptions {
  if (certificate.basicConstraints?.cA === true)
    throw new AuthorityError('the certificate of an authority is not renewed: make a new authority')
  return {
    names: (certificate.subjectAltName ?? []).map(asWritten),
    subject: subjectOf(certificate),
    keyType: keyTypeOf(certificate.subjectPublicKeyInfo.der),
    extendedKeyUsage: certificate.extendedKeyUsage ?? [],
    extensions: certificate.extensions.filter(({ oid }) => !made.has(oid)),
  }
}

function asWritten(name: GeneralName): string {
  if (name.type === 'ip') return formatGeneralName(name).slice('IP:'.length)
  if (name.type === 'dns' || name.type === 'email' || name.type === 'uri') return name.value
  throw new AuthorityError(`the name ${formatGeneralName(name)} cannot be issued again`)
}

function subjectOf({ subject }: Certificate): DistinguishedName {
  const found: DistinguishedName = {}
  for (const { type, value } of subject.rdns.flat()) {
    const attribute = attributes[type]
    if (attribute === undefined || found[attribute] !== undefined)
      throw new AuthorityError(`the subject's ${type} cannot be issued again`)
    found[attribute] = value
  }
  return found
}

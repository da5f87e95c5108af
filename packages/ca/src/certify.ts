/** One certificate for an end entity, from an issuer. */
import { type CertificateFields, randomSerialNumber, signCertificate } from './certificate.ts'
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraintsOfEndEntity,
  crlDistributionPoints,
  type Extension,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts'
import { hexadecimal, isRsaEncryption, type KeyPair, keyIdentifier } from './keys.ts'
import { type DistinguishedName, distinguishedName, fitsCommonName } from './names.ts'
import { pem } from './pem.ts'
import type { Certified, CertifyOptions, PublishedAt } from './types.ts'
import { chooseValidity, defaultDays } from './validity.ts'

/** What an authority is made of. */
export interface Issuer {
  keyPair: KeyPair
  keyId: Uint8Array
  /** Name, DER. */
  subject: Uint8Array
  certificateDer: Uint8Array
  /** The certificates from this authority's own up to, but not including, the root's. */
  intermediates: readonly Uint8Array[]
  rootDer: Uint8Array
  notBefore: Date
  notAfter: Date
  publishedAt: PublishedAt
}

/** @param subjectPublicKeyInfo DER */
export async function certify(
  subjectPublicKeyInfo: Uint8Array,
  options: CertifyOptions,
  issuer: Issuer,
): Promise<Certified> {
  const { names } = options
  const validity = chooseValidity(options, defaultDays.endEntity, issuer)
  const subject = options.subject ?? subjectFromNames(names)
  const subjectIsEmpty = Object.values(subject).every((value) => value === undefined)
  if (names.length === 0 && subjectIsEmpty) {
    throw new TypeError('a certificate needs at least one name, or a subject')
  }
  const usages = options.extendedKeyUsage ?? [options.client ? 'clientAuth' : 'serverAuth']
  const extensions = [
    basicConstraintsOfEndEntity(),
    // RSA key transport (TLS 1.2) encrypts to the key; every other use of it is a signature.
    isRsaEncryption(subjectPublicKeyInfo)
      ? keyUsage('digitalSignature', 'keyEncipherment')
      : keyUsage('digitalSignature'),
    ...(usages.length > 0 ? [extendedKeyUsage(usages)] : []),
    ...(names.length > 0 ? [subjectAltName(names, subjectIsEmpty)] : []),
    subjectKeyIdentifier(await keyIdentifier(subjectPublicKeyInfo)),
    authorityKeyIdentifier(issuer.keyId),
    ...publication(issuer.publishedAt),
  ]
  const serialNumber = randomSerialNumber()
  const fields: CertificateFields = {
    serialNumber,
    issuer: issuer.subject,
    ...validity,
    subject: distinguishedName(subject),
    subjectPublicKeyInfo,
    extensions: replaceByOid(extensions, options.extensions),
  }
  const certificateDer = await signCertificate(fields, issuer.keyPair)
  const chainDer = [certificateDer, ...issuer.intermediates]
  return {
    certificate: pem('CERTIFICATE', certificateDer),
    certificateDer,
    chain: chainDer.map((der) => pem('CERTIFICATE', der)).join(''),
    chainDer,
    serialNumber: hexadecimal(serialNumber),
    ...validity,
  }
}

function subjectFromNames([first]: readonly string[]): DistinguishedName {
  return first !== undefined && fitsCommonName(first) ? { commonName: first } : {}
}

/** The extensions that say where to ask about a certificate. */
export function publication({ crl, ocsp, caIssuers }: PublishedAt): Extension[] {
  return [
    ...(crl === undefined ? [] : [crlDistributionPoints([crl])]),
    ...(ocsp === undefined && caIssuers === undefined
      ? []
      : [authorityInfoAccess({ ocsp, caIssuers })]),
  ]
}

/** An extension that is given takes the place of the usual one with its identifier. */
export function replaceByOid(
  usual: readonly Extension[],
  given: readonly Extension[] = [],
): Extension[] {
  const replaced = new Set(given.map((extension) => extension.oid))
  return [...usual.filter((extension) => !replaced.has(extension.oid)), ...given]
}

/** One certificate for an end entity, from an issuer. */

import { parseSubjectPublicKeyInfo } from '@handfast/x509'
import { type CertificateFields, randomSerialNumber, signCertificate } from './certificate.ts'
import { AuthorityError } from './errors.ts'
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
  mustBeStrong(subjectPublicKeyInfo)
  const validity = chooseValidity(options, defaultDays.endEntity, issuer)
  const subject = options.subject ?? subjectFromNames(names)
  const subjectIsEmpty = Object.values(subject).every((value) => value === undefined)
  if (names.length === 0 && subjectIsEmpty) {
    throw new AuthorityError('a certificate needs at least one name, or a subject')
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

/** A certificate for a key that no verifier accepts is of no use. Throws an AuthorityError. */
function mustBeStrong(subjectPublicKeyInfo: Uint8Array): void {
  const { type, bits = 0, curve } = parseSubjectPublicKeyInfo(subjectPublicKeyInfo).algorithm
  const isStrong = type.startsWith('rsa')
    ? bits >= 2048 && bits <= 8192
    : type === 'ec'
      ? curve !== undefined
      : /^(ed|ml-dsa)/.test(type)
  if (!isStrong) {
    throw new AuthorityError(
      'the key is too weak or of a kind that is not used: RSA from 2048 to 8192 bits, P-256, P-384, P-521 and EdDSA are',
    )
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

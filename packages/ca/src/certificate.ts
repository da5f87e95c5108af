/** The certificate itself (RFC 5280 §4.1): fields in, signed DER out. */
import { bitString, explicit, integer, sequence, time, unsignedInteger } from './der.ts'
import { type Extension, encodeExtension } from './extensions.ts'
import type { KeyPair } from './keys.ts'

export interface CertificateFields {
  /** Big-endian octets of a positive number. */
  serialNumber: Uint8Array
  /** Name, DER. */
  issuer: Uint8Array
  notBefore: Date
  notAfter: Date
  /** Name, DER. */
  subject: Uint8Array
  /** SubjectPublicKeyInfo, DER. */
  subjectPublicKeyInfo: Uint8Array
  extensions: readonly Extension[]
}

const v3 = 2

/** Signs a certificate of version 3 with the issuer's key; the result is DER. */
export async function signCertificate(
  fields: CertificateFields,
  signer: Pick<KeyPair, 'sign' | 'signatureAlgorithm'>,
): Promise<Uint8Array> {
  const tbsCertificate = sequence(
    explicit(0, integer(v3)),
    unsignedInteger(fields.serialNumber),
    signer.signatureAlgorithm,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.subjectPublicKeyInfo,
    explicit(3, sequence(...fields.extensions.map(encodeExtension))),
  )
  const signatureValue = await signer.sign(tbsCertificate)
  return sequence(tbsCertificate, signer.signatureAlgorithm, bitString(signatureValue))
}

/**
 * A new serial number: 16 octets from the platform's generator, of which the two highest bits are
 * set to 01, so that the number is positive and its length fixed. RFC 5280 §4.1.2.2 allows 20
 * octets; the Baseline Requirements §7.1 ask for at least 64 random bits, and 126 are left.
 */
export function randomSerialNumber(): Uint8Array {
  const serial = globalThis.crypto.getRandomValues(new Uint8Array(16))
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}

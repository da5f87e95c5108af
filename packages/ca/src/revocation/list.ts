/** Certificate revocation lists (RFC 5280 §5). */

import { parseCertificate } from '@handfast/x509'
import {
  bitString,
  concat,
  enumerated,
  explicit,
  integer,
  sequence,
  time,
  unsignedInteger,
} from '../der.ts'
import { AuthorityError } from '../errors.ts'
import { authorityKeyIdentifier, type Extension, encodeExtension } from '../extensions.ts'
import { keyIdentifier } from '../keys.ts'
import type { Authority } from '../types.ts'
import { type Revocation, reasonNumber } from './reasons.ts'

export interface RevokedEntry extends Revocation {
  /** Hexadecimal. */
  readonly serialNumber: string
}

export interface RevocationListOptions {
  readonly entries: readonly RevokedEntry[]
  /** Counts up from list to list (§5.2.3): from 0 to 2^31 - 1. */
  readonly number: number
  /** Default: now. */
  readonly thisUpdate?: Date
  /** By when there will be a newer list. */
  readonly nextUpdate: Date
}

/**
 * Signs a list of what the authority has revoked; the result is DER.
 *
 * Throws an AuthorityError for a number or a time that cannot be.
 */
export async function signRevocationList(
  authority: Pick<Authority, 'certificateDer' | 'signer'>,
  { entries, number, thisUpdate = new Date(), nextUpdate }: RevocationListOptions,
): Promise<Uint8Array> {
  const { subject, subjectKeyIdentifier } = parseCertificate(authority.certificateDer)
  const { signer } = authority
  const keyId = subjectKeyIdentifier ?? (await keyIdentifier(signer.subjectPublicKeyInfo))
  if (nextUpdate < thisUpdate) throw new AuthorityError('nextUpdate is not before thisUpdate')
  const extensions = [
    authorityKeyIdentifier(keyId),
    { oid: '2.5.29.20', value: integer(number) } satisfies Extension,
  ]
  const tbsCertList = sequence(
    integer(1), // v2
    signer.signatureAlgorithm,
    subject.der,
    time(thisUpdate),
    time(nextUpdate),
    // §5.1.2.6: where nothing is revoked, there is no list at all.
    entries.length === 0 ? new Uint8Array() : sequence(concat(...entries.map(encodeEntry))),
    explicit(0, sequence(...extensions.map(encodeExtension))),
  )
  const signature = await signer.sign(tbsCertList)
  return sequence(tbsCertList, signer.signatureAlgorithm, bitString(signature))
}

function encodeEntry({ serialNumber, revokedAt, reason }: RevokedEntry): Uint8Array {
  const number = reasonNumber(reason)
  const reasonCode: Extension | undefined =
    number === undefined ? undefined : { oid: '2.5.29.21', value: enumerated(number) }
  return sequence(
    unsignedInteger(octetsOf(serialNumber)),
    time(revokedAt),
    reasonCode === undefined ? new Uint8Array() : sequence(encodeExtension(reasonCode)),
  )
}

function octetsOf(hexadecimal: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/i.test(hexadecimal)) {
    throw new AuthorityError(`'${hexadecimal}' is not a serial number in hexadecimal`)
  }
  return Uint8Array.from(hexadecimal.match(/../g)!, (pair) => Number.parseInt(pair, 16))
}

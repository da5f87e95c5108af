/** What a certificate's key may be used for: basicConstraints, keyUsage, extKeyUsage, tlsFeature. */
import { DerReader, readWhole, tags } from '../der.ts'
import type { BasicConstraints, KeyUsageName } from '../types.ts'

/** RFC 5280 §4.2.1.9 */
export function parseBasicConstraints(der: Uint8Array): BasicConstraints {
  const sequence = readWhole(der, tags.sequence, 'basicConstraints')
  const cA = sequence.booleanDefaultFalse('cA')
  const pathLenConstraint =
    sequence.peek() === tags.integer ? sequence.smallInteger('pathLenConstraint') : undefined
  sequence.finish()
  return pathLenConstraint === undefined ? { cA } : { cA, pathLenConstraint }
}

/** RFC 5280 §4.2.1.3, in the order of its bits. */
const keyUsageNames: readonly KeyUsageName[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

/** RFC 5280 §4.2.1.3: at least one bit is set. */
export function parseKeyUsage(der: Uint8Array): ReadonlySet<KeyUsageName> {
  const reader = new DerReader(der, 'keyUsage')
  const bits = reader.namedBits('keyUsage')
  reader.finish()
  if (bits.length === 0) throw reader.error('no bit is set')
  const usages = new Set<KeyUsageName>()
  keyUsageNames.forEach((name, i) => {
    if (((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) usages.add(name)
  })
  return usages
}

/** RFC 5280 §4.2.1.12: at least one purpose. */
export function parseExtendedKeyUsage(der: Uint8Array): readonly string[] {
  const sequence = readWhole(der, tags.sequence, 'extKeyUsage')
  const purposes: string[] = []
  while (!sequence.atEnd) purposes.push(sequence.objectIdentifier('keyPurposeId'))
  if (purposes.length === 0) throw sequence.error('no purpose is given')
  return purposes
}

/** RFC 7633 §4.1 */
export function parseTlsFeature(der: Uint8Array): readonly number[] {
  const sequence = readWhole(der, tags.sequence, 'tlsFeature')
  const features: number[] = []
  while (!sequence.atEnd) features.push(sequence.smallInteger('feature'))
  return features
}

/** RFC 5280 §4.2.1.14 */
export function parseInhibitAnyPolicy(der: Uint8Array): number {
  const reader = new DerReader(der, 'inhibitAnyPolicy')
  const skipCerts = reader.smallInteger('skipCerts')
  reader.finish()
  return skipCerts
}

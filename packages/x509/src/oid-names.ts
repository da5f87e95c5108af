/** Object identifiers by names for people, as a viewer meets them: more than a message of the verifier needs. */
import { oidName } from './oid.ts'

const names: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'rsaEncryption',
  '1.2.840.10045.2.1': 'id-ecPublicKey',
  '1.2.840.10045.3.1.1': 'secp192r1 (P-192)',
  '1.2.840.10045.3.1.7': 'secp256r1 (P-256)',
  '1.3.132.0.10': 'secp256k1',
  '1.3.132.0.33': 'secp224r1 (P-224)',
  '1.3.132.0.34': 'secp384r1 (P-384)',
  '1.3.132.0.35': 'secp521r1 (P-521)',
  '1.3.101.110': 'id-X25519',
  '1.3.101.111': 'id-X448',
  '1.3.6.1.5.5.7.48.1': 'ocsp',
  '1.3.6.1.5.5.7.48.2': 'caIssuers',
  '2.16.840.1.113730.1.1': 'netscapeCertType',
  '2.16.840.1.113730.1.13': 'netscapeComment',
  '2.23.140.1.1': 'extended validation (CA/Browser Forum)',
  '2.23.140.1.2.1': 'domain validated (CA/Browser Forum)',
  '2.23.140.1.2.2': 'organization validated (CA/Browser Forum)',
  '2.23.140.1.2.3': 'individual validated (CA/Browser Forum)',
}

/** The known name of an identifier, or its dotted form. */
export function nameOfOid(oid: string): string {
  return names[oid] ?? oidName(oid)
}

/** `secp256r1 (P-256) (1.2.840.10045.3.1.7)`, or the dotted form alone for an identifier without a known name. */
export function nameWithOid(oid: string): string {
  const name = nameOfOid(oid)
  return name === oid ? oid : `${name} (${oid})`
}

/**
 * AlgorithmIdentifiers of signatures. Each accepted one has exactly one encoding, so they are recognised by their bytes:
 * parameters that should be absent, or NULL, or a certain PSS structure, are thereby checked too.
 */

import { toHex } from './bytes.ts'
import { type DerReader, tags } from './der.ts'
import { oidName } from './oid.ts'
import { Remembered } from './remembered.ts'
import type { SignatureAlgorithm, SignatureAlgorithmIdentifier } from './types.ts'

/**
 * The hexadecimal DER of each AlgorithmIdentifier. ECDSA has no parameters (RFC 5758 §3.2), RSA PKCS#1 has NULL
 * (RFC 4055 §5), EdDSA none (RFC 8410 §3), ML-DSA none (RFC 9881 §2), and PSS names hash, MGF1 with the same hash,
 * and a salt as long as the hash (RFC 4055 §3.1).
 */
const encodings: Record<SignatureAlgorithm, string> = {
  'ecdsa-sha1': '300906072a8648ce3d0401',
  'ecdsa-sha256': '300a06082a8648ce3d040302',
  'ecdsa-sha384': '300a06082a8648ce3d040303',
  'ecdsa-sha512': '300a06082a8648ce3d040304',
  'rsa-pkcs1-sha1': '300d06092a864886f70d0101050500',
  'rsa-pkcs1-sha256': '300d06092a864886f70d01010b0500',
  'rsa-pkcs1-sha384': '300d06092a864886f70d01010c0500',
  'rsa-pkcs1-sha512': '300d06092a864886f70d01010d0500',
  'rsa-pss-sha256': pssEncoding(1, 32),
  'rsa-pss-sha384': pssEncoding(2, 48),
  'rsa-pss-sha512': pssEncoding(3, 64),
  ed25519: '300506032b6570',
  ed448: '300506032b6571',
  'ml-dsa-44': '300b0609608648016503040311',
  'ml-dsa-65': '300b0609608648016503040312',
  'ml-dsa-87': '300b0609608648016503040313',
}

/** The last arc of the hash's identifier (2.16.840.1.101.3.4.2.x) and its length in bytes make the PSS parameters. */
function pssEncoding(hash: number, length: number): string {
  const hashIdentifier = `300d06096086480165030402${toHex(Uint8Array.of(hash))}0500`
  const mgf1 = `301a06092a864886f70d010108${hashIdentifier}`
  return `304106092a864886f70d01010a3034a00f${hashIdentifier}a11c${mgf1}a2030201${toHex(Uint8Array.of(length))}`
}

const byEncoding = new Map(
  Object.entries(encodings).map(([name, encoding]) => [encoding, name as SignatureAlgorithm]),
)

/** The content bytes of known identifiers: to say that the parameters, not the algorithm, are at fault. */
const knownOids = new Set([
  '1.2.840.10045.4.1',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.3.101.112',
  '1.3.101.113',
  '2.16.840.1.101.3.4.3.17',
  '2.16.840.1.101.3.4.3.18',
  '2.16.840.1.101.3.4.3.19',
])

/** The name of an AlgorithmIdentifier by its DER, where it is one of those accepted. */
export function signatureAlgorithmName(der: Uint8Array): SignatureAlgorithm | undefined {
  return byEncoding.get(toHex(der))
}

const identifiers = /* @__PURE__ */ new Remembered<SignatureAlgorithmIdentifier>()

/** Reads a signature's AlgorithmIdentifier. One that is not accepted has no name, and says why. */
export function readSignatureAlgorithm(
  reader: DerReader,
  field: string,
): SignatureAlgorithmIdentifier {
  reader.expect(tags.sequence, field)
  const known = identifiers.find(reader.bytes, reader.start, reader.contentEnd)
  if (known !== undefined) return known
  const sequence = reader.inside(field)
  const der = new Uint8Array(reader.element())
  const oid = sequence.objectIdentifier('algorithm')
  if (!sequence.atEnd) sequence.next('parameters')
  sequence.finish()
  const name = signatureAlgorithmName(der)
  if (name !== undefined) {
    const identifier = { name, oid, der }
    identifiers.keep(der, 0, der.length, identifier)
    return identifier
  }
  const problem = knownOids.has(oid)
    ? `${oidName(oid)} with parameters that are not allowed`
    : `unknown signature algorithm ${oidName(oid)}`
  return { name: undefined, oid, der, problem }
}

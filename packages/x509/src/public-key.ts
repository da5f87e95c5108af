/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): what kind of key it is. The key itself is left to the crypto provider. */
import { toHex } from './bytes.ts'
import { type DerReader, readWhole, tags } from './der.ts'
import { signatureAlgorithmName } from './signature-algorithm.ts'
import type {
  NamedCurve,
  PublicKeyAlgorithm,
  PublicKeyType,
  SignatureAlgorithm,
  SubjectPublicKeyInfo,
} from './types.ts'

const curves: Record<string, readonly [NamedCurve, number]> = {
  '1.2.840.10045.3.1.7': ['P-256', 256],
  '1.3.132.0.34': ['P-384', 384],
  '1.3.132.0.35': ['P-521', 521],
}

/** Algorithms whose identifier has no parameters and says all there is to say (RFC 8410 §3, RFC 9881 §2). */
const plainKeys: Record<string, readonly [PublicKeyType, number]> = {
  '1.3.101.110': ['x25519', 32],
  '1.3.101.111': ['x448', 56],
  '1.3.101.112': ['ed25519', 32],
  '1.3.101.113': ['ed448', 57],
  '2.16.840.1.101.3.4.3.17': ['ml-dsa-44', 1312],
  '2.16.840.1.101.3.4.3.18': ['ml-dsa-65', 1952],
  '2.16.840.1.101.3.4.3.19': ['ml-dsa-87', 2592],
}

/**
 * Parses the DER of a SubjectPublicKeyInfo.
 *
 * @throws X509Error when the bytes are not one, or when the key does not have the shape its algorithm demands. An
 * algorithm that is not known is no error: its type is `unknown`.
 */
export function parseSubjectPublicKeyInfo(der: Uint8Array): SubjectPublicKeyInfo {
  const reader = readWhole(der, tags.sequence, 'subjectPublicKeyInfo')
  const identifier = reader.enter(tags.sequence, 'algorithm')
  const algorithmDer = reader.element()
  const oid = identifier.objectIdentifier('algorithm')
  const publicKey = reader.bitStringBytes('subjectPublicKey')
  reader.finish()
  return { der, publicKey, algorithm: readAlgorithm(oid, identifier, algorithmDer, publicKey) }
}

function readAlgorithm(
  oid: string,
  identifier: DerReader,
  identifierDer: Uint8Array,
  publicKey: Uint8Array,
): PublicKeyAlgorithm {
  switch (oid) {
    case '1.2.840.113549.1.1.1':
      // RFC 4055 §1.2: the parameters are NULL.
      identifier.expect(tags.null, 'parameters')
      if (identifier.contentEnd !== identifier.contentStart)
        throw identifier.error('NULL is not empty')
      identifier.finish()
      return { type: 'rsa', oid, ...readRsaKey(publicKey) }
    case '1.2.840.113549.1.1.10': {
      const restrictedTo = readPssRestriction(identifier, identifierDer)
      return {
        type: 'rsa-pss',
        oid,
        ...readRsaKey(publicKey),
        ...(restrictedTo === undefined ? {} : { restrictedTo }),
      }
    }
    case '1.2.840.10045.2.1':
      return readEcKey(oid, identifier, publicKey)
  }
  const plain = plainKeys[oid]
  if (plain === undefined) {
    if (!identifier.atEnd) identifier.next('parameters')
    identifier.finish()
    return { type: oid === '1.2.840.10040.4.1' ? 'dsa' : 'unknown', oid }
  }
  identifier.finish()
  const [type, length] = plain
  if (publicKey.length !== length) {
    throw identifier.error(`${type} key of ${publicKey.length} bytes instead of ${length}`)
  }
  return { type, oid }
}

/** RSAPublicKey (RFC 8017 §A.1.1): the modulus' length in bits and the exponent. */
function readRsaKey(publicKey: Uint8Array): { readonly bits: number; readonly exponent: bigint } {
  const sequence = readWhole(publicKey, tags.sequence, 'subjectPublicKey')
  const modulus = sequence.integer('modulus')
  const exponentBytes = sequence.integer('publicExponent')
  sequence.finish()
  if (modulus[0]! >= 0x80 || exponentBytes[0]! >= 0x80) throw sequence.error('RSA key is negative')
  if (exponentBytes.length > 33) throw sequence.error('RSA exponent of more than 256 bits')
  const start = modulus[0] === 0 ? 1 : 0
  const bits = (modulus.length - start) * 8 - (Math.clz32(modulus[start] ?? 0) - 24)
  return { bits: Math.max(bits, 0), exponent: BigInt(`0x${toHex(exponentBytes)}`) }
}

/** Absent parameters leave an RSASSA-PSS key free; present ones restrict it, and only the usual three are known. */
function readPssRestriction(
  identifier: DerReader,
  identifierDer: Uint8Array,
): SignatureAlgorithm | undefined {
  if (identifier.atEnd) return undefined
  const name = signatureAlgorithmName(identifierDer)
  if (name === undefined) throw identifier.error('RSASSA-PSS key with parameters not supported')
  return name
}

/** RFC 5480 §2.1.1: the curve is named; curves spelled out by their numbers are not accepted anywhere. */
function readEcKey(oid: string, identifier: DerReader, publicKey: Uint8Array): PublicKeyAlgorithm {
  if (identifier.peek() !== tags.objectIdentifier) {
    identifier.expect(identifier.peek() === tags.null ? tags.null : tags.sequence, 'parameters')
    identifier.finish()
    return { type: 'ec', oid }
  }
  const curveOid = identifier.objectIdentifier('namedCurve')
  identifier.finish()
  const known = curves[curveOid]
  if (known === undefined) return { type: 'ec', oid, curveOid }
  const [curve, bits] = known
  const size = Math.ceil(bits / 8)
  const form = publicKey[0]
  const isPoint =
    (form === 4 && publicKey.length === 1 + 2 * size) ||
    ((form === 2 || form === 3) && publicKey.length === 1 + size)
  if (!isPoint) throw identifier.error(`not a point of ${curve}`)
  return { type: 'ec', oid, curveOid, curve, bits }
}

/** `RSA 2048 bits`, `EC P-256`, `Ed25519` …, for messages. */
export function describeKey(algorithm: PublicKeyAlgorithm): string {
  switch (algorithm.type) {
    case 'rsa':
      return `RSA ${algorithm.bits} bits`
    case 'rsa-pss':
      return `RSA-PSS ${algorithm.bits} bits`
    case 'ec':
      return `EC ${algorithm.curve ?? algorithm.curveOid ?? 'with explicit curve parameters'}`
    case 'unknown':
      return `key of unknown algorithm ${algorithm.oid}`
    default:
      return algorithm.type
  }
}

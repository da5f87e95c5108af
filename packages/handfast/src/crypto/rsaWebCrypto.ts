/**
 * RSA over WebCrypto, for providers whose library has none. It answers later, always: `crypto.subtle` knows no other
 * way. WebCrypto reads keys of kind rsaEncryption only, and so an RSASSA-PSS key is given to it under that name, after
 * its own restrictions were checked here.
 */
import {
  parseSubjectPublicKeyInfo,
  type SignatureAlgorithm,
  type SignatureVerifier,
  type SignatureVerifiers,
} from '@handfast/x509'
import { ConfigurationError } from '../errors.ts'
import { DerTag, derElement, derInteger, readElement, readElements } from './der.ts'
import type { SigningKey } from './provider.ts'
import { type PlatformKey, platformSubtle, subtle } from './webCrypto.ts'

interface RsaAlgorithm {
  readonly name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS'
  readonly hash: string
  /** Bytes. */
  readonly saltLength?: number
}

type RsaSignature = Extract<SignatureAlgorithm, `rsa-${string}`>

/** MGF1 with the same hash and a salt as long as the hash (RFC 8446 §4.2.3). */
const algorithms: Readonly<Record<RsaSignature, RsaAlgorithm>> = {
  'rsa-pkcs1-sha1': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
  'rsa-pkcs1-sha256': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'rsa-pkcs1-sha384': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  'rsa-pkcs1-sha512': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  'rsa-pss-sha256': { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  'rsa-pss-sha384': { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 },
  'rsa-pss-sha512': { name: 'RSA-PSS', hash: 'SHA-512', saltLength: 64 },
}

/** rsaEncryption with its NULL (RFC 3279 §2.3.1), as an AlgorithmIdentifier. */
const rsaEncryption = Uint8Array.of(
  0x30,
  0x0d,
  0x06,
  0x09,
  0x2a,
  0x86,
  0x48,
  0x86,
  0xf7,
  0x0d,
  0x01,
  0x01,
  0x01,
  0x05,
  0x00,
)

function verifier(name: RsaSignature): SignatureVerifier {
  const algorithm = algorithms[name]
  return async (spki, data, signature) => {
    try {
      const { algorithm: key, publicKey } = parseSubjectPublicKeyInfo(spki)
      if (key.type !== 'rsa' && !(key.type === 'rsa-pss' && algorithm.name === 'RSA-PSS')) {
        return false
      }
      if (key.restrictedTo !== undefined && key.restrictedTo !== name) return false
      const bits = derElement(DerTag.bitString, Uint8Array.of(0), publicKey)
      const plainSpki = derElement(DerTag.sequence, rsaEncryption, bits)
      // Copies: the caller may use its arrays again while the key is imported.
      const [ours, theirs] = [Uint8Array.from(data), Uint8Array.from(signature)]
      const platform = subtle()
      const imported = await platform.importKey('spki', plainSpki, algorithm, false, ['verify'])
      return await platform.verify(algorithm, imported, theirs, ours)
    } catch {
      return false
    }
  }
}

/** The RSA algorithms, or none where this runtime has no `crypto.subtle`. */
export function rsaVerifiers(): SignatureVerifiers {
  if (platformSubtle() === undefined) return {}
  return {
    'rsa-pkcs1-sha1': verifier('rsa-pkcs1-sha1'),
    'rsa-pkcs1-sha256': verifier('rsa-pkcs1-sha256'),
    'rsa-pkcs1-sha384': verifier('rsa-pkcs1-sha384'),
    'rsa-pkcs1-sha512': verifier('rsa-pkcs1-sha512'),
    'rsa-pss-sha256': verifier('rsa-pss-sha256'),
    'rsa-pss-sha384': verifier('rsa-pss-sha384'),
    'rsa-pss-sha512': verifier('rsa-pss-sha512'),
  }
}

interface RsaScheme {
  readonly id: number
  readonly signature: RsaSignature
}

const rsaSchemes: readonly RsaScheme[] = [
  { id: 0x0804, signature: 'rsa-pss-sha256' },
  { id: 0x0805, signature: 'rsa-pss-sha384' },
  { id: 0x0806, signature: 'rsa-pss-sha512' },
  { id: 0x0401, signature: 'rsa-pkcs1-sha256' },
  { id: 0x0501, signature: 'rsa-pkcs1-sha384' },
  { id: 0x0601, signature: 'rsa-pkcs1-sha512' },
]

const rsaPssSchemes: readonly RsaScheme[] = [
  { id: 0x0809, signature: 'rsa-pss-sha256' },
  { id: 0x080a, signature: 'rsa-pss-sha384' },
  { id: 0x080b, signature: 'rsa-pss-sha512' },
]

/**
 * @param algorithmIdentifier DER of rsaEncryption or id-RSASSA-PSS, with its parameters
 * @param rsaPrivateKey DER of an RSAPrivateKey (RFC 8017 §A.1.2)
 * @throws ConfigurationError `ERR_UNSUPPORTED_PRIVATE_KEY` where the key is not one, or this runtime has no WebCrypto
 */
export async function importRsaPrivateKey(
  algorithmIdentifier: Uint8Array,
  rsaPrivateKey: Uint8Array,
): Promise<SigningKey> {
  const platform = platformSubtle()
  if (platform === undefined) {
    throw unsupported(
      'RSA keys need WebCrypto, which this runtime lacks (a page has it over HTTPS only): use an ECDSA key',
    )
  }
  const [, modulus, exponent] = readElements(readElement(rsaPrivateKey, DerTag.sequence).content)
  const rsaPublicKey = derElement(DerTag.sequence, modulus!.der, exponent!.der)
  const bits = derElement(DerTag.bitString, Uint8Array.of(0), rsaPublicKey)
  const { algorithm } = parseSubjectPublicKeyInfo(
    derElement(DerTag.sequence, algorithmIdentifier, bits),
  )
  const modulusLength = (algorithm.bits ?? 0) / 8
  const schemes = (algorithm.type === 'rsa' ? rsaSchemes : rsaPssSchemes).filter(
    ({ signature }) =>
      leastModulusLength(signature) < modulusLength + 1 &&
      (algorithm.restrictedTo === undefined || algorithm.restrictedTo === signature),
  )
  if (schemes.length === 0) {
    throw unsupported(`TLS has no signature scheme for this ${algorithm.bits}-bit RSA key`)
  }

  const pkcs8 = derElement(
    DerTag.sequence,
    derInteger(Uint8Array.of(0)),
    rsaEncryption,
    derElement(DerTag.octetString, rsaPrivateKey),
  )
  const imported = new Map<number, Promise<PlatformKey>>()
  function keyFor({ id, signature }: RsaScheme): Promise<PlatformKey> {
    let key = imported.get(id)
    if (key === undefined) {
      key = platform!.importKey('pkcs8', pkcs8, algorithms[signature], false, ['sign'])
      imported.set(id, key)
    }
    return key
  }
  // Now rather than at the first handshake: a key that cannot be used is the caller's error.
  await keyFor(schemes[0]!)

  return {
    schemes: schemes.map(({ id }) => id),
    async sign(scheme, data) {
      const found = schemes.find(({ id }) => id === scheme)
      if (found === undefined) {
        throw new RangeError(`this key cannot make SignatureScheme 0x${scheme.toString(16)}`)
      }
      const ours = Uint8Array.from(data)
      const key = await keyFor(found)
      return new Uint8Array(await platform.sign(algorithms[found.signature], key, ours))
    },
  }
}

/** In bytes: RFC 8017 §9.1.1 for PSS (two hashes and 2), §9.2 for PKCS #1 v1.5 (a header of 19, a hash, 11 of padding). */
function leastModulusLength(signature: RsaSignature): number {
  const { name, hash } = algorithms[signature]
  const hashLength = Number(hash.slice('SHA-'.length)) / 8
  return name === 'RSA-PSS' ? 2 * hashLength + 2 : hashLength + 30
}

function unsupported(message: string): ConfigurationError {
  return new ConfigurationError('ERR_UNSUPPORTED_PRIVATE_KEY', message)
}

/**
 * Key pairs and the signatures they make, by WebCrypto.
 *
 * Everything that depends on the kind of key is in the table below: how WebCrypto names it, how a
 * certificate names its signature, and what turns WebCrypto's signature into the certificate's.
 */
import {
  children,
  content,
  explicit,
  integer,
  nullValue,
  oid,
  sequence,
  unsignedInteger,
} from './der.ts'

/**
 * The kinds of key, as `issue` and `createAuthority` take them. `rsa-pss-…` is a key that says in
 * its own identifier that it makes PSS signatures only (RFC 4055 §3.1): in TLS 1.3 it goes with
 * `rsa_pss_pss_sha256`, while the plain `rsa-…` goes with `rsa_pss_rsae_sha256`.
 */
export type KeyType =
  | 'ec-p256'
  | 'ec-p384'
  | 'ec-p521'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'rsa-pss-2048'
  | 'rsa-pss-3072'
  | 'ed25519'
  | 'ed448'

/** A private key with what a certificate needs to know of it. */
export interface KeyPair {
  readonly type: KeyType
  /** SubjectPublicKeyInfo, DER. */
  readonly subjectPublicKeyInfo: Uint8Array
  /** The AlgorithmIdentifier of the signatures that `sign` makes, DER. */
  readonly signatureAlgorithm: Uint8Array
  /** Signs; the result is what goes into a certificate's `signatureValue`. */
  sign(message: Uint8Array): Promise<Uint8Array>
  /** PrivateKeyInfo (PKCS#8), DER. */
  exportPrivateKey(): Promise<Uint8Array>
}

type Subtle = typeof globalThis.crypto.subtle
type GenerateAlgorithm =
  | { name: 'Ed25519' | 'Ed448' }
  | { name: 'ECDSA'; namedCurve: string }
  | { name: string; modulusLength: number; publicExponent: Uint8Array; hash: string }
type SignAlgorithm = Parameters<Subtle['sign']>[0]

interface KeyKind {
  generate: GenerateAlgorithm
  sign: SignAlgorithm
  signatureAlgorithm: () => Uint8Array
  /** WebCrypto's form of a signature to the certificate's, where they differ. */
  signatureValue?: (signature: Uint8Array) => Uint8Array
  /** WebCrypto's form of a key (SPKI or PKCS#8) to the one wanted, where they differ. */
  keyInfo?: (keyInfo: Uint8Array) => Uint8Array
}

const idRsassaPss = '1.2.840.113549.1.1.10'
const sha256WithRsaEncryption = '1.2.840.113549.1.1.11'
const idMgf1 = '1.2.840.113549.1.1.8'
const idSha256 = '2.16.840.1.101.3.4.2.1'

const kinds: Readonly<Record<KeyType, KeyKind>> = {
  'ec-p256': ecdsa('P-256', 'SHA-256', '1.2.840.10045.4.3.2'),
  'ec-p384': ecdsa('P-384', 'SHA-384', '1.2.840.10045.4.3.3'),
  'ec-p521': ecdsa('P-521', 'SHA-512', '1.2.840.10045.4.3.4'),
  'rsa-2048': rsaPkcs1(2048),
  'rsa-3072': rsaPkcs1(3072),
  'rsa-4096': rsaPkcs1(4096),
  'rsa-pss-2048': rsaPss(2048),
  'rsa-pss-3072': rsaPss(3072),
  ed25519: edwards('Ed25519', '1.3.101.112'),
  ed448: edwards('Ed448', '1.3.101.113'),
}

/** Every key type, for messages and for option lists. */
export const keyTypes = Object.keys(kinds) as readonly KeyType[]

/**
 * Makes a new key pair. Throws a TypeError for an unknown type, and a `NotSupportedError` from the
 * platform where its WebCrypto lacks the algorithm (Ed448, in some).
 */
export async function generateKeyPair(type: KeyType): Promise<KeyPair> {
  if (!Object.hasOwn(kinds, type)) {
    throw new TypeError(`unknown key type '${type}'; known are ${keyTypes.join(', ')}`)
  }
  const kind = kinds[type]
  const { subtle } = globalThis.crypto
  const generated = await subtle.generateKey(kind.generate, true, ['sign', 'verify'])
  if (!('privateKey' in generated)) throw new TypeError(`'${type}' is not an asymmetric algorithm`)
  const { privateKey, publicKey } = generated
  const convert = kind.keyInfo ?? ((keyInfo: Uint8Array) => keyInfo)
  return {
    type,
    subjectPublicKeyInfo: convert(new Uint8Array(await subtle.exportKey('spki', publicKey))),
    signatureAlgorithm: kind.signatureAlgorithm(),
    async sign(message) {
      const signature = new Uint8Array(await subtle.sign(kind.sign, privateKey, message))
      return kind.signatureValue ? kind.signatureValue(signature) : signature
    },
    async exportPrivateKey() {
      return convert(new Uint8Array(await subtle.exportKey('pkcs8', privateKey)))
    },
  }
}

function ecdsa(namedCurve: string, hash: string, signatureOid: string): KeyKind {
  return {
    generate: { name: 'ECDSA', namedCurve },
    sign: { name: 'ECDSA', hash },
    signatureAlgorithm: () => sequence(oid(signatureOid)),
    // WebCrypto gives r and s side by side; a certificate has Ecdsa-Sig-Value (RFC 3279 §2.2.3).
    signatureValue(signature) {
      const half = signature.length / 2
      const r = signature.subarray(0, half)
      const s = signature.subarray(half)
      return sequence(unsignedInteger(r), unsignedInteger(s))
    },
  }
}

function edwards(name: 'Ed25519' | 'Ed448', signatureOid: string): KeyKind {
  return {
    generate: { name },
    sign: { name },
    signatureAlgorithm: () => sequence(oid(signatureOid)),
  }
}

function rsaPkcs1(modulusLength: number): KeyKind {
  return {
    generate: rsaKey('RSASSA-PKCS1-v1_5', modulusLength),
    sign: { name: 'RSASSA-PKCS1-v1_5' },
    signatureAlgorithm: () => sequence(oid(sha256WithRsaEncryption), nullValue()),
  }
}

function rsaPss(modulusLength: number): KeyKind {
  const saltLength = 32 // as long as the hash (RFC 8446 §4.2.3)
  return {
    generate: rsaKey('RSA-PSS', modulusLength),
    sign: { name: 'RSA-PSS', saltLength },
    // RSASSA-PSS-params (RFC 4055 §3.1); their defaults are SHA-1, so each is written out.
    signatureAlgorithm() {
      const sha256 = sequence(oid(idSha256), nullValue())
      const params = sequence(
        explicit(0, sha256),
        explicit(1, sequence(oid(idMgf1), sha256)),
        explicit(2, integer(saltLength)),
      )
      return sequence(oid(idRsassaPss), params)
    },
    keyInfo: asPssKeyInfo,
  }
}

function rsaKey(name: string, modulusLength: number): GenerateAlgorithm {
  return { name, modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
}

/**
 * WebCrypto exports every RSA key as `rsaEncryption`. The same key as `id-RSASSA-PSS`: its
 * AlgorithmIdentifier is replaced by one without parameters, which allows any (RFC 4055 §1.2).
 * That is the first SEQUENCE in SubjectPublicKeyInfo and in PrivateKeyInfo alike.
 */
function asPssKeyInfo(keyInfo: Uint8Array): Uint8Array {
  const fields = children(keyInfo)
  const algorithm = fields.findIndex((field) => field[0] === 0x30)
  return sequence(...fields.with(algorithm, sequence(oid(idRsassaPss))))
}

/**
 * The key identifier of a public key: the leftmost 160 bits of the SHA-256 of its bits
 * (RFC 7093 §2, method 1).
 */
export async function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Promise<Uint8Array> {
  const [, subjectPublicKey] = children(subjectPublicKeyInfo)
  const bits = content(subjectPublicKey!).slice(1) // without the count of unused bits
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bits)
  return new Uint8Array(digest).slice(0, 20)
}

/**
 * Key pairs and the signatures they make, by WebCrypto.
 *
 * Everything that depends on the kind of key is in the table below: how WebCrypto names it, how a
 * certificate names its signature, and what turns WebCrypto's signature into the certificate's.
 */

import { parseSubjectPublicKeyInfo } from '@handfast/x509'
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
import { AuthorityError } from './errors.ts'

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

/** What makes signatures with a private key. */
export interface Signer {
  /** SubjectPublicKeyInfo, DER. */
  readonly subjectPublicKeyInfo: Uint8Array
  /** The AlgorithmIdentifier of the signatures that `sign` makes, DER. */
  readonly signatureAlgorithm: Uint8Array
  /** Signs; the result is what goes into a certificate's `signatureValue`. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** A private key with what a certificate needs to know of it. */
export interface KeyPair extends Signer {
  readonly type: KeyType
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

const rsaEncryption = '1.2.840.113549.1.1.1'
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
 * Makes a new key pair. Throws an AuthorityError for an unknown type, and a `NotSupportedError` from the
 * platform where its WebCrypto lacks the algorithm (Ed448, in some).
 */
export async function generateKeyPair(type: KeyType): Promise<KeyPair> {
  if (!Object.hasOwn(kinds, type)) {
    throw new AuthorityError(`unknown key type '${type}'; known are ${keyTypes.join(', ')}`)
  }
  const { subtle } = globalThis.crypto
  const generated = await subtle.generateKey(kinds[type].generate, true, ['sign', 'verify'])
  if (!('privateKey' in generated))
    throw new AuthorityError(`'${type}' is not an asymmetric algorithm`)
  const { privateKey, publicKey } = generated
  const spki = new Uint8Array(await subtle.exportKey('spki', publicKey))
  return keyPair(type, privateKey, converted(type, spki))
}

/**
 * A key pair that was made before.
 *
 * Throws an AuthorityError for a kind of key that is not in the table, for a key that cannot be read, and
 * for a private key that does not belong to the public one.
 * @param pkcs8 PrivateKeyInfo, DER. @param subjectPublicKeyInfo DER
 */
export async function importKeyPair(
  pkcs8: Uint8Array,
  subjectPublicKeyInfo: Uint8Array,
): Promise<KeyPair> {
  const type = keyTypeOf(subjectPublicKeyInfo)
  const { generate, sign } = kinds[type]
  const { subtle } = globalThis.crypto
  const [privateInfo, publicInfo] = type.startsWith('rsa-pss')
    ? [asPlainRsaKeyInfo(pkcs8), asPlainRsaKeyInfo(subjectPublicKeyInfo)]
    : [pkcs8, subjectPublicKeyInfo]
  let isOurs: boolean
  let privateKey: PrivateKey
  try {
    privateKey = await subtle.importKey('pkcs8', buffer(privateInfo), generate, true, ['sign'])
    const publicKey = await subtle.importKey('spki', buffer(publicInfo), generate, true, ['verify'])
    const probe = new TextEncoder().encode('does this key belong to that one?')
    isOurs = await subtle.verify(sign, publicKey, await subtle.sign(sign, privateKey, probe), probe)
  } catch (cause) {
    throw new AuthorityError('the private key cannot be read, or is of another kind', cause)
  }
  if (!isOurs) throw new AuthorityError('the private key does not belong to the certificate')
  return keyPair(type, privateKey, subjectPublicKeyInfo)
}

type PrivateKey = Awaited<ReturnType<Subtle['importKey']>>

function keyPair(type: KeyType, privateKey: PrivateKey, spki: Uint8Array): KeyPair {
  const kind = kinds[type]
  const { subtle } = globalThis.crypto
  return {
    type,
    subjectPublicKeyInfo: spki,
    signatureAlgorithm: kind.signatureAlgorithm(),
    async sign(message) {
      const signature = new Uint8Array(await subtle.sign(kind.sign, privateKey, buffer(message)))
      return kind.signatureValue ? kind.signatureValue(signature) : signature
    },
    async exportPrivateKey() {
      return converted(type, new Uint8Array(await subtle.exportKey('pkcs8', privateKey)))
    },
  }
}

const converted = (type: KeyType, keyInfo: Uint8Array): Uint8Array =>
  kinds[type].keyInfo?.(keyInfo) ?? keyInfo

/** WebCrypto takes no views of shared memory; what is copied here is short. */
const buffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)

const curveTypes = { 'P-256': 'ec-p256', 'P-384': 'ec-p384', 'P-521': 'ec-p521' } as const

/** Throws an AuthorityError for a kind of key that is not in the table. @param subjectPublicKeyInfo DER */
export function keyTypeOf(subjectPublicKeyInfo: Uint8Array): KeyType {
  const { type, curve, bits } = parseSubjectPublicKeyInfo(subjectPublicKeyInfo).algorithm
  const name =
    type === 'ec' ? curve && curveTypes[curve] : /^rsa/.test(type) ? `${type}-${bits}` : type
  if (name === undefined || !Object.hasOwn(kinds, name)) {
    throw new AuthorityError(
      `a key of the kind ${name ?? type} is not made here; ${keyTypes.join(', ')} are`,
    )
  }
  return name as KeyType
}

/** Whether the key can be encrypted to: plain RSA, not the kind that only makes PSS signatures. */
export const isRsaEncryption = (subjectPublicKeyInfo: Uint8Array): boolean =>
  parseSubjectPublicKeyInfo(subjectPublicKeyInfo).algorithm.type === 'rsa'

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
  return withAlgorithm(keyInfo, sequence(oid(idRsassaPss)))
}

/** The way back, for a key that WebCrypto is to import. */
const asPlainRsaKeyInfo = (keyInfo: Uint8Array): Uint8Array =>
  withAlgorithm(keyInfo, sequence(oid(rsaEncryption), nullValue()))

function withAlgorithm(keyInfo: Uint8Array, algorithm: Uint8Array): Uint8Array {
  const fields = children(keyInfo)
  const place = fields.findIndex((field) => field[0] === 0x30)
  return sequence(...fields.with(place, algorithm))
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

/** Lower case, two digits for each octet. */
export const hexadecimal = (bytes: Uint8Array): string =>
  [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')

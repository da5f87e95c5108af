/** Keys, signature algorithms, and the functions a caller brings for them. */
import type { MaybePromise } from '../steps.ts'

/** Every signature algorithm this package can name. What is not in the list has no name and is never accepted. */
export type SignatureAlgorithm =
  | 'ecdsa-sha1'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
  | 'rsa-pkcs1-sha1'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512'
  /** RSASSA-PSS, MGF1 with the same hash and a salt as long as the hash: the only shape accepted. */
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512'
  | 'ed25519'
  | 'ed448'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'

/** A signature's `AlgorithmIdentifier`, its parameters included in the check. */
export interface SignatureAlgorithmIdentifier {
  /** The algorithm's name, or undefined when it is unknown or its parameters are not the ones allowed. */
  readonly name: SignatureAlgorithm | undefined
  /** Dotted object identifier. */
  readonly oid: string
  /** DER of the whole `AlgorithmIdentifier`. */
  readonly der: Uint8Array
  /** Why `name` is undefined, in words. */
  readonly problem?: string
}

export type PublicKeyType =
  | 'rsa'
  | 'rsa-pss'
  | 'ec'
  | 'ed25519'
  | 'ed448'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'
  | 'x25519'
  | 'x448'
  | 'dsa'
  | 'unknown'

export type NamedCurve = 'P-256' | 'P-384' | 'P-521'

export interface PublicKeyAlgorithm {
  readonly type: PublicKeyType
  /** Dotted object identifier of the algorithm. */
  readonly oid: string
  /** The curve of an `ec` key; absent when it is a curve this package does not name (see `curveOid`). */
  readonly curve?: NamedCurve
  /** Dotted object identifier of an `ec` key's curve. */
  readonly curveOid?: string
  /** Modulus length of an RSA key, field size of an elliptic curve; in bits. */
  readonly bits?: number
  /** Public exponent of an RSA key. */
  readonly exponent?: bigint
  /** The one signature algorithm an `rsa-pss` key with parameters is restricted to (RFC 4055 §3.3). */
  readonly restrictedTo?: SignatureAlgorithm
}

export interface SubjectPublicKeyInfo {
  /** DER of the whole structure: what key imports called `spki` expect. */
  readonly der: Uint8Array
  readonly algorithm: PublicKeyAlgorithm
  /** The bits of `subjectPublicKey`: a point, a raw key, or the DER of `RSAPublicKey`. */
  readonly publicKey: Uint8Array
}

/**
 * Verifies one signature.
 *
 * @param spki DER of the signer's SubjectPublicKeyInfo
 * @param data the signed bytes
 * @param signature the signature as X.509 carries it (ECDSA: DER of `ECDSA-Sig-Value`)
 * @returns true when the signature is valid; false, or a throw, when it is not
 */
export type SignatureVerifier = (
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
) => MaybePromise<boolean>

/** What a crypto provider brings: the algorithms it has, under their names. One that is absent is not accepted. */
export type SignatureVerifiers = { readonly [name in SignatureAlgorithm]?: SignatureVerifier }

/** Digests a byte string. SHA-1 serves OCSP to name an issuer and proves nothing there. */
export type DigestFunction = (data: Uint8Array) => MaybePromise<Uint8Array>

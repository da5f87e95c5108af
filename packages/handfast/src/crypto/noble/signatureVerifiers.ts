/**
 * Signature checks over @noble/curves and @noble/post-quantum; RSA, which noble has not, over WebCrypto where there is
 * one. A bad key and a bad signature are both `false`: they come from the network.
 */
import {
  type NamedCurve,
  parseSubjectPublicKeyInfo,
  type SignatureVerifier,
  type SignatureVerifiers,
} from '@handfast/x509'
import { ed448 as nobleEd448 } from '@noble/curves/ed448.js'
import { ed25519 as nobleEd25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import type { HashFunction } from '../provider.ts'
import { rsaVerifiers } from '../rsaWebCrypto.ts'
import { sha1, sha256, sha384, sha512 } from './hash.ts'

/** A curve that ECDSA's signatures are verified on, by its name in `@handfast/x509`. */
export interface EcdsaCurve {
  readonly name: NamedCurve
  /** @noble/curves' own. */
  readonly curve: typeof p256
}

export const ecdsaP256: EcdsaCurve = { name: 'P-256', curve: p256 }
export const ecdsaP384: EcdsaCurve = { name: 'P-384', curve: p384 }
export const ecdsaP521: EcdsaCurve = { name: 'P-521', curve: p521 }

function verifier(
  check: (
    key: ReturnType<typeof parseSubjectPublicKeyInfo>,
    data: Uint8Array,
    signature: Uint8Array,
  ) => boolean,
): SignatureVerifier {
  return (spki, data, signature) => {
    try {
      return check(parseSubjectPublicKeyInfo(spki), data, signature)
    } catch {
      return false
    }
  }
}

/**
 * Verifies ECDSA with one hash, on these curves: any hash with any curve, since TLS 1.2 and certificates do not bind the two.
 * For providers of parts: `{ 'ecdsa-sha256': ecdsaVerifier(sha256, [ecdsaP256]) }`.
 * @param hash one of @noble/hashes, whose `digest` answers at once
 */
export function ecdsaVerifier(
  { digest }: HashFunction,
  curves: readonly EcdsaCurve[],
): SignatureVerifier {
  return verifier(({ algorithm, publicKey }, data, signature) => {
    const found = algorithm.type === 'ec' && curves.find(({ name }) => name === algorithm.curve)
    if (!found) return false
    const options = { prehash: false, lowS: false, format: 'der' } as const
    return found.curve.verify(signature, digest(data) as Uint8Array, publicKey, options)
  })
}

/** By RFC 8032 §5.1.7, not by the rules of ZIP 215, which take more. */
function eddsa(type: 'ed25519' | 'ed448', curve: typeof nobleEd25519): SignatureVerifier {
  return verifier(
    ({ algorithm, publicKey }, data, signature) =>
      algorithm.type === type && curve.verify(signature, data, publicKey, { zip215: false }),
  )
}

function mlDsa(type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87', dsa: typeof ml_dsa44) {
  return verifier(
    ({ algorithm, publicKey }, data, signature) =>
      algorithm.type === type && dsa.verify(signature, data, publicKey),
  )
}

const allCurves = [ecdsaP256, ecdsaP384, ecdsaP521]

export const ecdsaVerifiers: SignatureVerifiers = {
  'ecdsa-sha1': /* @__PURE__ */ ecdsaVerifier(sha1, allCurves),
  'ecdsa-sha256': /* @__PURE__ */ ecdsaVerifier(sha256, allCurves),
  'ecdsa-sha384': /* @__PURE__ */ ecdsaVerifier(sha384, allCurves),
  'ecdsa-sha512': /* @__PURE__ */ ecdsaVerifier(sha512, allCurves),
}

export const eddsaVerifiers: SignatureVerifiers = {
  ed25519: /* @__PURE__ */ eddsa('ed25519', nobleEd25519),
  ed448: /* @__PURE__ */ eddsa('ed448', nobleEd448),
}

export const mlDsaVerifiers: SignatureVerifiers = {
  'ml-dsa-44': /* @__PURE__ */ mlDsa('ml-dsa-44', ml_dsa44),
  'ml-dsa-65': /* @__PURE__ */ mlDsa('ml-dsa-65', ml_dsa65),
  'ml-dsa-87': /* @__PURE__ */ mlDsa('ml-dsa-87', ml_dsa87),
}

export const signatureVerifiers: SignatureVerifiers = /* @__PURE__ */ Object.assign(
  {},
  ecdsaVerifiers,
  eddsaVerifiers,
  mlDsaVerifiers,
  /* @__PURE__ */ rsaVerifiers(),
)

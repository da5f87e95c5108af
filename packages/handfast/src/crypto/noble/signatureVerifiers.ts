/**
 * Signature checks over @noble/curves and @noble/post-quantum; RSA, which noble has not, over WebCrypto where there is
 * one. A bad key and a bad signature are both `false`: they come from the network.
 */
import {
  parseSubjectPublicKeyInfo,
  type SignatureVerifier,
  type SignatureVerifiers,
} from '@handfast/x509'
import { ed448 as nobleEd448 } from '@noble/curves/ed448.js'
import { ed25519 as nobleEd25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { rsaVerifiers } from '../rsaWebCrypto.ts'

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 }

function isCurve(name: string | undefined): name is keyof typeof curves {
  return name !== undefined && name in curves
}

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

/** Any hash with any curve: TLS 1.2 and certificates do not bind the two. */
function ecdsa(hash: (data: Uint8Array) => Uint8Array): SignatureVerifier {
  return verifier(({ algorithm, publicKey }, data, signature) => {
    if (algorithm.type !== 'ec' || !isCurve(algorithm.curve)) return false
    return curves[algorithm.curve].verify(signature, hash(data), publicKey, {
      prehash: false,
      lowS: false,
      format: 'der',
    })
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

export const ecdsaVerifiers: SignatureVerifiers = {
  'ecdsa-sha1': /* @__PURE__ */ ecdsa(sha1),
  'ecdsa-sha256': /* @__PURE__ */ ecdsa(sha256),
  'ecdsa-sha384': /* @__PURE__ */ ecdsa(sha384),
  'ecdsa-sha512': /* @__PURE__ */ ecdsa(sha512),
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

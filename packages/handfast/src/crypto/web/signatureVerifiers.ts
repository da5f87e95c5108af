/** Signature checks over WebCrypto. A bad key and a bad signature are both `false`: they come from the network. */
import {
  parseSubjectPublicKeyInfo,
  type SignatureVerifier,
  type SignatureVerifiers,
} from '@handfast/x509'
import { rsaVerifiers } from '../rsaWebCrypto.ts'
import { isNotSupported, subtle } from '../webCrypto.ts'
import { p1363FromDer } from './ecdsaSignature.ts'

/** Length of a coordinate, in bytes. */
const curves: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }

/** @param otherwise what stands in where the platform has no such algorithm */
function verifier(
  check: (spki: Uint8Array, data: Uint8Array, signature: Uint8Array) => Promise<boolean>,
  otherwise?: SignatureVerifier,
): SignatureVerifier {
  return async (spki, data, signature) => {
    // Copies: the caller may use its arrays again while the key is imported.
    const [key, signed, shown] = [spki, data, signature].map((one) => Uint8Array.from(one))
    try {
      return await check(key!, signed!, shown!)
    } catch (error) {
      if (otherwise !== undefined && isNotSupported(error)) return otherwise(key!, signed!, shown!)
      return false
    }
  }
}

/** Any hash with any curve: TLS 1.2 and certificates do not bind the two. */
function ecdsa(hash: string, otherwise?: SignatureVerifier): SignatureVerifier {
  return verifier(async (spki, data, signature) => {
    const { type, curve } = parseSubjectPublicKeyInfo(spki).algorithm
    const length = type === 'ec' && curve !== undefined ? curves[curve] : undefined
    if (length === undefined) return false
    const plain = p1363FromDer(signature, length)
    const platform = subtle()
    const algorithm = { name: 'ECDSA', namedCurve: curve, hash }
    const key = await platform.importKey('spki', spki, algorithm, false, ['verify'])
    return platform.verify(algorithm, key, plain, data)
  }, otherwise)
}

function ed25519(otherwise?: SignatureVerifier): SignatureVerifier {
  return verifier(async (spki, data, signature) => {
    if (parseSubjectPublicKeyInfo(spki).algorithm.type !== 'ed25519') return false
    const platform = subtle()
    const key = await platform.importKey('spki', spki, 'Ed25519', false, ['verify'])
    return platform.verify('Ed25519', key, signature, data)
  }, otherwise)
}

/**
 * ECDSA, RSA and Ed25519.
 * @param others what WebCrypto lacks, and what stands in where the platform lacks a curve
 */
export function webSignatureVerifiers(others: SignatureVerifiers = {}): SignatureVerifiers {
  return {
    ...others,
    'ecdsa-sha1': ecdsa('SHA-1', others['ecdsa-sha1']),
    'ecdsa-sha256': ecdsa('SHA-256', others['ecdsa-sha256']),
    'ecdsa-sha384': ecdsa('SHA-384', others['ecdsa-sha384']),
    'ecdsa-sha512': ecdsa('SHA-512', others['ecdsa-sha512']),
    ed25519: ed25519(others.ed25519),
    ...rsaVerifiers(),
  }
}

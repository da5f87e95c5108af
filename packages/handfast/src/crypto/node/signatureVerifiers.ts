/** Signature checks over node:crypto. A bad key and a bad signature are both `false`: they come from the network. */
import { constants, type KeyObject, verify } from 'node:crypto'
import type { SignatureVerifier, SignatureVerifiers } from '@handfast/x509'
import { hasMlDsa, withoutStackTraces } from './platform.ts'
import { type PublicKey, publicKeys } from './publicKeys.ts'

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** The curves that TLS signs with. OpenSSL knows many more, some of them weak. */
const ecdsaCurves: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
])

function verifier(
  fits: (key: PublicKey) => boolean,
  check: (key: KeyObject, data: Uint8Array, signature: Uint8Array) => boolean,
): SignatureVerifier {
  return (spki, data, signature) => {
    try {
      const key = publicKeys.find(spki)
      if (!fits(key)) return false
      if (!withoutStackTraces(() => check(key.object, data, signature))) return false
      publicKeys.keep(spki, key)
      return true
    } catch {
      return false
    }
  }
}

/**
 * The signature is DER, which is the default, and OpenSSL takes it in its one canonical form only (RFC 3279 §2.2.3). The key
 * goes alone: an object around it costs 16 µs on Node 24.
 */
function ecdsa(hash: Hash): SignatureVerifier {
  return verifier(
    ({ type, curve }) => type === 'ec' && ecdsaCurves.has(curve),
    (key, data, signature) => verify(hash, data, key, signature),
  )
}

function rsaPkcs1(hash: Hash): SignatureVerifier {
  const padding = constants.RSA_PKCS1_PADDING
  return verifier(
    ({ type }) => type === 'rsa',
    (key, data, signature) => verify(hash, data, { key, padding }, signature),
  )
}

/** MGF1 with the same hash, the salt as long as the hash (RFC 8446 §4.2.3). A key's own restrictions are OpenSSL's to hold. */
function rsaPss(hash: Hash): SignatureVerifier {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return verifier(
    ({ type }) => type === 'rsa' || type === 'rsa-pss',
    (key, data, signature) => verify(hash, data, { key, padding, saltLength }, signature),
  )
}

/** EdDSA and ML-DSA: the key says it all. */
function plainSignature(name: string): SignatureVerifier {
  return verifier(
    ({ type }) => type === name,
    (key, data, signature) => verify(null, data, key, signature),
  )
}

export const signatureVerifiers: SignatureVerifiers = {
  'ecdsa-sha1': /* @__PURE__ */ ecdsa('sha1'),
  'ecdsa-sha256': /* @__PURE__ */ ecdsa('sha256'),
  'ecdsa-sha384': /* @__PURE__ */ ecdsa('sha384'),
  'ecdsa-sha512': /* @__PURE__ */ ecdsa('sha512'),
  'rsa-pkcs1-sha1': /* @__PURE__ */ rsaPkcs1('sha1'),
  'rsa-pkcs1-sha256': /* @__PURE__ */ rsaPkcs1('sha256'),
  'rsa-pkcs1-sha384': /* @__PURE__ */ rsaPkcs1('sha384'),
  'rsa-pkcs1-sha512': /* @__PURE__ */ rsaPkcs1('sha512'),
  'rsa-pss-sha256': /* @__PURE__ */ rsaPss('sha256'),
  'rsa-pss-sha384': /* @__PURE__ */ rsaPss('sha384'),
  'rsa-pss-sha512': /* @__PURE__ */ rsaPss('sha512'),
  ed25519: /* @__PURE__ */ plainSignature('ed25519'),
  ed448: /* @__PURE__ */ plainSignature('ed448'),
  ...(hasMlDsa && {
    'ml-dsa-44': /* @__PURE__ */ plainSignature('ml-dsa-44'),
    'ml-dsa-65': /* @__PURE__ */ plainSignature('ml-dsa-65'),
    'ml-dsa-87': /* @__PURE__ */ plainSignature('ml-dsa-87'),
  }),
}

/** Signature checks over node:crypto. A bad key and a bad signature are both `false`: they come from the network. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SignatureVerifier, SignatureVerifiers } from '@handfast/x509'

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** The curves that TLS signs with. OpenSSL knows many more, some of them weak. */
const ecdsaCurves: ReadonlySet<string | undefined> = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
])

function verifier(
  fits: (key: KeyObject) => boolean,
  check: (key: KeyObject, data: Uint8Array, signature: Uint8Array) => boolean,
): SignatureVerifier {
  return (spki, data, signature) => {
    try {
      const key = createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' })
      return fits(key) && check(key, data, signature)
    } catch {
      return false
    }
  }
}

/** OpenSSL takes DER only, in its one canonical form (RFC 3279 §2.2.3). */
function ecdsa(hash: Hash): SignatureVerifier {
  return verifier(
    (key) =>
      key.asymmetricKeyType === 'ec' && ecdsaCurves.has(key.asymmetricKeyDetails?.namedCurve),
    (key, data, signature) => verify(hash, data, { key, dsaEncoding: 'der' }, signature),
  )
}

function rsaPkcs1(hash: Hash): SignatureVerifier {
  const padding = constants.RSA_PKCS1_PADDING
  return verifier(
    (key) => key.asymmetricKeyType === 'rsa',
    (key, data, signature) => verify(hash, data, { key, padding }, signature),
  )
}

/** MGF1 with the same hash, the salt as long as the hash (RFC 8446 §4.2.3). A key's own restrictions are OpenSSL's to hold. */
function rsaPss(hash: Hash): SignatureVerifier {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return verifier(
    (key) => key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss',
    (key, data, signature) => verify(hash, data, { key, padding, saltLength }, signature),
  )
}

function eddsa(type: 'ed25519' | 'ed448'): SignatureVerifier {
  return verifier(
    (key) => key.asymmetricKeyType === type,
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
  ed25519: /* @__PURE__ */ eddsa('ed25519'),
  ed448: /* @__PURE__ */ eddsa('ed448'),
}

/** Private keys over node:crypto: which TLS SignatureSchemes a key can make (RFC 8446 §4.2.3), and making them. */
import { constants, createPrivateKey, KeyObject, privateEncrypt, sign } from 'node:crypto'
import { ecdsaSha1, rsaPkcs1Md5Sha1 } from '../../codec/signatureScheme.ts'
import { ConfigurationError } from '../../errors.ts'
import type { SigningKey } from '../provider.ts'
import { decryptPremaster } from './rsaTransport.ts'

type Hash = 'sha256' | 'sha384' | 'sha512'

interface SchemeShape {
  readonly id: number
  readonly sign: (key: KeyObject, data: Uint8Array) => Uint8Array
}

/** The signature is DER, which is the default. The key goes alone: an object around it costs 14 µs on Node 24. */
function ecdsa(id: number, hash: Hash | 'sha1'): SchemeShape {
  return { id, sign: (key, data) => sign(hash, data, key) }
}

/** EdDSA and ML-DSA: the key says it all. */
function plainScheme(id: number): SchemeShape {
  return { id, sign: (key, data) => sign(null, data, key) }
}

interface RsaScheme extends SchemeShape {
  readonly hash: Hash
  /** The least length of a modulus in bytes that this padding fits in. */
  readonly modulusLength: number
}

const hashLength: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** EMSA-PSS wants emLen >= hLen + sLen + 2 (RFC 8017 §9.1.1), where emLen is one byte less for a modulus of 8n + 1 bits. */
function rsaPss(id: number, hash: Hash): RsaScheme {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return {
    id,
    hash,
    modulusLength: 2 * hashLength[hash] + 2,
    sign: (key, data) => sign(hash, data, { key, padding, saltLength }),
  }
}

/** EMSA-PKCS1-v1_5 wants emLen >= tLen + 11, and T is a header of 19 bytes and the digest (RFC 8017 §9.2). */
function rsaPkcs1(id: number, hash: Hash): RsaScheme {
  const padding = constants.RSA_PKCS1_PADDING
  return {
    id,
    hash,
    modulusLength: hashLength[hash] + 19 + 11,
    sign: (key, data) => sign(hash, data, { key, padding }),
  }
}

const rsaSchemes: readonly RsaScheme[] = [
  /* @__PURE__ */ rsaPss(0x0804, 'sha256'),
  /* @__PURE__ */ rsaPss(0x0805, 'sha384'),
  /* @__PURE__ */ rsaPss(0x0806, 'sha512'),
  /* @__PURE__ */ rsaPkcs1(0x0401, 'sha256'),
  /* @__PURE__ */ rsaPkcs1(0x0501, 'sha384'),
  /* @__PURE__ */ rsaPkcs1(0x0601, 'sha512'),
]

/** What it signs is the digests themselves: no hash is named in the signature. */
const bareRsa: SchemeShape = {
  id: rsaPkcs1Md5Sha1,
  sign: (key, digests) => privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digests),
}

const rsaPssSchemes: readonly RsaScheme[] = [
  /* @__PURE__ */ rsaPss(0x0809, 'sha256'),
  /* @__PURE__ */ rsaPss(0x080a, 'sha384'),
  /* @__PURE__ */ rsaPss(0x080b, 'sha512'),
]

const ecdsaSchemes: Readonly<Record<string, SchemeShape>> = {
  prime256v1: /* @__PURE__ */ ecdsa(0x0403, 'sha256'),
  secp384r1: /* @__PURE__ */ ecdsa(0x0503, 'sha384'),
  secp521r1: /* @__PURE__ */ ecdsa(0x0603, 'sha512'),
}

/** By Node's name of the type of key. */
const plainSchemes: Readonly<Record<string, SchemeShape>> = {
  ed25519: /* @__PURE__ */ plainScheme(0x0807),
  ed448: /* @__PURE__ */ plainScheme(0x0808),
  'ml-dsa-44': /* @__PURE__ */ plainScheme(0x0904),
  'ml-dsa-65': /* @__PURE__ */ plainScheme(0x0905),
  'ml-dsa-87': /* @__PURE__ */ plainScheme(0x0906),
}

function unsupported(message: string): ConfigurationError {
  return new ConfigurationError('ERR_UNSUPPORTED_PRIVATE_KEY', message)
}

interface Schemes {
  readonly schemes: readonly SchemeShape[]
  readonly classicSchemes?: readonly SchemeShape[]
}

function schemesOf(key: KeyObject): Schemes {
  const details = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'ec': {
      const curve = details.namedCurve ?? 'explicit parameters'
      const scheme = ecdsaSchemes[curve]
      if (scheme === undefined) {
        throw unsupported(
          `TLS has no signature scheme for the curve ${curve}: use P-256, P-384 or P-521`,
        )
      }
      const others = Object.values(ecdsaSchemes).filter((other) => other !== scheme)
      return { schemes: [scheme], classicSchemes: [...others, ecdsa(ecdsaSha1, 'sha1')] }
    }
    case 'rsa':
    case 'rsa-pss': {
      const modulusBits = details.modulusLength ?? 0
      const { hashAlgorithm, mgf1HashAlgorithm, saltLength = 0 } = details
      // A key with RSASSA-PSS parameters signs with that hash, and with a salt that is not shorter (RFC 4055 §3.3).
      const allowed = (key.asymmetricKeyType === 'rsa' ? rsaSchemes : rsaPssSchemes).filter(
        (scheme) =>
          scheme.modulusLength * 8 < modulusBits + 8 &&
          (hashAlgorithm === undefined || hashAlgorithm === scheme.hash) &&
          (mgf1HashAlgorithm === undefined || mgf1HashAlgorithm === scheme.hash) &&
          saltLength <= hashLength[scheme.hash],
      )
      if (allowed.length === 0) {
        throw unsupported(
          `TLS has no signature scheme for this ${modulusBits}-bit ${key.asymmetricKeyType.toUpperCase()} key and its parameters`,
        )
      }
      return key.asymmetricKeyType === 'rsa' && hashAlgorithm === undefined
        ? { schemes: allowed, classicSchemes: [bareRsa] }
        : { schemes: allowed }
    }
    default: {
      const scheme = plainSchemes[key.asymmetricKeyType ?? '']
      if (scheme !== undefined) return { schemes: [scheme] }
      throw unsupported(
        `TLS cannot sign with a key of type ${key.asymmetricKeyType}: use ECDSA, RSA, Ed25519, Ed448 or ML-DSA`,
      )
    }
  }
}

/**
 * A key that signs TLS handshakes.
 *
 * @param source a KeyObject; PEM text (PKCS#8, SEC1 or PKCS#1, encrypted or not); or a PrivateKeyInfo in DER
 * @param passphrase of an encrypted key
 * @throws ConfigurationError `ERR_UNSUPPORTED_PRIVATE_KEY` where it is not a private key that TLS can use
 */
export function signingKey(
  source: KeyObject | string | Uint8Array,
  passphrase?: string,
): SigningKey {
  const key = toKeyObject(source, passphrase)
  if (key.type !== 'private') throw unsupported(`a private key is needed, not a ${key.type} one`)
  const { schemes, classicSchemes = [] } = schemesOf(key)
  return {
    schemes: schemes.map(({ id }) => id),
    classicSchemes: classicSchemes.map(({ id }) => id),
    sign(scheme, data) {
      const found = [...schemes, ...classicSchemes].find(({ id }) => id === scheme)
      if (found === undefined) {
        throw new RangeError(`this key cannot make SignatureScheme 0x${scheme.toString(16)}`)
      }
      return new Uint8Array(found.sign(key, data))
    },
    // A key for RSASSA-PSS only must not decrypt (RFC 4055 §1.2).
    ...(key.asymmetricKeyType === 'rsa' && {
      decryptPremaster: (ciphertext, version, otherwise) =>
        decryptPremaster(key, ciphertext, version, otherwise),
    }),
  }
}

function toKeyObject(
  source: KeyObject | string | Uint8Array,
  passphrase: string | undefined,
): KeyObject {
  if (source instanceof KeyObject) return source
  const protection = passphrase === undefined ? {} : { passphrase }
  try {
    return typeof source === 'string'
      ? createPrivateKey({ key: source, format: 'pem', ...protection })
      : createPrivateKey({ key: source as Buffer, format: 'der', type: 'pkcs8', ...protection })
  } catch (cause) {
    const code = (cause as { code?: string }).code
    const isEncrypted = typeof source === 'string' && source.includes('ENCRYPTED')
    if (passphrase === undefined && (isEncrypted || code === 'ERR_MISSING_PASSPHRASE')) {
      throw unsupported('the private key is encrypted: give its passphrase')
    }
    throw unsupported(
      `the private key cannot be read (${code ?? 'not a key'}): give PKCS#8 in DER, or PEM${
        passphrase === undefined ? '' : '; the passphrase may be wrong'
      }`,
    )
  }
}

/** Private keys over @noble/curves; RSA over WebCrypto. */

import type { MaybePromise } from '@handfast/x509'
import { ed448 } from '@noble/curves/ed448.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { bytesToHex } from '@noble/curves/utils.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { padLeft } from '../../codec/bytes.ts'
import { ConfigurationError } from '../../errors.ts'
import { DerTag, readElement, readElements } from '../der.ts'
import { type PrivateKeyInfo, readPrivateKeyInfo } from '../pkcs8.ts'
import type { SigningKey } from '../provider.ts'
import { importRsaPrivateKey } from '../rsaWebCrypto.ts'

type Import = (info: PrivateKeyInfo) => MaybePromise<SigningKey>

/** A key of one scheme. */
function oneScheme(id: number, sign: (data: Uint8Array) => Uint8Array): SigningKey {
  return {
    schemes: [id],
    sign(scheme, data) {
      return scheme === id ? sign(data) : cannotMake(scheme)
    },
  }
}

function cannotMake(scheme: number): never {
  throw new RangeError(`this key cannot make SignatureScheme 0x${scheme.toString(16)}`)
}

const ecdsaHashes: ReadonlyMap<number, (data: Uint8Array) => Uint8Array> = /* @__PURE__ */ new Map<
  number,
  (data: Uint8Array) => Uint8Array
>([
  [0x0403, sha256],
  [0x0503, sha384],
  [0x0603, sha512],
])

/** RFC 5915 §3: a SEQUENCE of the version, and the scalar in an OCTET STRING. */
function ecdsa(id: number, curve: typeof p256): Import {
  return ({ privateKey }) => {
    const [, scalar] = readElements(readElement(privateKey, DerTag.sequence).content)
    if (scalar?.tag !== DerTag.octetString) throw new Error('no scalar')
    const secret = padLeft(scalar.content, curve.lengths.secretKey!)
    if (!curve.utils.isValidSecretKey(secret)) throw new Error('the scalar is out of range')
    return {
      schemes: [id],
      classicSchemes: [...ecdsaHashes.keys()].filter((other) => other !== id),
      sign(scheme, data) {
        const digest = (ecdsaHashes.get(scheme) ?? cannotMake(scheme))(data)
        return curve.sign(digest, secret, { prehash: false, lowS: false, format: 'der' })
      },
    }
  }
}

/** RFC 8410 §7: the seed, in an OCTET STRING of its own. */
function eddsa(id: number, curve: typeof ed25519): Import {
  return ({ privateKey }) => {
    const seed = new Uint8Array(readElement(privateKey, DerTag.octetString).content)
    if (seed.length !== curve.lengths.secretKey) throw new Error('the seed has a wrong length')
    return oneScheme(id, (data) => curve.sign(data, seed))
  }
}

/** By the AlgorithmIdentifier in hexadecimal: these have one encoding each (RFC 5480 §2.1.1, RFC 8410 §3). */
const imports: Readonly<Record<string, Import>> = {
  '301306072a8648ce3d020106082a8648ce3d030107': /* @__PURE__ */ ecdsa(0x0403, p256),
  '301006072a8648ce3d020106052b81040022': /* @__PURE__ */ ecdsa(0x0503, p384),
  '301006072a8648ce3d020106052b81040023': /* @__PURE__ */ ecdsa(0x0603, p521),
  '300506032b6570': /* @__PURE__ */ eddsa(0x0807, ed25519),
  '300506032b6571': /* @__PURE__ */ eddsa(0x0808, ed448),
}

/** The identifiers of rsaEncryption and of id-RSASSA-PSS (RFC 4055 §1.2, §3.1), within a SEQUENCE. */
const rsaOids = /^30..06092a864886f70d0101(01|0a)/

/**
 * @param pkcs8 a PrivateKeyInfo in DER
 * @returns at once, except for RSA
 * @throws ConfigurationError `ERR_UNSUPPORTED_PRIVATE_KEY` where it is not a private key that TLS can use
 */
export function importPrivateKey(pkcs8: Uint8Array): MaybePromise<SigningKey> {
  const info = readPrivateKeyInfo(pkcs8)
  const algorithm = bytesToHex(info.algorithm)
  const known = imports[algorithm]
  if (known !== undefined) {
    try {
      return known(info)
    } catch (error) {
      throw unreadable(error)
    }
  }
  if (!rsaOids.test(algorithm)) {
    throw new ConfigurationError(
      'ERR_UNSUPPORTED_PRIVATE_KEY',
      'TLS cannot sign with a key of this kind: use ECDSA with P-256, P-384 or P-521, RSA, Ed25519 or Ed448',
    )
  }
  return importRsaPrivateKey(info.algorithm, info.privateKey).catch((error) => {
    throw error instanceof ConfigurationError ? error : unreadable(error)
  })
}

/** The cause is not attached: nothing of a key belongs into an error. */
function unreadable(error: unknown): ConfigurationError {
  const reason = error instanceof Error ? error.message : 'not a key'
  return new ConfigurationError(
    'ERR_UNSUPPORTED_PRIVATE_KEY',
    `the private key cannot be read (${reason})`,
  )
}

/** Private keys that WebCrypto holds: ECDSA and RSA; others are read by another provider. */
import { hexOf } from '../../codec/bytes.ts'
import { ConfigurationError } from '../../errors.ts'
import { readPrivateKeyInfo } from '../pkcs8.ts'
import type { CryptoProvider, SigningKey } from '../provider.ts'
import { isNotSupported, subtle } from '../webCrypto.ts'
import { derFromP1363 } from './ecdsaSignature.ts'

interface EcdsaScheme {
  readonly id: number
  readonly namedCurve: string
  readonly hash: string
}

/** By the AlgorithmIdentifier in hexadecimal (RFC 5480 §2.1.1). */
const ecdsaSchemes: Readonly<Record<string, EcdsaScheme>> = {
  '301306072a8648ce3d020106082a8648ce3d030107': {
    id: 0x0403,
    namedCurve: 'P-256',
    hash: 'SHA-256',
  },
  '301006072a8648ce3d020106052b81040022': { id: 0x0503, namedCurve: 'P-384', hash: 'SHA-384' },
  '301006072a8648ce3d020106052b81040023': { id: 0x0603, namedCurve: 'P-521', hash: 'SHA-512' },
}

/** @param others reads the keys that are not ECDSA's, and those of curves that the platform lacks */
export function importPrivateKeyOr(
  others: CryptoProvider['importPrivateKey'],
): CryptoProvider['importPrivateKey'] {
  return (pkcs8) => {
    const scheme = ecdsaSchemes[hexOf(readPrivateKeyInfo(pkcs8).algorithm)]
    return scheme === undefined ? others(pkcs8) : ecdsaKey(scheme, Uint8Array.from(pkcs8), others)
  }
}

async function ecdsaKey(
  { id, namedCurve, hash }: EcdsaScheme,
  pkcs8: Uint8Array,
  others: CryptoProvider['importPrivateKey'],
): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve, hash }
  const platform = subtle()
  try {
    const key = await platform.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    return {
      schemes: [id],
      async sign(scheme, data) {
        if (scheme !== id)
          throw new RangeError(`this key cannot make SignatureScheme 0x${scheme.toString(16)}`)
        return derFromP1363(new Uint8Array(await platform.sign(algorithm, key, data)))
      },
    }
  } catch (error) {
    if (isNotSupported(error)) return others(pkcs8)
    throw new ConfigurationError(
      'ERR_UNSUPPORTED_PRIVATE_KEY',
      `the private key cannot be read (the platform refuses it as ECDSA with ${namedCurve})`,
    )
  } finally {
    pkcs8.fill(0)
  }
}

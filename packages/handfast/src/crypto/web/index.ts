/**
 * The provider over WebCrypto, which browsers, workers, edge runtimes and Node have: AES-GCM, ECDH, ECDSA and RSA are the
 * platform's, and their keys stay in it. It answers later, always. What WebCrypto lacks, and X25519, Ed25519 and P-521 on
 * platforms that have not got them, is @noble's.
 *
 * The hashes are @noble's as well: the key schedule makes some forty of a few hundred bytes for a handshake, one after the
 * other, and a promise for each costs more than the hash. They would not protect its secrets either, which the engine holds.
 */

import { cipherSuite } from '../cipherSuite.ts'
import { classicCipherSuites } from '../classicCipherSuites.ts'
import { mlKemGroup, secP256r1MlKem768, secP384r1MlKem1024, x25519MlKem768 } from '../hybrid.ts'
import { chacha20Poly1305 } from '../noble/aead.ts'
import { aes128Cbc, aes256Cbc } from '../noble/cbc.ts'
import { TLS_CHACHA20_POLY1305_SHA256 } from '../noble/cipherSuites.ts'
import {
  ffdhe2048,
  ffdhe3072,
  secp521r1 as nobleSecp521r1,
  x25519 as nobleX25519,
  x448,
} from '../noble/groups.ts'
import { sha1, sha256, sha384, sha512 } from '../noble/hash.ts'
import { nobleProvider } from '../noble/index.ts'
import { nobleMlKem768, nobleMlKem1024 } from '../noble/mlKem.ts'
import type { CipherSuite, CryptoProvider } from '../provider.ts'
import { aes128Gcm, aes256Gcm } from './aead.ts'
import { secp256r1, secp384r1, secp521r1Or, x25519Or } from './groups.ts'
import { importPrivateKeyOr } from './privateKey.ts'
import { webSignatureVerifiers } from './signatureVerifiers.ts'

export { x25519 } from './groups.ts'
export { importPrivateKeyOr, secp256r1, secp384r1, secp521r1Or, webSignatureVerifiers, x25519Or }

export const TLS_AES_128_GCM_SHA256: CipherSuite = /* @__PURE__ */ cipherSuite(
  'TLS_AES_128_GCM_SHA256',
  aes128Gcm,
  sha256,
)

export const TLS_AES_256_GCM_SHA384: CipherSuite = /* @__PURE__ */ cipherSuite(
  'TLS_AES_256_GCM_SHA384',
  aes256Gcm,
  sha384,
)

export const webProvider: CryptoProvider = /* @__PURE__ */ makeProvider()

function makeProvider(): CryptoProvider {
  const x25519 = x25519Or(nobleX25519)
  return {
    name: 'web',
    random: nobleProvider.random,
    equal: nobleProvider.equal,
    hashes: { sha256, sha384, sha512, sha1 },
    cipherSuites: [TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256],
    classicCipherSuites: classicCipherSuites({
      ...{ aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Cbc, aes256Cbc, sha1, sha256, sha384 },
    }).filter(({ keyExchange }) => keyExchange !== 'RSA'),
    finiteFieldGroup: nobleProvider.finiteFieldGroup!,
    groups: [
      x25519MlKem768(nobleMlKem768, x25519),
      x25519,
      secp256r1,
      secp384r1,
      secp521r1Or(nobleSecp521r1),
      x448,
      secP256r1MlKem768(secp256r1, nobleMlKem768),
      secP384r1MlKem1024(secp384r1, nobleMlKem1024),
      mlKemGroup('MLKEM768', nobleMlKem768),
      mlKemGroup('MLKEM1024', nobleMlKem1024),
      ffdhe2048,
      ffdhe3072,
    ],
    signatureVerifiers: webSignatureVerifiers(nobleProvider.signatureVerifiers),
    importPrivateKey: importPrivateKeyOr(nobleProvider.importPrivateKey),
  }
}

/**
 * The provider over the @noble libraries: it runs wherever JavaScript runs, and synchronously, save for RSA, which
 * noble does not have and which goes through WebCrypto where the runtime has one. It is not constant-time: JavaScript
 * cannot promise that.
 */
import { equalBytes } from '@noble/curves/utils.js'
import type { CryptoProvider } from '../provider.ts'
import {
  TLS_AES_128_GCM_SHA256,
  TLS_AES_256_GCM_SHA384,
  TLS_CHACHA20_POLY1305_SHA256,
} from './cipherSuites.ts'
import { classicSuites } from './classicSuites.ts'
import {
  ffdhe2048,
  ffdhe3072,
  finiteFieldGroup,
  MLKEM768,
  MLKEM1024,
  SecP256r1MLKEM768,
  SecP384r1MLKEM1024,
  secp256r1,
  secp384r1,
  secp521r1,
  X25519MLKEM768,
  x448,
  x25519,
} from './groups.ts'
import { sha1, sha256, sha384, sha512 } from './hash.ts'
import { importPrivateKey } from './privateKey.ts'
import { random } from './random.ts'
import { signatureVerifiers } from './signatureVerifiers.ts'

export { rsaVerifiers } from '../rsaWebCrypto.ts'
export * from './cipherSuites.ts'
export * from './groups.ts'
export * from './hash.ts'
export * from './signatureVerifiers.ts'
export { equalBytes, importPrivateKey, random }

export const nobleProvider: CryptoProvider = {
  name: 'noble',
  random,
  equal: equalBytes,
  hashes: { sha256, sha384, sha512, sha1 },
  // ChaCha20 first: AES in JavaScript is made of tables, whose use can be timed.
  cipherSuites: [TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384],
  classicCipherSuites: classicSuites,
  finiteFieldGroup,
  groups: [
    X25519MLKEM768,
    x25519,
    secp256r1,
    secp384r1,
    secp521r1,
    x448,
    SecP256r1MLKEM768,
    SecP384r1MLKEM1024,
    MLKEM768,
    MLKEM1024,
    ffdhe2048,
    ffdhe3072,
  ],
  signatureVerifiers,
  importPrivateKey,
}

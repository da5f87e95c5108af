/**
 * The provider over node:crypto: synchronous and fast. Each suite and group is a named export, so that a record of
 * a few of them carries nothing else.
 */
import type { CryptoProvider } from '../provider.ts'
import { certificateCompressions } from './certificateCompression.ts'
import {
  TLS_AES_128_CCM_8_SHA256,
  TLS_AES_128_CCM_SHA256,
  TLS_AES_128_GCM_SHA256,
  TLS_AES_256_GCM_SHA384,
  TLS_CHACHA20_POLY1305_SHA256,
} from './cipherSuites.ts'
import { classicSuites } from './classicSuites.ts'
import { secp256r1, secp384r1, secp521r1 } from './ecdh.ts'
import { ffdhe2048, ffdhe3072, finiteFieldGroup } from './ffdhe.ts'
import { sha1, sha256, sha384, sha512 } from './hash.ts'
import {
  MLKEM768,
  MLKEM1024,
  SecP256r1MLKEM768,
  SecP384r1MLKEM1024,
  X25519MLKEM768,
} from './hybrid.ts'
import { equal, random } from './random.ts'
import { rsaEncrypt } from './rsaTransport.ts'
import { signatureVerifiers } from './signatureVerifiers.ts'
import { signingKey } from './signingKey.ts'
import { x448, x25519 } from './xdh.ts'

export * from './cipherSuites.ts'
export * from './ecdh.ts'
export * from './ffdhe.ts'
export * from './hash.ts'
export * from './hybrid.ts'
export * from './xdh.ts'
export { signatureVerifiers, signingKey }

export const nodeProvider: CryptoProvider = {
  name: 'node',
  random,
  equal,
  hashes: { sha256, sha384, sha512, sha1 },
  // AES first: it has hardware nearly everywhere that Node runs.
  cipherSuites: [
    TLS_AES_128_GCM_SHA256,
    TLS_AES_256_GCM_SHA384,
    TLS_CHACHA20_POLY1305_SHA256,
    TLS_AES_128_CCM_SHA256,
    TLS_AES_128_CCM_8_SHA256,
  ],
  classicCipherSuites: classicSuites,
  finiteFieldGroup,
  rsaEncrypt,
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
  certificateCompressions,
  signatureVerifiers,
  importPrivateKey: (pkcs8) => signingKey(pkcs8),
}

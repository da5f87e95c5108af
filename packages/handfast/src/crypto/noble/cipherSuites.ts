/** The TLS 1.3 cipher suites that @noble/ciphers has (RFC 8446 §B.4). */
import { cipherSuite } from '../cipherSuite.ts'
import type { CipherSuite } from '../provider.ts'
import { aes128Gcm, aes256Gcm, chacha20Poly1305 } from './aead.ts'
import { sha256, sha384 } from './hash.ts'

export const TLS_CHACHA20_POLY1305_SHA256: CipherSuite = /* @__PURE__ */ cipherSuite(
  'TLS_CHACHA20_POLY1305_SHA256',
  chacha20Poly1305,
  sha256,
)

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

/** The cipher suites of TLS 1.2, of this provider's parts. */
import { classicCipherSuites } from '../classicCipherSuites.ts'
import type { ClassicCipherSuite } from '../provider.ts'
import {
  aes128Ccm,
  aes128Ccm8,
  aes128Gcm,
  aes256Ccm,
  aes256Ccm8,
  aes256Gcm,
  chacha20Poly1305,
} from './aead.ts'
import { aes128Cbc, aes256Cbc } from './cbc.ts'
import { sha1, sha256, sha384 } from './hash.ts'

export const classicSuites: readonly ClassicCipherSuite[] = /* @__PURE__ */ classicCipherSuites({
  ...{ aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Ccm, aes256Ccm, aes128Ccm8, aes256Ccm8 },
  ...{ aes128Cbc, aes256Cbc, sha1, sha256, sha384 },
})

/** The cipher suites of TLS 1.2, of what @noble/ciphers has: no CCM. RSA key transport is for clients of other providers. */
import { classicCipherSuites } from '../classicCipherSuites.ts'
import type { ClassicCipherSuite } from '../provider.ts'
import { aes128Gcm, aes256Gcm, chacha20Poly1305 } from './aead.ts'
import { aes128Cbc, aes256Cbc } from './cbc.ts'
import { sha1, sha256, sha384 } from './hash.ts'

export const classicSuites: readonly ClassicCipherSuite[] = /* @__PURE__ */ classicCipherSuites({
  ...{ aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Cbc, aes256Cbc, sha1, sha256, sha384 },
}).filter(({ keyExchange }) => keyExchange !== 'RSA')

/** The TLS 1.3 cipher suites that @noble/ciphers has, ChaCha20 first: AES without hardware leaks through its tables. */
import { CipherSuiteId } from '../../codec/registry.ts'
import type { CipherSuite } from '../provider.ts'
import { aes128Gcm, aes256Gcm, chacha20Poly1305 } from './aead.ts'
import { sha256, sha384 } from './hash.ts'

export const TLS_CHACHA20_POLY1305_SHA256: CipherSuite = {
  id: CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256,
  name: 'TLS_CHACHA20_POLY1305_SHA256',
  aead: chacha20Poly1305,
  hash: sha256,
}

export const TLS_AES_128_GCM_SHA256: CipherSuite = {
  id: CipherSuiteId.TLS_AES_128_GCM_SHA256,
  name: 'TLS_AES_128_GCM_SHA256',
  aead: aes128Gcm,
  hash: sha256,
}

export const TLS_AES_256_GCM_SHA384: CipherSuite = {
  id: CipherSuiteId.TLS_AES_256_GCM_SHA384,
  name: 'TLS_AES_256_GCM_SHA384',
  aead: aes256Gcm,
  hash: sha384,
}

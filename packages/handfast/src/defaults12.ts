/** What is enabled of TLS 1.2 where the caller says nothing: a file of its own, which programs without TLS 1.2 do not have. */
import { ClassicCipherSuiteId } from './codec/classicCipherSuites.ts'

/**
 * TLS 1.2: forward secret and authenticated only. Off by default, to be enabled by naming them in `cipherSuites`: RSA key
 * transport (whoever gets the key later reads what was recorded; Bleichenbacher's oracle), DHE (slow, and clients cannot
 * say what groups they take), CBC (Lucky 13), CCM (no users on the web), PSK (both sides need the key first).
 */
export const defaultClassicCipherSuites: readonly number[] = [
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
]

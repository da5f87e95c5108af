/** What is enabled where the caller says nothing, and why. All else that the provider has is enabled by naming it. */
import { CipherSuiteId, NamedGroup } from './codec/registry.ts'

/** CCM_8 has a short tag, CCM no users on the web: both are for those who name them. */
export const defaultCipherSuites: readonly number[] = [
  CipherSuiteId.TLS_AES_128_GCM_SHA256,
  CipherSuiteId.TLS_AES_256_GCM_SHA384,
  CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256,
]

/** The hybrid first, as browsers do: what is recorded today is not to be read by a later quantum computer. */
export const defaultGroups: readonly number[] = [
  NamedGroup.X25519MLKEM768,
  NamedGroup.x25519,
  NamedGroup.secp256r1,
  NamedGroup.secp384r1,
]

/** Shares that a client sends at once: the hybrid, and the group that nearly every other server has. */
export const defaultKeyShares: readonly number[] = [NamedGroup.X25519MLKEM768, NamedGroup.x25519]

/**
 * Groups for which a server asks a client that has them, although its share of another would do: what is recorded today
 * is not to be read by a later quantum computer.
 */
export const defaultRetryGroups: readonly number[] = [
  NamedGroup.X25519MLKEM768,
  NamedGroup.SecP256r1MLKEM768,
  NamedGroup.SecP384r1MLKEM1024,
  NamedGroup.MLKEM768,
  NamedGroup.MLKEM1024,
]

/** By strength for the price; RSASSA-PKCS1 signs certificates only (RFC 8446 §4.2.3), and SHA-1 nothing. */
export const defaultSignatureSchemes: readonly number[] = [
  0x0403, // ecdsa_secp256r1_sha256
  0x0807, // ed25519
  0x0804, // rsa_pss_rsae_sha256
  0x0503, // ecdsa_secp384r1_sha384
  0x0805, // rsa_pss_rsae_sha384
  0x0806, // rsa_pss_rsae_sha512
  0x0603, // ecdsa_secp521r1_sha512
  0x0808, // ed448
  0x0809, // rsa_pss_pss_sha256
  0x080a, // rsa_pss_pss_sha384
  0x080b, // rsa_pss_pss_sha512
  0x0401, // rsa_pkcs1_sha256
  0x0501, // rsa_pkcs1_sha384
  0x0601, // rsa_pkcs1_sha512
]

/** Milliseconds by which the age that a client gives its ticket may be wrong, for early data (RFC 8446 §8.3). */
export const earlyDataFreshness = 10_000

/** A server answers with a few tickets, so that a client can open connections side by side (RFC 8446 §4.6.1). */
export const defaultTicketCount = 2

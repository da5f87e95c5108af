/** What TLS 1.3 and TLS 1.2 name, by IANA's names, in the order of the tests; and the other names that tools use. */

import { ClassicCipherSuiteId, opensslName } from 'handfast'

export const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
] as const

export const groups = [
  'X25519MLKEM768',
  'x25519',
  'secp256r1',
  'secp384r1',
  'secp521r1',
  'x448',
  'ffdhe2048',
  'ffdhe3072',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
] as const

export const signatureSchemes = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'ed448',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
] as const

/** Of TLS 1.2, those with a certificate: what the suites with a pre-shared key need of both ends, the adapters lack. */
export const suites12: readonly string[] = Object.keys(ClassicCipherSuiteId).filter(
  (name) => !name.includes('PSK_'),
)

/** One of each kind, for programs over OpenSSL: with that itself all of them run. */
export const someSuites12: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
]

/** Why the others are not run with such programs. */
export const reasonsOfOthers12: Readonly<Record<string, string>> = Object.fromEntries(
  suites12
    .filter((name) => !someSuites12.includes(name))
    .map((name) => [name, 'one suite of each kind is run with it, and all of them with OpenSSL']),
)

/** RFC 8422's curves, the only groups that TLS 1.2 names. */
export const groups12 = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448'] as const

/** TLS 1.2 signs its handshake with RSASSA-PKCS1 too. */
export const signatureSchemes12 = [
  ...signatureSchemes,
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
] as const

export type SignatureScheme = (typeof signatureSchemes12)[number]

/** IANA's name of a suite by OpenSSL's, for tools that print those. */
export const ianaName: ReadonlyMap<string, string> = new Map(
  suites12.map((name) => [opensslName(name), name]),
)

/** The value of `key` in a table of names, or an error that names both. */
export function translate(
  table: Readonly<Record<string, string>>,
  key: string,
  whose: string,
): string {
  const value = table[key]
  if (value === undefined) throw new Error(`${whose} has no name for ${key}`)
  return value
}

/** IANA's name for what a tool printed, whatever its case; undefined when the table lacks it. */
export function untranslate(
  table: Readonly<Record<string, string>>,
  printed: string,
): string | undefined {
  const wanted = printed.toLowerCase()
  return Object.keys(table).find(
    (name) => table[name]?.toLowerCase() === wanted || name.toLowerCase() === wanted,
  )
}

/** Reasons for what command-line tools have no options for. */
export function reasonsOfTools(tools: string): Record<string, string> {
  const missing = `${tools} have none for it`
  return Object.fromEntries(
    [
      'key-update',
      'post-handshake-auth',
      'ocsp-stapling',
      'no-middlebox-compatibility',
      'record-size-limit',
      'record-padding',
      'max-send-fragment',
      'early-data',
    ].map((name) => [name, missing]),
  )
}

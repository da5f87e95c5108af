/** Cipher suites of the time before TLS 1.2. RC4, export, NULL and anonymous suites are not among them and never will be. */
import { ClassicCipherSuiteId as Id } from '../codec/classicCipherSuites.ts'
import { sha1, sha256 } from '../crypto/node/hash.ts'
import { tripleDesCbc } from '../crypto/node/legacy.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'

/** 3DES is here and nowhere else. */
export const LegacyCipherSuiteId = {
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: 0xc008,
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 0xc012,
  TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: 0x0016,
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 0x000a,
} as const

/** What TLS 1.1, TLS 1.0 and SSL 3.0 have where nothing is named: forward secrecy first, 3DES last. */
export const defaultLegacyCipherSuites: readonly number[] = [
  Id.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
  Id.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
  Id.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
  Id.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
  Id.TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
  Id.TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
  Id.TLS_RSA_WITH_AES_128_CBC_SHA,
  Id.TLS_RSA_WITH_AES_256_CBC_SHA,
  ...Object.values(LegacyCipherSuiteId),
]

export const tripleDesSuites: readonly ClassicCipherSuite[] = (
  [
    ['TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA', 'ECDHE', 'ECDSA'],
    ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 'ECDHE', 'RSA'],
    ['TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA', 'DHE', 'RSA'],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'RSA', 'RSA'],
  ] as const
).map(([name, keyExchange, authentication]) => ({
  id: LegacyCipherSuiteId[name],
  name,
  keyExchange,
  authentication,
  protection: { kind: 'block', cipher: tripleDesCbc, mac: sha1 },
  // Of the PRF, where TLS 1.2 uses the suite.
  hash: sha256,
}))

/** Profiles that others wrote, as configurations of the library: what each leaves of the protocol. */
import { CipherSuiteId, ClassicCipherSuiteId, NamedGroup } from 'handfast'

export type ProfileName =
  | 'fips-202205'
  | 'wpa-202304'
  | 'cnsa-202407'
  | 'cnsa1-202603'
  | 'cnsa2-202603'

export interface Profile {
  readonly versions?: readonly number[]
  /** Code points, the preferred first. */
  readonly cipherSuites?: readonly number[]
  readonly groups?: readonly number[]
  /** For both: what is accepted, and what is made. */
  readonly signatureSchemes?: readonly number[]
  readonly serverPreference?: true
}

const { TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256 } =
  CipherSuiteId
const ecdheAes256 = [
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
]
const ofSha384 = [0x0503, 0x0805, 0x0501]

export const profiles: { readonly [name in ProfileName]: Profile } = {
  /** NIST SP 800-52r2. */
  'fips-202205': {
    versions: [0x0304, 0x0303],
    cipherSuites: [
      TLS_AES_128_GCM_SHA256,
      TLS_AES_256_GCM_SHA384,
      ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      ...ecdheAes256,
    ],
    groups: [NamedGroup.secp256r1, NamedGroup.secp384r1],
    signatureSchemes: [0x0401, 0x0501, 0x0601, 0x0403, 0x0503, 0x0804, 0x0805, 0x0806],
  },
  /** WPA3-Enterprise with 192 bits. */
  'wpa-202304': {
    versions: [0x0304, 0x0303],
    cipherSuites: [TLS_AES_256_GCM_SHA384, ...ecdheAes256],
    groups: [NamedGroup.secp384r1],
    signatureSchemes: [0x0501, 0x0601, 0x0503, 0x0805, 0x0806],
  },
  /** The stronger AES first, nothing else. */
  'cnsa-202407': {
    cipherSuites: [TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256],
    serverPreference: true,
  },
  /** RFC 9151, with ML-KEM-1024 before its curve. */
  'cnsa1-202603': {
    versions: [0x0304, 0x0303],
    cipherSuites: [
      TLS_AES_256_GCM_SHA384,
      ...ecdheAes256,
      ClassicCipherSuiteId.TLS_RSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: [NamedGroup.MLKEM1024, NamedGroup.secp384r1],
    signatureSchemes: ofSha384,
    serverPreference: true,
  },
  /** draft-becker-cnsa2-tls-profile, whose certificates are not there yet. */
  'cnsa2-202603': {
    versions: [0x0304],
    cipherSuites: [TLS_AES_256_GCM_SHA384],
    groups: [NamedGroup.MLKEM1024],
    signatureSchemes: ofSha384,
  },
}

/**
 * The SignatureScheme registry (RFC 8446 §4.2.3). A scheme names the algorithm that a provider has, and, in TLS 1.3,
 * the kind of key that may make it: an ECDSA scheme binds its curve, an RSASSA-PSS scheme its OID.
 */
import type { SignatureAlgorithm } from '@handfast/x509'
import type { Registry } from './registry.ts'

export interface SignatureScheme {
  readonly id: number
  readonly name: string
  /** The provider's name of what verifies it. */
  readonly algorithm: SignatureAlgorithm
  /** The subjectPublicKeyInfo algorithm that the signer's certificate must have. */
  readonly keyType:
    | 'rsa'
    | 'rsa-pss'
    | 'ec'
    | 'ed25519'
    | 'ed448'
    | 'ml-dsa-44'
    | 'ml-dsa-65'
    | 'ml-dsa-87'
  /** For `ec` in TLS 1.3: the one curve. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521'
  /** True where the scheme may sign certificates only, never a TLS 1.3 handshake. */
  readonly certificatesOnly?: true
}

export const signatureSchemeTable: readonly SignatureScheme[] = [
  {
    id: 0x0403,
    name: 'ecdsa_secp256r1_sha256',
    algorithm: 'ecdsa-sha256',
    keyType: 'ec',
    curve: 'P-256',
  },
  {
    id: 0x0503,
    name: 'ecdsa_secp384r1_sha384',
    algorithm: 'ecdsa-sha384',
    keyType: 'ec',
    curve: 'P-384',
  },
  {
    id: 0x0603,
    name: 'ecdsa_secp521r1_sha512',
    algorithm: 'ecdsa-sha512',
    keyType: 'ec',
    curve: 'P-521',
  },
  { id: 0x0807, name: 'ed25519', algorithm: 'ed25519', keyType: 'ed25519' },
  { id: 0x0808, name: 'ed448', algorithm: 'ed448', keyType: 'ed448' },
  // draft-ietf-tls-mldsa §3: for TLS 1.3 only.
  { id: 0x0904, name: 'mldsa44', algorithm: 'ml-dsa-44', keyType: 'ml-dsa-44' },
  { id: 0x0905, name: 'mldsa65', algorithm: 'ml-dsa-65', keyType: 'ml-dsa-65' },
  { id: 0x0906, name: 'mldsa87', algorithm: 'ml-dsa-87', keyType: 'ml-dsa-87' },
  { id: 0x0804, name: 'rsa_pss_rsae_sha256', algorithm: 'rsa-pss-sha256', keyType: 'rsa' },
  { id: 0x0805, name: 'rsa_pss_rsae_sha384', algorithm: 'rsa-pss-sha384', keyType: 'rsa' },
  { id: 0x0806, name: 'rsa_pss_rsae_sha512', algorithm: 'rsa-pss-sha512', keyType: 'rsa' },
  { id: 0x0809, name: 'rsa_pss_pss_sha256', algorithm: 'rsa-pss-sha256', keyType: 'rsa-pss' },
  { id: 0x080a, name: 'rsa_pss_pss_sha384', algorithm: 'rsa-pss-sha384', keyType: 'rsa-pss' },
  { id: 0x080b, name: 'rsa_pss_pss_sha512', algorithm: 'rsa-pss-sha512', keyType: 'rsa-pss' },
  {
    id: 0x0401,
    name: 'rsa_pkcs1_sha256',
    algorithm: 'rsa-pkcs1-sha256',
    keyType: 'rsa',
    certificatesOnly: true,
  },
  {
    id: 0x0501,
    name: 'rsa_pkcs1_sha384',
    algorithm: 'rsa-pkcs1-sha384',
    keyType: 'rsa',
    certificatesOnly: true,
  },
  {
    id: 0x0601,
    name: 'rsa_pkcs1_sha512',
    algorithm: 'rsa-pkcs1-sha512',
    keyType: 'rsa',
    certificatesOnly: true,
  },
]

/**
 * What RSA keys sign with before TLS 1.2: the digests of MD5 and SHA-1, one after the other, without an identifier (RFC 4346
 * §4.7). It never crosses the wire; the number is of the private range of the registry.
 */
export const rsaPkcs1Md5Sha1 = 0xff01

/** What ECDSA keys sign with before TLS 1.2 (RFC 4492 §5.4). */
export const ecdsaSha1 = 0x0203

const byId: ReadonlyMap<number, SignatureScheme> = new Map(
  signatureSchemeTable.map((s) => [s.id, s]),
)

export const signatureSchemes: Registry = {
  title: 'SignatureScheme',
  digits: 4,
  names: new Map(
    [
      ...signatureSchemeTable,
      { id: 0x0201, name: 'rsa_pkcs1_sha1' },
      { id: 0x0203, name: 'ecdsa_sha1' },
      { id: rsaPkcs1Md5Sha1, name: 'rsa_pkcs1_md5_sha1' },
    ].map(({ id, name }) => [id, name]),
  ),
}

/** What is known of a code point; undefined for one that this library does not have. */
export function signatureScheme(id: number): SignatureScheme | undefined {
  return byId.get(id)
}

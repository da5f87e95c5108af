/** What is used of WebCrypto (Web Cryptography Level 2): the engine is compiled without the types of a DOM. */
import { ConfigurationError } from '../errors.ts'

/** A CryptoKey, of which only the platform knows the inside. */
export type PlatformKey = object

export interface PlatformKeyPair {
  readonly privateKey: PlatformKey
  readonly publicKey: PlatformKey
}

type Algorithm = string | { readonly name: string }
type KeyUsage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'deriveBits'

export interface Subtle {
  importKey(
    format: 'raw' | 'spki' | 'pkcs8',
    data: Uint8Array,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<PlatformKey>
  exportKey(format: 'raw', key: PlatformKey): Promise<ArrayBuffer>
  generateKey(
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<PlatformKeyPair>
  deriveBits(algorithm: Algorithm, key: PlatformKey, length: number): Promise<ArrayBuffer>
  encrypt(algorithm: Algorithm, key: PlatformKey, data: Uint8Array): Promise<ArrayBuffer>
  decrypt(algorithm: Algorithm, key: PlatformKey, data: Uint8Array): Promise<ArrayBuffer>
  sign(algorithm: Algorithm, key: PlatformKey, data: Uint8Array): Promise<ArrayBuffer>
  verify(
    algorithm: Algorithm,
    key: PlatformKey,
    signature: Uint8Array,
    data: Uint8Array,
  ): Promise<boolean>
}

/** Absent outside of secure contexts (a page without HTTPS) and in runtimes without WebCrypto. */
export function platformSubtle(): Subtle | undefined {
  return (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle
}

/** @throws ConfigurationError `ERR_NOT_PROVIDED` where this runtime has none */
export function subtle(): Subtle {
  const platform = platformSubtle()
  if (platform !== undefined) return platform
  throw new ConfigurationError(
    'ERR_NOT_PROVIDED',
    'This runtime has no crypto.subtle (a page has it over HTTPS only): use the noble provider',
  )
}

/** Whether the platform refused because it has no such algorithm, and not because of the key or the data. */
export function isNotSupported(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'NotSupportedError'
}

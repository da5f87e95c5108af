/** What node:tls lists: ciphers, roots and defaults. */
import { rootCertificates as nodeRoots } from 'node:tls'
import { cipherSuites, nameOf } from '../codec/registry.ts'
import { defaultCipherSuites } from '../defaults.ts'
import { knownCipherNames } from './names.ts'

/** PEM of the certificates that come with Node (Mozilla's); what is trusted by default may be more. */
export const rootCertificates: readonly string[] = nodeRoots

/** The suites that can be named in `ciphers`, in lower case. */
export function getCiphers(): string[] {
  return [...knownCipherNames]
}

/** The suites that are enabled where `ciphers` says nothing, the preferred first. */
export const DEFAULT_CIPHERS: string = defaultCipherSuites
  .map((id) => nameOf(cipherSuites, id))
  .join(':')

/** Versions that connections have by default; TLS 1.3 is all there is. */
export const DEFAULT_MIN_VERSION = 'TLSv1.3'
export const DEFAULT_MAX_VERSION = 'TLSv1.3'
export const DEFAULT_ECDH_CURVE = 'auto'

/** What node:tls lists: ciphers and roots. */
import { rootCertificates as nodeRoots } from 'node:tls'
import { knownCipherNames } from './names.ts'

/** PEM of the certificates that come with Node (Mozilla's); what is trusted by default may be more. */
export const rootCertificates: readonly string[] = nodeRoots

/** The suites that can be named in `ciphers`, in lower case. */
export function getCiphers(): string[] {
  return [...knownCipherNames]
}

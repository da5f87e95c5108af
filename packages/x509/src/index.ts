/**
 * X.509 for JavaScript: strict certificates, path building and validation, names. It decides who a peer is and knows
 * nothing of TLS, of the network, of the clock or of any crypto library: time and signature functions are arguments.
 */

import type { MaybePromise } from './steps.ts'
import type {
  Certificate,
  Field,
  Name,
  TrustAnchor,
  TrustStore,
  Verdict,
  VerifyInput,
} from './types.ts'

export * from './errors.ts'
export * from './steps.ts'
export type * from './types.ts'

export declare function parseCertificate(der: Uint8Array): Certificate
export declare function certificateFields(certificate: Certificate): Field
export declare function formatName(name: Name): string
export declare function createTrustStore(
  certificates: readonly (TrustAnchor | Certificate | Uint8Array)[],
): TrustStore
export declare function verifyCertificate(input: VerifyInput): MaybePromise<Verdict>
/** True when the certificate is for this DNS name or IP address literal (RFC 9525). */
export declare function matchesName(certificate: Certificate, name: string): boolean

/** Why a certificate is revoked (RFC 5280 §5.3.1). Holding one, and taking it off hold, is not offered. */
import type { RevocationReason as AnyReason } from '@handfast/x509'

export type RevocationReason = Exclude<AnyReason, 'certificateHold' | 'removeFromCRL'>

const numbers: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
  aACompromise: 10,
}

/** Every reason, for messages and for option lists. */
export const revocationReasons = Object.keys(numbers) as readonly RevocationReason[]

/** The CRLReason; `undefined` for `unspecified`, which is said by leaving it out. */
export const reasonNumber = (reason: RevocationReason | undefined): number | undefined =>
  reason === undefined || reason === 'unspecified' ? undefined : numbers[reason]

export interface Revocation {
  readonly revokedAt: Date
  readonly reason?: RevocationReason
}

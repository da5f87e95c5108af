/** CRLReason (RFC 5280 §5.3.1). */
import { type DerReader, tags } from '../der.ts'
import type { RevocationReason } from '../types.ts'

/** By number; 7 is not used. */
const reasons: readonly (RevocationReason | undefined)[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
]

/** Reads a `CRLReason`, an ENUMERATED. */
export function readReason(reader: DerReader): RevocationReason {
  const number = reader.smallInteger('reason', tags.enumerated)
  const reason = reasons[number]
  if (reason === undefined) throw reader.error(`unknown revocation reason ${number}`)
  return reason
}

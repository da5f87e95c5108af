/** From when until when: what a caller says, and what is usual where nothing is said. */
import { AuthorityError } from './errors.ts'
import type { Validity } from './types.ts'

const day = 86_400_000 // milliseconds
export const clockSkew = 3_600_000 // milliseconds: a peer whose clock is late still accepts the certificate

/** Days. */
export const defaultDays = { root: 3650, intermediate: 1825, endEntity: 90 }

/** A default end never outlives the issuer, since no path through it would be valid any longer. */
export function chooseValidity(
  { days, notBefore, notAfter }: Validity,
  defaultLength: number,
  issuer: { readonly notAfter: Date } | undefined,
): { notBefore: Date; notAfter: Date } {
  if (days !== undefined && !(days > 0)) {
    throw new AuthorityError('days is a positive number; a certificate that is past takes notAfter')
  }
  const now = Date.now()
  const defaultEnd = Math.min(now + defaultLength * day, issuer?.notAfter.getTime() ?? Infinity)
  const requestedEnd = notAfter?.getTime() ?? (days === undefined ? undefined : now + days * day)
  const end = requestedEnd ?? defaultEnd
  // A certificate whose end is past was good for a day, unless the caller says otherwise.
  const begin = notBefore?.getTime() ?? (end > now ? now - clockSkew : end - day)
  if (!(begin <= end)) {
    throw new AuthorityError(
      'notBefore and notAfter are valid dates, and notBefore is the earlier one',
    )
  }
  return { notBefore: wholeSeconds(begin), notAfter: wholeSeconds(end) }
}

const wholeSeconds = (milliseconds: number): Date =>
  new Date(Math.floor(milliseconds / 1000) * 1000)

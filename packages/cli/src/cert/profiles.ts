/** The profiles by their names on the command line; the Public Suffix List is that of tldts, as current as its release. */
import type { Profile } from '@handfast/x509'
import { rfc5280, webpki } from '@handfast/x509/profiles'
import { getDomain, getPublicSuffix } from 'tldts'

export const profiles = {
  path: undefined,
  rfc5280,
  webpki: webpki({ isPublicSuffix }),
} as const satisfies Record<string, Profile | undefined>

/** The list's private part, such as `github.io`, is no registry's: its owner may have a certificate for all of it. */
function isPublicSuffix(domain: string): boolean {
  return getPublicSuffix(domain) === domain && getDomain(domain) === null
}

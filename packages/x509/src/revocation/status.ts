/** What is known about a certificate's revocation, by one source. */
import type {
  Certificate,
  Name,
  RevokedInfo,
  SignatureAlgorithmIdentifier,
  SubjectPublicKeyInfo,
} from '../types.ts'

export type Status =
  | { readonly status: 'good' }
  | ({ readonly status: 'revoked' } & RevokedInfo)
  /** The source says nothing that may be used, and why. */
  | { readonly status: 'unusable'; readonly reason: string }

export const unusable = (reason: string): Status => ({ status: 'unusable', reason })

/** Who issued the certificate that is asked about: a certificate of the path, or the anchor's bare name and key. */
export interface Issuer {
  readonly name: Name
  readonly key: SubjectPublicKeyInfo
  readonly certificate: Certificate | undefined
}

/** SHA-1 can be forged: what it signs may not vouch for anything. */
export function isBroken({ name }: SignatureAlgorithmIdentifier): boolean {
  return name === 'rsa-pkcs1-sha1' || name === 'ecdsa-sha1'
}

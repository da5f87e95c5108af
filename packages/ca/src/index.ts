export { createAuthority, openAuthority } from './authority.ts'
export { AuthorityError } from './errors.ts'
export type { Extension } from './extensions.ts'
export { type KeyType, keyTypes, type Signer } from './keys.ts'
export type { DistinguishedName, NameConstraints } from './names.ts'
export { renewalOptions } from './renewal.ts'
export { type CertificationRequest, parseCertificationRequest } from './request.ts'
export {
  type RevocationListOptions,
  type RevokedEntry,
  signRevocationList,
} from './revocation/list.ts'
export {
  answerOcsp,
  type CertificateStatus,
  createOcspResponder,
  issueOcspDelegate,
  type OcspResponder,
  type OcspResponderOptions,
  ocspError,
} from './revocation/ocsp.ts'
export { encodeOcspRequest, type OcspIssuer } from './revocation/ocsp-request.ts'
export { type Revocation, type RevocationReason, revocationReasons } from './revocation/reasons.ts'
export type {
  Authority,
  AuthorityOptions,
  Certified,
  CertifyOptions,
  IssuedCertificate,
  IssueOptions,
  PublishedAt,
  StoredAuthority,
  Validity,
} from './types.ts'

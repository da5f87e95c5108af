export {
  type Authority,
  type AuthorityOptions,
  createAuthority,
  type IssuedCertificate,
  type IssueOptions,
  type Validity,
} from './authority.ts'
export type { Extension } from './extensions.ts'
export { type KeyType, keyTypes } from './keys.ts'
export type { DistinguishedName, NameConstraints } from './names.ts'

/** An authority in a directory on disk, for Node. */
export {
  AuthorityDirectory,
  createDirectory,
  type DirectoryOptions,
  type From,
  isInitialised,
  openDirectory,
} from './directory.ts'
export { DirectoryError, type DirectoryErrorCode } from './errors.ts'
export { defaultDirectory } from './layout.ts'
export type { LockHolder } from './lock.ts'
export { createPkcs12, type Pkcs12Options } from './pkcs12.ts'
export type { AuthorityRecord, IssuedRecord } from './register.ts'
export { readTemplate, type Template, templateNames } from './templates.ts'

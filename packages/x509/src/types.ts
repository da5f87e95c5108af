/** The shapes of this package, in one place for everything that names them. */
export type * from './types/certificate.ts'
export type * from './types/checks.ts'
export type * from './types/keys.ts'
export type * from './types/revocation.ts'
export type * from './types/verification.ts'

/**
 * X.509 for JavaScript: strict certificates, path building and validation, names. It decides who a peer is and knows
 * nothing of TLS, of the network, of the clock or of any crypto library: time and signature functions are arguments.
 */
export { defaultBudget } from './budget.ts'
export { parseCertificate } from './certificate.ts'
export { checkPins } from './check-pins.ts'
export * from './errors.ts'
export { formatGeneralName } from './general-name.ts'
export { matchesName } from './host-name.ts'
export { formatName } from './name.ts'
export { decodePem, encodePem, type PemBlock } from './pem.ts'
export { parseSubjectPublicKeyInfo } from './public-key.ts'
export { checkRevocation } from './revocation/check-revocation.ts'
export { parseCertificateRevocationList } from './revocation/crl.ts'
export { parseOcspResponse } from './revocation/ocsp.ts'
export * from './steps.ts'
export { createTrustStore } from './trust-store.ts'
export type * from './types.ts'
export { verifyCertificate } from './verify.ts'

/**
 * The readers that certificates are parsed with, for structures of the same family: certification requests, OCSP
 * requests. As strict as they are for certificates; every error is an `X509Error` that says where.
 */
export { readExtensionList } from './certificate.ts'
export { contextConstructed, contextPrimitive, DerReader, readWhole, tags } from './der.ts'
export { readGeneralNames } from './general-name.ts'
export { readName } from './name.ts'
export { readSignatureAlgorithm } from './signature-algorithm.ts'

/** Rules for the content of certificates, for `profile`. */
export { rfc5280 } from './rfc5280.ts'
export { type WebpkiOptions, webpki } from './webpki.ts'

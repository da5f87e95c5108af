/** Certificate Transparency (RFC 6962): do public logs know the certificate? */
export { parseTimestampList } from '../extensions/timestamps.ts'
export { checkTransparency } from './check-transparency.ts'
export { parseSignedCertificateTimestamp } from './timestamp.ts'

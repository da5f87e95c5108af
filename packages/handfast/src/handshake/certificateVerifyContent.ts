/** What a CertificateVerify signs (RFC 8446 §4.4.3). */
import { concat, fromText } from '../codec/bytes.ts'
import type { Role } from '../trace/events.ts'

/** 64 spaces, so that nothing signed by an earlier version can be taken for it; then who signs; a zero; the hash. */
export function signedContent(signer: Role, transcriptHash: Uint8Array): Uint8Array {
  const context = `${' '.repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`
  return concat(fromText(context), transcriptHash)
}

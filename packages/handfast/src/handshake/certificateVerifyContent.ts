/** What a CertificateVerify signs (RFC 8446 §4.4.3). */
import { concat, fromText } from '../codec/bytes.ts'
import type { Role } from '../trace/events.ts'

/** 64 spaces, so that nothing signed by an earlier version can be taken for it; then who signs; a zero. */
function contextOf(signer: Role): Uint8Array {
  return fromText(`${' '.repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`)
}

const contexts = { client: contextOf('client'), server: contextOf('server') }

/** The context, and the hash. */
export function signedContent(signer: Role, transcriptHash: Uint8Array): Uint8Array {
  return concat(contexts[signer], transcriptHash)
}

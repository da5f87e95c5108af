/** RFC 8449: how large a record each side wants to receive. */
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import type { HandshakeContext } from './context.ts'

/**
 * Puts both limits in force, once the extension has been answered.
 * @param limit the peer's: bytes of a TLSInnerPlaintext, which counts the content type
 */
export function useRecordSizeLimit(
  hs: HandshakeContext,
  { recordSizeLimit }: { readonly recordSizeLimit?: number },
  limit: number,
  by: 'client' | 'server',
): void {
  // A client may know of larger records than we do (RFC 8449 §4); a server answers us.
  if (limit < 64 || (by === 'server' && limit > maxPlaintextLength + 1))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `A record_size_limit of ${limit} is not allowed`, {
      section: 'RFC 8449 §4',
    })
  hs.records.maxFragment = Math.min(hs.records.maxFragment, limit - 1)
  hs.records.receiveLimit = recordSizeLimit ?? maxPlaintextLength + 1
  hs.decide(() => ({
    what: 'record size limit',
    by,
    offered: [],
    chosen: String(limit),
    why: 'So large a record the other side wants to receive, in bytes, and no larger.',
    section: 'RFC 8449 §4',
  }))
}

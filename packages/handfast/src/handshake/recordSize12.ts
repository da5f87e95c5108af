/** RFC 8449 in TLS 1.2: how large a record each side wants to receive. */
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import type { Role } from '../trace/events.ts'
import type { HandshakeContext } from './context.ts'

/** Up to TLS 1.2 the limit is of the content alone (RFC 8449 §4). @param limit the peer's, bytes */
export function useRecordSizeLimit12(
  hs: HandshakeContext,
  { recordSizeLimit }: { readonly recordSizeLimit?: number },
  limit: number,
  by: Role,
): void {
  if (limit < 64 || (by === 'server' && limit > maxPlaintextLength + 1))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `A record_size_limit of ${limit} is not allowed in TLS 1.2`,
      {
        section: 'RFC 8449 §4',
      },
    )
  hs.records.maxFragment = Math.min(hs.records.maxFragment, limit)
  // The record layer counts a content type, which these records do not have.
  hs.records.receiveLimit = Math.min(recordSizeLimit ?? maxPlaintextLength, maxPlaintextLength) + 1
  hs.decide(() => ({
    what: 'record size limit',
    by,
    offered: [],
    chosen: String(limit),
    why: 'So large a record the other side wants to receive, in bytes, and no larger.',
    section: 'RFC 8449 §4',
  }))
}

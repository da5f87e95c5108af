/** How large a record each side wants to receive, in TLS 1.2: RFC 8449, and RFC 6066 §4 before it. */
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import type { Role } from '../trace/events.ts'
import type { HandshakeContext } from './context.ts'

function tell(hs: HandshakeContext, by: Role, bytes: number, section: string): void {
  hs.decide(() => ({
    what: 'record size limit',
    by,
    offered: [],
    chosen: String(bytes),
    why: 'So large a record the other side wants to receive, in bytes, and no larger.',
    section,
  }))
}

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
  tell(hs, by, limit, 'RFC 8449 §4')
}

/**
 * Puts max_fragment_length in force, for both directions.
 * @param code of the extension. @param asked bytes that we asked for, as a client
 */
export function useMaxFragmentLength(
  hs: HandshakeContext,
  code: number,
  asked: number | undefined,
): void {
  const bytes = 2 ** (8 + code)
  if (code < 1 || code > 4 || (asked !== undefined && bytes !== asked))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `A max_fragment_length of ${code} is ${code < 1 || code > 4 ? 'not defined' : 'not the one that was asked for'}`,
      { section: 'RFC 6066 §4' },
    )
  hs.records.maxFragment = Math.min(hs.records.maxFragment, bytes)
  hs.records.receiveLimit = bytes + 1
  tell(hs, 'client', bytes, 'RFC 6066 §4')
}

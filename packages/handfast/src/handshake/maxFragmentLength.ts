/** RFC 6066 §4: how long records a client wants, of every version; record_size_limit came after it. */
import { TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'

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
  hs.decide(() => ({
    what: 'record size limit',
    by: 'client',
    offered: [],
    chosen: String(bytes),
    why: 'So large a record the other side wants to receive, in bytes, and no larger.',
    section: 'RFC 6066 §4',
  }))
}

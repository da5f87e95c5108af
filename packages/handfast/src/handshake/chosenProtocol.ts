/** The server's answer to our application protocols (RFC 7301 §3.1), in whatever message it stands. */
import { toText } from '../codec/bytes.ts'
import type { ClientConfig } from '../config.ts'
import { TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'

/** @returns undefined where the server chooses none */
export function chosenProtocol(
  hs: HandshakeContext,
  { alpnProtocols = [] }: ClientConfig,
  answer: readonly Uint8Array[] | undefined,
): string | undefined {
  if (answer === undefined) return undefined
  const [first] = answer
  if (first === undefined || answer.length !== 1)
    throw new TlsError('ERR_DECODE', 'The server chooses more than one application protocol', {
      section: 'RFC 7301 §3.1',
    })
  const protocol = toText(first)
  if (!alpnProtocols.includes(protocol))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'The server chooses an application protocol that was not offered',
      { section: 'RFC 7301 §3.1' },
    )
  hs.decide(() => ({
    what: 'application protocol',
    by: 'server',
    offered: alpnProtocols,
    chosen: protocol,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 7301 §3.2',
  }))
  return protocol
}

/** Sessions that were stored, and tickets that a client shows, opened by a key that fits. */

import { ConfigurationError } from '../../../packages/handfast/src/errors.ts'
import {
  parseSession,
  serializeSession,
  statelessTickets,
} from '../../../packages/handfast/src/index.ts'
import { agreeableProvider } from '../agreeable.ts'

const { aead } = agreeableProvider.cipherSuites[0]!
const key = new Uint8Array(16 + aead.keyLength)

export function fuzz(input: Uint8Array): void {
  try {
    const bytes = serializeSession(parseSession(input))
    if (Buffer.compare(bytes, input) !== 0) throw new Error('A session has two forms')
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.code !== 'ERR_BAD_SESSION') throw error
  }
  const tickets = statelessTickets({
    crypto: agreeableProvider,
    aead,
    clock: () => 1_790_000_000_000,
    key,
  })
  const ticket = Buffer.concat([
    new Uint8Array(16 + aead.nonceLength),
    input,
    new Uint8Array(aead.tagLength),
  ])
  const state = tickets.redeem(new Uint8Array(ticket))
  if (state !== undefined && 'then' in state) throw new Error('A ticket is opened later')
}

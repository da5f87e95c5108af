/** Data in the client's first flight, as a server takes or refuses it (RFC 8446 §4.2.10, §8). */
import type { Steps } from '@handfast/x509'
import { findExtension, hasExtension } from '../codec/extension.ts'
import { preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { EndOfEarlyData } from '../codec/messages.ts'
import { ExtensionType, HandshakeType } from '../codec/registry.ts'
import type { ClientHelloInfo, ServerConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { earlyDataFreshness } from '../defaults.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import type { AcceptedPsk } from './serverPsk.ts'

export function offersEarlyData({ message }: ClientHelloInfo): boolean {
  return hasExtension(message.extensions, ExtensionType.early_data)
}

/** What is decided by before anything is answered. */
interface Considered {
  readonly suite: CipherSuite
  readonly protocol: string | undefined
  readonly psk: AcceptedPsk | undefined
  readonly helloRetried: boolean
}

/** Decides, once, and lets the guard note what is taken. Until here the data counts as refused, and is passed over. */
export function* acceptEarlyData(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  considered: Considered,
): Steps<boolean> {
  const reason = yield* whyNot(hs, config, info, considered)
  hs.decide(() => ({
    what: 'early data',
    by: 'server',
    offered: ['accept', 'refuse'],
    chosen: reason === undefined ? 'accept' : 'refuse',
    why: reason ?? 'The session allows it, the ClientHello is fresh, and it was not here before.',
    section: 'RFC 8446 §4.2.10',
  }))
  if (reason !== undefined) return false
  hs.records.skippableBytes = 0
  return true
}

function* whyNot(
  hs: HandshakeContext,
  { earlyData, clock }: ServerConfig,
  info: ClientHelloInfo,
  { suite, protocol, psk, helloRetried }: Considered,
): Steps<string | undefined> {
  if (earlyData === undefined)
    return 'This server takes no early data: it can be replayed. The client sends it again after the handshake.'
  if (helloRetried) return 'A second ClientHello was asked for: what came with the first is lost.'
  const { state, index } = psk ?? {}
  if (state === undefined) return 'No session is resumed.'
  if (index !== 0) return 'The session is not the first that the client offers.'
  if (!state.maxEarlyData) return 'The session was made without it.'
  if (state.cipherSuite !== suite.id) return 'The session is of another cipher suite.'
  if (state.alpnProtocol !== protocol) return 'The session is of another application protocol.'
  // RFC 8446 §8.3: how old the client says that the ticket is, and how old it is.
  const offered = findExtension(info.message.extensions, preSharedKey, 'ClientHello')
  const obfuscated = offered?.identities[0]?.obfuscatedTicketAge ?? 0
  const binder = offered?.binders[0]
  const now = clock()
  const told = (obfuscated - state.ageAdd + 2 ** 32) % 2 ** 32
  const { freshness = earlyDataFreshness } = earlyData
  if (Math.abs(now - state.issuedAt - told) > freshness)
    return 'The ClientHello is not fresh: it may be a recording.'
  const until = now + 2 * freshness
  const isFirst =
    binder !== undefined &&
    (yield* hs.settle('asking the replay guard', earlyData.replayGuard.firstUse(binder, until)))
  return isFirst ? undefined : 'The ClientHello was here before, or cannot be noted.'
}

/** All early data, and the message that ends it (RFC 8446 §4.5). */
export function* receiveEndOfEarlyData(hs: HandshakeContext): HandshakeSteps<void> {
  const message = yield* hs.receive(HandshakeType.end_of_early_data)
  hs.read(message, EndOfEarlyData)
}

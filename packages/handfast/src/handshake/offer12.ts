/** What versions up to TLS 1.2 add to the one ClientHello that offers all versions (RFC 5246 §7.4.1.2 and its extensions). */
import type { Steps } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { extensionOf, findExtension, type RawExtension } from '../codec/extension.ts'
import { ecPointFormats } from '../codec/extensions/ec_point_formats.ts'
import { encryptThenMac } from '../codec/extensions/encrypt_then_mac.ts'
import { extendedMasterSecret } from '../codec/extensions/extended_master_secret.ts'
import { maxFragmentLength } from '../codec/extensions/max_fragment_length.ts'
import { renegotiationInfo } from '../codec/extensions/renegotiation_info.ts'
import { sessionTicket } from '../codec/extensions/session_ticket.ts'
import { AlertDescription } from '../codec/registry.ts'
import type { ClientConfig } from '../config.ts'
import { ConfigurationError } from '../errors.ts'
import type { Session } from '../session/session.ts'
import type { Offer } from './clientHello.ts'
import { whyNotResume } from './clientPsk.ts'
import type { HandshakeContext } from './context.ts'
import { enabledClassicSuites } from './negotiation12.ts'
import type { OfferPart } from './protocol.ts'
import type { ClassicVersion } from './version12.ts'

/** RFC 8422 §5.1.1: of the suites with a curve, point formats are to be said. */
const withCurves = /^ECDHE/
const none = new Uint8Array(0)

export function* classicOffer(
  version: ClassicVersion,
  hs: HandshakeContext,
  config: ClientConfig,
): Steps<OfferPart> {
  // RFC 6066 §3: a server that goes on without knowing the name may say so.
  hs.toleratedWarnings = [AlertDescription.unrecognized_name]
  const suites = enabledClassicSuites(config, version)
  const session = yield* usableSession(version, hs, config)
  const byTicket = session !== undefined && session.byId !== true
  const extensions: RawExtension[] = [
    extensionOf(extendedMasterSecret, 'ClientHello', true),
    extensionOf(renegotiationInfo, 'ClientHello', none),
    extensionOf(sessionTicket, 'ClientHello', byTicket ? session.ticket : none),
  ]
  if (suites.some(({ keyExchange }) => withCurves.test(keyExchange)))
    extensions.push(extensionOf(ecPointFormats, 'ClientHello', [0]))
  if (suites.some(({ protection }) => protection.kind === 'block'))
    extensions.push(extensionOf(encryptThenMac, 'ClientHello', true))
  if (config.maxFragmentLength !== undefined)
    extensions.push(extensionOf(maxFragmentLength, 'ClientHello', codeOf(config.maxFragmentLength)))
  return {
    cipherSuites: suites.map(({ id }) => id),
    extensions,
    // RFC 5077 §3.4: by a session id that comes back a client sees that its ticket was taken.
    ...(session && { sessionId: byTicket ? config.crypto.random(32) : session.ticket }),
  }
}

function codeOf(bytes: number): number {
  const code = Math.log2(bytes) - 8
  if ([1, 2, 3, 4].includes(code)) return code
  throw new ConfigurationError(
    'ERR_BAD_MAX_FRAGMENT_LENGTH',
    'maxFragmentLength is 512, 1024, 2048 or 4096 (RFC 6066 §4)',
  )
}

/** The configured session, where it is of this version and may be offered now; a trace says why not. */
function* usableSession(
  version: ClassicVersion,
  hs: HandshakeContext,
  config: ClientConfig,
): Steps<Session | undefined> {
  const { session } = config
  if (session?.version !== version.version) return undefined
  const suite = enabledClassicSuites(config, version).find(({ id }) => id === session.cipherSuite)
  const { alpnProtocol } = session
  const reason =
    alpnProtocol !== undefined && config.alpnProtocols?.includes(alpnProtocol) !== true
      ? 'The session is of an application protocol that is not offered.'
      : yield* whyNotResume(hs, config, session, suite)
  hs.decide(() => ({
    what: 'resumption',
    by: 'client',
    offered: ['the stored session', 'a full handshake'],
    chosen: reason === undefined ? 'the stored session' : 'a full handshake',
    why: reason ?? 'The session is fresh, and for this server.',
    section: 'RFC 5246 §7.3',
  }))
  return reason === undefined ? session : undefined
}

/** The session that this ClientHello offers, by its ticket or by its id. */
export function offeredSession(
  { version }: ClassicVersion,
  { session }: ClientConfig,
  { hello }: Offer,
): Session | undefined {
  if (session?.version !== version) return undefined
  const offered =
    session.byId === true
      ? hello.legacySessionId
      : (findExtension(hello.extensions, sessionTicket, 'ClientHello') ?? none)
  return sameBytes(offered, session.ticket) ? session : undefined
}

/** The client's handshake: what it offers, then the version that the server chose. */
import { ServerHello } from '../codec/messages.ts'
import { HandshakeType, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig } from '../config.ts'
import { Connection } from '../connection.ts'
import { TlsError } from '../errors.ts'
import { makeOffer } from './clientHello.ts'
import type { Established, HandshakeContext, HandshakeSteps } from './context.ts'
import { namesOf } from './negotiation.ts'
import { refuseWithoutPart } from './parts13.ts'
import type { ClientProtocol, OfferPart } from './protocol.ts'
import { enabledProtocols, protocolChosen, serverVersion, versionsOf } from './version.ts'

/** A client's end of a connection that speaks these versions. Ask it for its first event to make it begin. */
export function clientConnectionOf(
  protocols: readonly ClientProtocol[],
  config: ClientConfig,
): Connection {
  const enabled = enabledProtocols(protocols, config)
  for (const { parts } of enabled) if (parts !== undefined) refuseWithoutPart(parts, config)
  return new Connection({ role: 'client', config, handshake: (hs) => client(hs, config, enabled) })
}

/** The handshake, and what follows it at once. Later messages have generators of their own: see `HandshakeContext.later`. */
function* client(
  hs: HandshakeContext,
  config: ClientConfig,
  protocols: readonly ClientProtocol[],
): HandshakeSteps<void> {
  const established = yield* clientHandshake(hs, config, protocols)
  hs.established(established)
  yield* established.begin() ?? []
  hs.expect(established.laterTypes)
}

/** All that a client does up to the last Finished. @param protocols the enabled ones, the highest version first */
export function* clientHandshake(
  hs: HandshakeContext,
  config: ClientConfig,
  protocols: readonly ClientProtocol[],
): HandshakeSteps<Established> {
  hs.at('making the ClientHello')
  const versions = versionsOf(protocols)
  hs.highestVersion = Math.max(...versions)
  hs.parts = Object.assign({}, ...protocols.map(({ parts }) => parts))
  const parts: OfferPart[] = []
  for (const { offer } of protocols) if (offer !== undefined) parts.push(yield* offer(hs, config))
  const offer = yield* makeOffer(hs, config, versions, parts)
  hs.clientRandom = offer.hello.random
  hs.sendMessage(offer.message, hs.transcript)
  // RFC 8446 §5.1: an initial ClientHello may go out as TLS 1.0, for old servers' sake.
  hs.flush(Math.min(ProtocolVersion.TLS10, hs.highestVersion))
  if (hs.parts.preSharedKeys) yield* hs.parts.preSharedKeys.sendEarlyData(hs, config, offer)
  hs.changeCipherSpecAllowed = hs.highestVersion >= ProtocolVersion.TLS13

  const answer = yield* hs.receive(HandshakeType.server_hello)
  const hello = decode(ServerHello, answer.bytes.subarray(4))
  if (offer.early !== undefined && serverVersion(hello) < ProtocolVersion.TLS13)
    throw new TlsError(
      'ERR_NO_COMMON_VERSION',
      'The server answers early data with an older version than it gave the session for',
      { section: 'RFC 8446 §D.3' },
    )
  const protocol = protocolChosen(protocols, hello)
  // Warnings that older versions pass over are none of TLS 1.3's (RFC 8446 §6).
  if (protocol.version >= ProtocolVersion.TLS13) hs.toleratedWarnings = []
  hs.decide(() => ({
    what: 'version',
    by: 'server',
    offered: namesOf(protocolVersions, versions),
    chosen: nameOf(protocolVersions, protocol.version),
    why: 'The server takes the highest version that both have.',
    section: 'RFC 8446 §4.2.1',
  }))
  return yield* protocol.handshake(hs, config, offer, answer)
}

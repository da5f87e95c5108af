/** The server's handshake: the ClientHello, what the configuration makes of it, then the version. */

import { checkConfiguration } from '../checkConfiguration.ts'
import { HandshakeType, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import type { ServerConfig } from '../config.ts'
import { Connection } from '../connection.ts'
import { readClientHello } from './clientHelloInfo.ts'
import type { Established, HandshakeContext, HandshakeSteps } from './context.ts'
import { namesOf } from './negotiation.ts'
import type { ServerProtocol } from './protocol.ts'
import { chooseProtocolVersion, enabledProtocols, versionsOf } from './version.ts'

/** A server's end of a connection that speaks these versions. */
export function serverConnectionOf(
  protocols: readonly ServerProtocol[],
  config: ServerConfig,
): Connection {
  enabledProtocols(protocols, config)
  return new Connection({
    role: 'server',
    config,
    handshake: (hs) => server(hs, config, protocols),
  })
}

/** The handshake, and what follows it at once. Later messages have generators of their own: see `HandshakeContext.later`. */
function* server(
  hs: HandshakeContext,
  config: ServerConfig,
  protocols: readonly ServerProtocol[],
): HandshakeSteps<void> {
  const established = yield* serverHandshake(hs, config, protocols)
  hs.established(established)
  yield* established.begin() ?? []
  hs.expect(established.laterTypes)
}

/** All that a server does up to the last Finished. */
export function* serverHandshake(
  hs: HandshakeContext,
  base: ServerConfig,
  protocols: readonly ServerProtocol[],
): HandshakeSteps<Established> {
  const message = yield* hs.receive(HandshakeType.client_hello)
  hs.refuseExcess()
  const info = readClientHello(hs, message, Math.min(...versionsOf(protocols)))
  hs.clientRandom = info.message.random.slice()
  const changes =
    base.onClientHello && (yield* hs.settle('asking onClientHello', base.onClientHello(info)))
  // Not a spread: V8 of Node 20 gives each object that a spread makes here a shape of its own, which weighs more than it.
  const config: ServerConfig = changes === undefined ? base : Object.assign({}, base, changes)
  checkConfiguration(config)
  const enabled = enabledProtocols(protocols, config)
  const protocol = chooseProtocolVersion(enabled, info.message)
  hs.highestVersion = Math.max(...versionsOf(enabled))
  hs.changeCipherSpecAllowed = protocol.version >= ProtocolVersion.TLS13
  hs.decide(() => ({
    what: 'version',
    by: 'server',
    offered: namesOf(protocolVersions, info.supportedVersions),
    chosen: nameOf(protocolVersions, protocol.version),
    why: 'The highest version that both have.',
    section: 'RFC 8446 §4.2.1',
  }))
  return yield* protocol.handshake(hs, config, info)
}

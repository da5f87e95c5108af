/** The server's handshake: the ClientHello, what the configuration makes of it, then the version. */
import { HandshakeType, nameOf, protocolVersions } from '../codec/registry.ts'
import type { ServerConfig } from '../config.ts'
import { Connection } from '../connection.ts'
import { afterServerHandshake } from './afterHandshake13.ts'
import { readClientHello } from './clientHelloInfo.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import type { Established13 } from './established13.ts'
import { namesOf } from './negotiation.ts'
import { server13 } from './server13.ts'
import { chooseVersion } from './version.ts'

/** A server's end of a connection. */
export function serverConnection(config: ServerConfig): Connection {
  return new Connection({ role: 'server', config, handshake: (hs) => server(hs, config) })
}

/**
 * All that a server's connection does, to its end. Two generators, so that what only the handshake needs is freed when it is
 * done.
 */
export function* server(hs: HandshakeContext, base: ServerConfig): HandshakeSteps<void> {
  const { config, established } = yield* serverHandshake(hs, base)
  hs.established(established)
  yield* afterServerHandshake(hs, config, established)
}

function* serverHandshake(
  hs: HandshakeContext,
  base: ServerConfig,
): HandshakeSteps<{ config: ServerConfig; established: Established13 }> {
  const message = yield* hs.receive(HandshakeType.client_hello)
  const info = readClientHello(hs, message)
  hs.clientRandom = info.message.random.slice()
  const changes =
    base.onClientHello && (yield* hs.settle('asking onClientHello', base.onClientHello(info)))
  const config = changes === undefined ? base : { ...base, ...changes }
  const version = chooseVersion(info.message)
  hs.changeCipherSpecAllowed = true
  hs.decide(() => ({
    what: 'version',
    by: 'server',
    offered: namesOf(protocolVersions, info.supportedVersions),
    chosen: nameOf(protocolVersions, version),
    why: 'The highest version that both have.',
    section: 'RFC 8446 §4.2.1',
  }))
  return { config, established: yield* server13(hs, config, info) }
}

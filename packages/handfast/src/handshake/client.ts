/** The client's handshake: what it offers, then the version that the server chose. */
import { ServerHello } from '../codec/messages.ts'
import { HandshakeType, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig } from '../config.ts'
import { Connection } from '../connection.ts'
import { afterClientHandshake } from './afterHandshake13.ts'
import { client13 } from './client13.ts'
import { makeOffer } from './clientHello.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import type { Established13 } from './established13.ts'
import { serverHelloVersion } from './version.ts'

/** A client's end of a connection. Ask it for its first event to make it begin. */
export function clientConnection(config: ClientConfig): Connection {
  return new Connection({ role: 'client', config, handshake: (hs) => client(hs, config) })
}

/**
 * All that a client's connection does, to its end. Two generators, so that what only the handshake needs is freed when it is
 * done.
 */
export function* client(hs: HandshakeContext, config: ClientConfig): HandshakeSteps<void> {
  const established = yield* clientHandshake(hs, config)
  hs.established(established)
  yield* afterClientHandshake(hs, config, established)
}

function* clientHandshake(
  hs: HandshakeContext,
  config: ClientConfig,
): HandshakeSteps<Established13> {
  hs.at('making the ClientHello')
  const offer = yield* makeOffer(hs, config)
  hs.clientRandom = offer.hello.random
  hs.sendMessage(offer.message, hs.transcript)
  // RFC 8446 §5.1: an initial ClientHello may go out as TLS 1.0, for old servers' sake.
  hs.flush(ProtocolVersion.TLS10)
  hs.changeCipherSpecAllowed = true

  const answer = yield* hs.receive(HandshakeType.server_hello)
  const version = serverHelloVersion(decode(ServerHello, answer.bytes.subarray(4)))
  hs.decide(() => ({
    what: 'version',
    by: 'server',
    offered: [nameOf(protocolVersions, ProtocolVersion.TLS13)],
    chosen: nameOf(protocolVersions, version),
    why: 'The server takes the highest version that both have.',
    section: 'RFC 8446 §4.2.1',
  }))
  return yield* client13(hs, config, offer, answer)
}

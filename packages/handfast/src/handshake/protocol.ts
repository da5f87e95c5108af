/**
 * A protocol version as a value: what a client or a server of that version does once the version is agreed. A connection is
 * made of those that it is given, so that what a program does not name falls out of its bundle.
 */
import type { HandshakeMessage } from '../codec/messages.ts'
import type { ClientConfig, ClientHelloInfo, ServerConfig } from '../config.ts'
import type { Offer } from './clientHello.ts'
import type { Established, HandshakeContext, HandshakeSteps } from './context.ts'

export interface ClientProtocol {
  /** The code point of the version. */
  readonly version: number
  /** From the first answer to our offer, ServerHello or HelloRetryRequest, to the last Finished. */
  readonly handshake: (
    hs: HandshakeContext,
    config: ClientConfig,
    offer: Offer,
    answer: HandshakeMessage,
  ) => HandshakeSteps<Established>
}

export interface ServerProtocol {
  /** The code point of the version. */
  readonly version: number
  /** From the ClientHello to the last Finished. */
  readonly handshake: (
    hs: HandshakeContext,
    config: ServerConfig,
    hello: ClientHelloInfo,
  ) => HandshakeSteps<Established>
}

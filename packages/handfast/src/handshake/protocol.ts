/**
 * A protocol version as a value: what a client or a server of that version does once the version is agreed. A connection is
 * made of those that it is given, so that what a program does not name falls out of its bundle.
 */

import type { Steps } from '@handfast/x509'
import type { RawExtension } from '../codec/extension.ts'
import type { HandshakeMessage } from '../codec/messages.ts'
import type { ClientConfig, ClientHelloInfo, ServerConfig } from '../config.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Offer } from './clientHello.ts'
import type { Established, HandshakeContext, HandshakeSteps } from './context.ts'
import type { Parts13 } from './parts13.ts'

/** What a version adds to the one ClientHello that offers all versions. */
export interface OfferPart {
  readonly cipherSuites: readonly number[]
  readonly extensions: readonly RawExtension[]
  /** A session id that stands for something; else it is of no meaning, or empty. */
  readonly sessionId?: Uint8Array
}

interface Protocol {
  /** The code point of the version. */
  readonly version: number
  /** Whether `cipherSuites` leaves it a suite. */
  readonly hasCipherSuites: (config: ClientConfig | ServerConfig) => boolean
}

export interface ClientProtocol extends Protocol {
  /** TLS 1.3: what it is made of, beside the handshake. */
  readonly parts?: Parts13
  /** Versions before TLS 1.3: what they offer beside it. */
  readonly offer?: (hs: HandshakeContext, config: ClientConfig) => Steps<OfferPart>
  /** From the first answer to our offer, ServerHello or HelloRetryRequest, to the last Finished. */
  readonly handshake: (
    hs: HandshakeContext,
    config: ClientConfig,
    offer: Offer,
    answer: HandshakeMessage,
  ) => HandshakeSteps<Established>
}

/** What `handfast/legacy` adds to a connection that is made of these. */
export interface LegacyDoor {
  readonly client: readonly ClientProtocol[]
  readonly server: readonly ServerProtocol[]
  /** A provider with 3DES too. */
  readonly crypto: (provider: CryptoProvider) => CryptoProvider
}

export interface ServerProtocol extends Protocol {
  /** From the ClientHello to the last Finished. */
  readonly handshake: (
    hs: HandshakeContext,
    config: ServerConfig,
    hello: ClientHelloInfo,
  ) => HandshakeSteps<Established>
}

/**
 * What a client of TLS 1.3 may do beside a full handshake with certificates as they are: values, so that what a program does
 * not name falls out of its bundle.
 */
import type { Steps } from '@handfast/x509'
import type { Certificate, ClientHello, HandshakeMessage, ServerHello } from '../codec/messages.ts'
import type { ClientConfig, EarlyDataStatus, Identity, ServerConfig } from '../config.ts'
import type { CertificateCompression, CipherSuite } from '../crypto/provider.ts'
import { ConfigurationError } from '../errors.ts'
import type { Offer } from './clientHello.ts'
import type { OfferedPsk } from './clientPsk.ts'
import type { HandshakeContext } from './context.ts'
import type { Established13 } from './established13.ts'

/** Sessions, external keys, and early data, which is protected by a session's key (RFC 8446 §2.2, §2.3). */
export interface PreSharedKeysPart {
  /** All that may be offered now. */
  usable(
    hs: HandshakeContext,
    config: ClientConfig,
    suites: readonly CipherSuite[],
    versions: readonly number[],
  ): Steps<readonly OfferedPsk[]>
  /** Adds pre_shared_key with its binders. */
  bind(
    hs: HandshakeContext,
    hello: ClientHello,
    psks: readonly OfferedPsk[],
  ): Steps<{ readonly hello: ClientHello; readonly message: HandshakeMessage }>
  /** The key that the server takes; undefined where it takes none. */
  selected(
    hs: HandshakeContext,
    offer: Offer,
    hello: ServerHello,
    suite: CipherSuite,
  ): OfferedPsk | undefined
  /** The suite of the early keys, where early data can be offered. */
  earlySuite(
    hs: HandshakeContext,
    config: ClientConfig,
    suites: readonly CipherSuite[],
    psks: readonly OfferedPsk[],
  ): CipherSuite | undefined
  sendEarlyData(hs: HandshakeContext, config: ClientConfig, offer: Offer): Steps<void>
  checkAccepted(
    accepted: boolean,
    offer: Offer,
    suite: CipherSuite,
    psk: OfferedPsk | undefined,
    alpnProtocol: string | undefined,
  ): void
  sendEndOfEarlyData(hs: HandshakeContext): void
  earlyDataStatus(
    config: ClientConfig,
    offered: boolean,
    accepted: boolean,
  ): EarlyDataStatus | undefined
  /** A ticket of the server's. @param count which one it is */
  onTicket(
    hs: HandshakeContext,
    config: ClientConfig,
    established: Established13,
    message: HandshakeMessage,
    count: number,
  ): Steps<void>
}

/** Certificates that are compressed on their way (RFC 8879), for both roles. */
export interface CertificateCompressionPart {
  /** What this side offers to unpack. */
  unpackable(config: ClientConfig | ServerConfig): readonly CertificateCompression[]
  unpacked(
    hs: HandshakeContext,
    config: ClientConfig | ServerConfig,
    message: HandshakeMessage,
  ): Steps<Certificate>
  /** @param accepted by the peer. @returns the message, compressed where both sides can */
  packed(
    hs: HandshakeContext,
    config: ClientConfig | ServerConfig,
    identity: Identity,
    message: HandshakeMessage,
    accepted: readonly number[],
  ): Steps<HandshakeMessage>
}

export interface Parts13 {
  readonly preSharedKeys?: PreSharedKeysPart
  readonly certificateCompression?: CertificateCompressionPart
}

/** Which part an option needs. */
const partOf = {
  session: 'preSharedKeys',
  preSharedKey: 'preSharedKeys',
  earlyData: 'preSharedKeys',
  certificateCompression: 'certificateCompression',
} as const

/** @throws ConfigurationError `ERR_PART_MISSING` for an option whose part is not there */
export function refuseWithoutPart(parts: Parts13, config: ClientConfig): void {
  for (const option of Object.keys(partOf) as (keyof typeof partOf)[])
    if (config[option] !== undefined && parts[partOf[option]] === undefined)
      throw new ConfigurationError(
        'ERR_PART_MISSING',
        `\`${option}\` is given to a client that is made without \`${partOf[option]}\``,
      )
}

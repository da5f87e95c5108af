/** A client's checks of a ServerHello of TLS 1.2, and what the two hellos agree on (RFC 5246 §7.4.1.3). */

import { sameBytes } from '../codec/bytes.ts'
import { cipherSuiteName } from '../codec/classicCipherSuites.ts'
import {
  findExtension,
  hasExtension,
  refuseDuplicates,
  refuseUnsolicited,
} from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { ecPointFormats } from '../codec/extensions/ec_point_formats.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { maxFragmentLength } from '../codec/extensions/max_fragment_length.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { renegotiationInfo } from '../codec/extensions/renegotiation_info.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import type { ServerHello } from '../codec/messages.ts'
import { ExtensionType, nameOf, protocolVersions } from '../codec/registry.ts'
import type { ClientConfig } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { chosenProtocol } from './chosenProtocol.ts'
import { type Offer, offeredTypes } from './clientHello.ts'
import type { HandshakeContext } from './context.ts'
import { useMaxFragmentLength } from './maxFragmentLength.ts'
import { suiteNames, suitesOf } from './negotiation12.ts'
import { offeredSession } from './offer12.ts'
import { useRecordSizeLimit12 } from './recordSize12.ts'
import type { ClassicVersion } from './version12.ts'

/** What the two hellos settled. */
export interface Agreed12 {
  readonly suite: ClassicCipherSuite
  /** The session that is resumed. */
  readonly session: Session | undefined
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  readonly secureRenegotiation: boolean
  readonly alpnProtocol: string | undefined
  /** A NewSessionTicket will come. */
  readonly ticketPromised: boolean
  /** A CertificateStatus may come. */
  readonly statusPromised: boolean
  readonly signedCertificateTimestamps: readonly Uint8Array[]
}

export function checkServerHello12(
  hs: HandshakeContext,
  version: ClassicVersion,
  config: ClientConfig,
  offer: Offer,
  hello: ServerHello,
): Agreed12 {
  const { extensions } = hello
  refuseDuplicates(extensions, 'ServerHello')
  refuseUnsolicited(extensions, version.extensions ?? offeredTypes(offer), 'ServerHello')
  refuseMisplaced(extensions, 'ServerHello12')
  if (hello.legacyCompressionMethod !== 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'ServerHello chooses a compression method', {
      section: 'RFC 5246 §7.4.1.3',
    })
  const suite = chosenSuite(hs, version, config, offer, hello)
  const has = (type: number) => hasExtension(extensions, type)
  const session = resumedSession(hs, version, config, offer, hello)
  const extendedMasterSecret = has(ExtensionType.extended_master_secret)
  checkMasterSecret(config, session, extendedMasterSecret)
  const secureRenegotiation = checkRenegotiation(hs, config, hello)
  const encryptThenMac = has(ExtensionType.encrypt_then_mac)
  if (encryptThenMac && suite.protection.kind !== 'block')
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `ServerHello agrees to encrypt_then_mac for ${suite.name}, which has no MAC`,
      { section: 'RFC 7366 §3' },
    )
  const formats = findExtension(extensions, ecPointFormats, 'ServerHello12')
  if (formats !== undefined && !formats.includes(0))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The server takes no uncompressed points', {
      section: 'RFC 8422 §5.2',
    })
  const fragment = findExtension(extensions, maxFragmentLength, 'ServerHello12')
  const limit = findExtension(extensions, recordSizeLimit, 'ServerHello12')
  if (fragment !== undefined) useMaxFragmentLength(hs, fragment, config.maxFragmentLength)
  if (limit !== undefined) useRecordSizeLimit12(hs, config, limit, 'server')
  const protocols = findExtension(extensions, applicationLayerProtocolNegotiation, 'ServerHello12')
  return {
    ...{ suite, session, extendedMasterSecret, encryptThenMac, secureRenegotiation },
    alpnProtocol: chosenProtocol(hs, config, protocols),
    ticketPromised: has(ExtensionType.session_ticket),
    statusPromised: has(ExtensionType.status_request),
    signedCertificateTimestamps:
      findExtension(extensions, signedCertificateTimestamp, 'ServerHello12') ?? [],
  }
}

/** What one version offers, it offers to all: the suite need only be one that this version can use. */
function chosenSuite(
  hs: HandshakeContext,
  version: ClassicVersion,
  config: ClientConfig,
  offer: Offer,
  hello: ServerHello,
): ClassicCipherSuite {
  const offered = suitesOf(config, version, offer.hello.cipherSuites)
  const suite = offered.find(({ id }) => id === hello.cipherSuite)
  if (suite === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `ServerHello chooses the cipher suite ${cipherSuiteName(hello.cipherSuite)}, which was not offered for ${nameOf(protocolVersions, version.version)}`,
      { section: 'RFC 5246 §7.4.1.3' },
    )
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: suiteNames(offer.hello.cipherSuites),
    chosen: suite.name,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 5246 §7.4.1.3',
  }))
  return suite
}

/** Our session id, where it stands for a session, comes back from a server that takes the session (RFC 5246 §7.4.1.3). */
function resumedSession(
  hs: HandshakeContext,
  version: ClassicVersion,
  config: ClientConfig,
  offer: Offer,
  hello: ServerHello,
): Session | undefined {
  const { legacySessionId } = offer.hello
  const session = offeredSession(version, config, offer)
  const echoed = legacySessionId.length > 0 && sameBytes(legacySessionId, hello.legacySessionIdEcho)
  if (echoed && session === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'The server resumes a session that was not offered',
      {
        section: 'RFC 8446 §D.4',
      },
    )
  if (echoed && session !== undefined && session.cipherSuite !== hello.cipherSuite)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'The server resumes the session with another cipher suite than it had',
      { section: 'RFC 5246 §7.4.1.3' },
    )
  hs.decide(() => ({
    what: 'resumption',
    by: 'server',
    offered: session === undefined ? ['a full handshake'] : ['the session', 'a full handshake'],
    chosen: echoed ? 'the session' : 'a full handshake',
    why: echoed
      ? 'The server knows the session, and sends its id back: no certificate and no new secret.'
      : session === undefined
        ? 'No session was offered.'
        : 'The server does not take the session that was offered.',
    section: 'RFC 5246 §7.4.1.3',
  }))
  return echoed ? session : undefined
}

function checkMasterSecret(
  { requireExtendedMasterSecret = false }: ClientConfig,
  session: Session | undefined,
  extendedMasterSecret: boolean,
): void {
  if (extendedMasterSecret) return
  // Sessions are kept only with it: this one had it.
  if (session !== undefined)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The server resumes the session without extended_master_secret, which it had',
      { alert: 'handshake_failure', section: 'RFC 7627 §5.3' },
    )
  if (requireExtendedMasterSecret)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The server has no extended_master_secret, and it is required',
      { alert: 'handshake_failure', section: 'RFC 7627 §5.2' },
    )
}

/** RFC 5746 §3.4 */
function checkRenegotiation(
  hs: HandshakeContext,
  { requireSecureRenegotiation = false }: ClientConfig,
  hello: ServerHello,
): boolean {
  const info = findExtension(hello.extensions, renegotiationInfo, 'ServerHello12')
  if (info !== undefined && info.length > 0)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      "The server's renegotiation_info is not empty in a first handshake",
      { alert: 'handshake_failure', section: 'RFC 5746 §3.4' },
    )
  if (info === undefined && requireSecureRenegotiation)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The server has no renegotiation_info, and it is required',
      { alert: 'handshake_failure', section: 'RFC 5746 §4.1' },
    )
  if (info !== undefined)
    hs.checked('secure renegotiation', 'renegotiation_info, which is empty', 'RFC 5746 §3.4')
  return info !== undefined
}

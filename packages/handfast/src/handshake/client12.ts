/**
 * The client's side of TLS 1.2, and of what came before it (RFC 5246 §7.3), from the ServerHello on.
 *
 * ```
 *   ClientHello                  -------->
 *                                                  ServerHello
 *                                                 Certificate*
 *                                           CertificateStatus*
 *                                           ServerKeyExchange*
 *                                          CertificateRequest*
 *                                <--------     ServerHelloDone
 *   Certificate*
 *   ClientKeyExchange
 *   CertificateVerify*
 *   [ChangeCipherSpec]
 *   Finished                     -------->
 *                                            NewSessionTicket*
 *                                           [ChangeCipherSpec]
 *                                <--------            Finished
 * ```
 */
import type { Verdict } from '@handfast/x509'
import { CertificateStatus } from '../codec/extensions/status_request.ts'
import { type HandshakeMessage, ServerHello } from '../codec/messages.ts'
import {
  Certificate12,
  type CertificateRequest12,
  NewSessionTicket12,
  ServerHelloDone,
} from '../codec/messages12.ts'
import { CertificateStatusType, HandshakeType } from '../codec/registry.ts'
import type { ClientConfig, ConnectionInfo } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { masterSecret } from '../keys/schedule12.ts'
import { maxTicketLifetime } from '../limits.ts'
import type { Session } from '../session/session.ts'
import {
  answerCertificateRequest12,
  readCertificate12,
  type ShownIdentity,
  sendCertificate12,
  sendCertificateVerify12,
} from './certificate12.ts'
import type { Offer } from './clientHello.ts'
import {
  expectsServerKeyExchange,
  readServerKeyExchange,
  type ServerParams,
  sendClientKeyExchange,
} from './clientKeyExchange12.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { refuseDowngrade } from './downgrade12.ts'
import { Established12 } from './established12.ts'
import {
  type ClassicKeys,
  classicKeys,
  contextOf,
  receiveFinished12,
  sendFinished12,
} from './finished12.ts'
import { enabledClassicSuites, enabledCurves, groupOfCurve } from './negotiation12.ts'
import { classicOffer } from './offer12.ts'
import { judge, keptChain, keyOf, type PeerKey, type ShownCertificate } from './peerCertificate.ts'
import type { ClientProtocol } from './protocol.ts'
import { type Agreed12, checkServerHello12 } from './serverHello12.ts'
import { authenticationOf } from './signature12.ts'
import { beginClassic, type ClassicVersion, tls12, useKeyExchange } from './version12.ts'

/** TLS 1.2, for a client. */
export const tls12Client: ClientProtocol = /* @__PURE__ */ classicClientOf(tls12)

/** A version up to TLS 1.2, for a client. */
export function classicClientOf(classic: ClassicVersion): ClientProtocol {
  return {
    version: classic.version,
    hasCipherSuites: (config) => enabledClassicSuites(config, classic).length > 0,
    offer: (hs, config) => classicOffer(classic, hs, config),
    handshake: (hs, config, offer, answer) => classicClient(classic, hs, config, offer, answer),
  }
}

function* classicClient(
  version: ClassicVersion,
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
  answer: HandshakeMessage,
): HandshakeSteps<Established12> {
  beginClassic(hs, version)
  for (const pair of offer.keyPairs.values()) pair.destroy()
  const hello = hs.read(answer, ServerHello)
  refuseDowngrade(hs, version.version, hello)
  const agreed = checkServerHello12(hs, version, config, offer, hello)
  const { suite, session } = agreed
  useKeyExchange(hs, suite)
  const context = contextOf(hs, version, suite, hello.random)

  if (session !== undefined) {
    // The abbreviated handshake: the server finishes first.
    const master = { name: 'master_secret', value: session.psk.slice() }
    hs.hold(() => master.value.fill(0))
    const keys = yield* classicKeys(hs, version, suite, agreed.encryptThenMac, context, master)
    const ticket = agreed.ticketPromised ? yield* receiveTicket(hs) : undefined
    const first = yield* receiveFinished12(hs, keys)
    yield* sendFinished12(hs, keys)
    const server: ServerIdentity = { chain: session.peerCertificates }
    const info = infoOf(config, version, agreed, server, undefined, undefined)
    tellSession(hs, config, agreed, info, keys, ticket, hello)
    return new Established12(hs, keys, info, first)
  }

  const flight = yield* receiveServerFlight(hs, version, config, offer, agreed, hello)
  const { server, params, request } = flight
  const ours = request && (yield* answerCertificateRequest12(hs, version, config, request))
  if (request !== undefined) sendCertificate12(hs, version, ours?.identity)
  const sent = yield* sendClientKeyExchange(hs, version, config, offer, suite, params, server.key)
  const sessionHash = agreed.extendedMasterSecret ? hs.transcript : undefined
  const master = yield* masterSecret(context, sent.premaster, sessionHash)
  hs.hold(() => master.value.fill(0))
  if (ours !== undefined) yield* sendCertificateVerify12(hs, version, context, master, ours)
  const keys = yield* classicKeys(hs, version, suite, agreed.encryptThenMac, context, master)
  const first = yield* sendFinished12(hs, keys)
  const ticket = agreed.ticketPromised ? yield* receiveTicket(hs) : undefined
  yield* receiveFinished12(hs, keys)
  const { pskIdentity } = sent
  const info = {
    ...infoOf(config, version, agreed, server, params, ours),
    ...(pskIdentity && { pskIdentity }),
  }
  tellSession(hs, config, agreed, info, keys, ticket, hello)
  return new Established12(hs, keys, info, first)
}

interface ServerIdentity {
  readonly chain: readonly Uint8Array[]
  readonly shown?: ShownCertificate
  readonly verdict?: Verdict
  readonly key?: PeerKey | undefined
}

interface ServerFlight {
  readonly server: ServerIdentity
  readonly params: ServerParams
  readonly request: CertificateRequest12 | undefined
}

/** From Certificate to ServerHelloDone: what of it comes, and in which order, is up to the suite and the extensions. */
function* receiveServerFlight(
  hs: HandshakeContext,
  version: ClassicVersion,
  config: ClientConfig,
  offer: Offer,
  agreed: Agreed12,
  hello: ServerHello,
): HandshakeSteps<ServerFlight> {
  const { suite } = agreed
  const withCertificate = suite.authentication !== 'PSK'
  let shown = withCertificate ? yield* receiveCertificate(hs, agreed) : undefined

  const exchange = expectsServerKeyExchange(suite)
  const next: number[] = []
  if (exchange !== false) next.push(HandshakeType.server_key_exchange)
  const last: number[] = [HandshakeType.server_hello_done]
  if (withCertificate) last.unshift(HandshakeType.certificate_request)
  if (exchange !== true) next.push(...last)

  // A certificate is judged with its status, where one was promised; else before anything is waited for.
  let message: HandshakeMessage | undefined
  if (shown !== undefined && agreed.statusPromised) {
    message = yield* hs.receive(HandshakeType.certificate_status, ...next)
    if (message.type === HandshakeType.certificate_status) {
      const { statusType, response } = hs.read(message, CertificateStatus)
      if (statusType !== CertificateStatusType.ocsp)
        throw new TlsError('ERR_DECODE', 'A CertificateStatus message is not of the type ocsp', {
          section: 'RFC 6066 §8',
        })
      shown = { ...shown, ocspResponse: response }
      message = undefined
    }
  }
  const verdict =
    shown &&
    (yield* judge(hs, config.verifyCertificate, {
      ...shown,
      ocspRequested: config.requestOcsp !== false,
      role: 'server',
      serverName: config.serverName,
      time: config.clock(),
    }))
  const key = verdict && keyOf(verdict)
  if (key !== undefined) checkKey(key, config, suite)

  message ??= yield* hs.receive(...next)
  const sent = message.type === HandshakeType.server_key_exchange ? message : undefined
  const params = yield* readServerKeyExchange(
    ...([hs, version, config, offer, suite, hello.random, sent, key] as const),
  )
  if (sent !== undefined) message = yield* hs.receive(...last)
  let request: CertificateRequest12 | undefined
  if (message.type === HandshakeType.certificate_request) {
    request = hs.read(message, version.forms.CertificateRequest)
    message = yield* hs.receive(HandshakeType.server_hello_done)
  }
  // What stands behind it in the record would be of the second flight, which answers what we have not sent yet.
  hs.refuseExcess()
  hs.read(message, ServerHelloDone)
  const server: ServerIdentity = {
    chain: shown?.chain ?? [],
    ...(shown && { shown }),
    ...(verdict && { verdict, key }),
  }
  return { server, params, request }
}

function* receiveCertificate(
  hs: HandshakeContext,
  { signedCertificateTimestamps }: Agreed12,
): HandshakeSteps<ShownCertificate> {
  const message = yield* hs.receive(HandshakeType.certificate)
  const shown = readCertificate12(hs, hs.read(message, Certificate12).certificateList)
  if (shown === undefined)
    throw new TlsError('ERR_DECODE', "The server's Certificate message is empty", {
      section: 'RFC 5246 §7.4.2',
    })
  return { ...shown, signedCertificateTimestamps }
}

/** The key of a certificate must be of the kind that the suite names, and on a curve of the offer. */
function checkKey(
  { algorithm: { type, curve } }: PeerKey,
  config: ClientConfig,
  suite: ClassicCipherSuite,
): void {
  if (authenticationOf(type) !== suite.authentication)
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      `The server's certificate has a key of the type ${type}, which does not fit ${suite.name}`,
      { alert: 'unsupported_certificate', section: 'RFC 5246 §7.4.2' },
    )
  const group = groupOfCurve(curve)
  if (group !== undefined && !enabledCurves(config).some(({ id }) => id === group))
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      `The server's certificate has a key on ${curve}, a curve that was not offered`,
      { alert: 'illegal_parameter', section: 'RFC 8422 §5.3' },
    )
}

interface Ticket {
  readonly ticketLifetimeHint: number
  readonly ticket: Uint8Array
}

function* receiveTicket(hs: HandshakeContext): HandshakeSteps<Ticket> {
  const message = yield* hs.receive(HandshakeType.new_session_ticket)
  return hs.read(message, NewSessionTicket12)
}

function infoOf(
  config: ClientConfig,
  { version }: ClassicVersion,
  agreed: Agreed12,
  { chain, shown, verdict }: ServerIdentity,
  params: ServerParams | undefined,
  ours: ShownIdentity | undefined,
): ConnectionInfo {
  const { suite, extendedMasterSecret, encryptThenMac, secureRenegotiation } = agreed
  return {
    version,
    cipherSuite: suite.id,
    cipherSuiteName: suite.name,
    group: params?.group?.id || undefined,
    groupName: params?.group?.name,
    peerSignatureScheme: params?.scheme,
    signatureScheme: ours?.scheme,
    alpnProtocol: agreed.alpnProtocol,
    serverName: config.serverName,
    resumed: agreed.session !== undefined,
    helloRetried: false,
    ...{ extendedMasterSecret, secureRenegotiation },
    ...(suite.protection.kind === 'block' && { encryptThenMac }),
    peerCertificates: keptChain(chain, verdict),
    ocspResponse: shown?.ocspResponse?.slice(),
    signedCertificateTimestamps: shown?.signedCertificateTimestamps.map((sct) => sct.slice()) ?? [],
    verdict,
    localCertificates: ours?.identity.certificateChain ?? [],
  }
}

/** Without extended_master_secret nothing is kept: a session could then be shared with a connection of another (RFC 7627 §1). */
function tellSession(
  hs: HandshakeContext,
  config: ClientConfig,
  agreed: Agreed12,
  info: ConnectionInfo,
  { master }: ClassicKeys,
  given: Ticket | undefined,
  hello: ServerHello,
): void {
  const byTicket = given !== undefined && given.ticket.length > 0
  if (!byTicket && agreed.session !== undefined) return
  const ticket = byTicket ? given.ticket : hello.legacySessionIdEcho
  if (!agreed.extendedMasterSecret || ticket.length === 0) return
  // RFC 5077 §3.3: 0 leaves the lifetime to the client.
  const hint = byTicket && given.ticketLifetimeHint > 0 ? given.ticketLifetimeHint : defaultLifetime
  const lifetime = Math.min(hint, maxTicketLifetime)
  hs.trace?.({
    ...{ type: 'session', direction: 'received', lifetime, ticketLength: ticket.length },
    ...(byTicket ? {} : { byId: true }),
  })
  const session: Session = {
    version: info.version,
    cipherSuite: info.cipherSuite,
    psk: master.value.slice(),
    issuedAt: config.clock(),
    lifetime,
    ageAdd: 0,
    serverName: config.serverName,
    alpnProtocol: info.alpnProtocol,
    peerCertificates: info.peerCertificates,
    ticket: ticket.slice(),
    ...(byTicket ? {} : { byId: true }),
  }
  hs.emit({ type: 'session', session })
}

/** Seconds that a session is offered for where the server does not say (RFC 5246 §F.1.4 advises a day at the most). */
const defaultLifetime = 86_400

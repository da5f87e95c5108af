/** The server's side of TLS 1.2, and of what came before it (RFC 5246 §7.3), from the ClientHello on; the figure is in `client12.ts`. */
import type { Steps, Verdict } from '@handfast/x509'
import { hasExtension } from '../codec/extension.ts'
import { CertificateStatus } from '../codec/extensions/status_request.ts'
import { ServerHello } from '../codec/messages.ts'
import { Certificate12, NewSessionTicket12, ServerHelloDone } from '../codec/messages12.ts'
import { CertificateStatusType, ExtensionType, HandshakeType } from '../codec/registry.ts'
import type {
  ClientAuthentication,
  ClientHelloInfo,
  ConnectionInfo,
  ServerConfig,
} from '../config.ts'
import { TlsError } from '../errors.ts'
import type { NamedSecret } from '../keys/schedule.ts'
import { type ClassicContext, masterSecret } from '../keys/schedule12.ts'
import { maxTicketLifetime } from '../limits.ts'
import type { SessionState } from '../session/session.ts'
import { readCertificate12, sendCertificate12, sendCertificateRequest12 } from './certificate12.ts'
import {
  type Answer12,
  checkClientHello12,
  serverExtensions12,
  willStaple,
  withoutExtensions,
} from './clientHello12.ts'
import { type HandshakeContext, type HandshakeSteps, noCertificate } from './context.ts'
import { refuseFallback, serverRandom } from './downgrade12.ts'
import { Established12 } from './established12.ts'
import {
  type ClassicKeys,
  classicKeys,
  contextOf,
  receiveFinished12,
  sendFinished12,
} from './finished12.ts'
import { enabledSignatureSchemes } from './negotiation.ts'
import { enabledClassicSuites } from './negotiation12.ts'
import {
  type AcceptingVerdict,
  judge,
  keptChain,
  keyOf,
  type ShownCertificate,
} from './peerCertificate.ts'
import type { ServerProtocol } from './protocol.ts'
import { chooseProtocol } from './serverChoices.ts'
import { type Chosen12, chooseSuite12 } from './serverChoices12.ts'
import { receiveClientKeyExchange, sendServerKeyExchange } from './serverKeyExchange12.ts'
import { findSession12, type ResumedSession } from './serverSession12.ts'
import { certificateVerifySignature } from './signature12.ts'
import { beginClassic, type ClassicVersion, tls12, useKeyExchange } from './version12.ts'

/** TLS 1.2, for a server. */
export const tls12Server: ServerProtocol = /* @__PURE__ */ classicServerOf(tls12)

/** A version up to TLS 1.2, for a server. */
export function classicServerOf(classic: ClassicVersion): ServerProtocol {
  return {
    version: classic.version,
    hasCipherSuites: (config) => enabledClassicSuites(config, classic).length > 0,
    handshake: (hs, config, info) =>
      classicServer(classic, hs, config, classic.extensions ? withoutExtensions(info) : info),
  }
}

function* classicServer(
  version: ClassicVersion,
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): HandshakeSteps<Established12> {
  beginClassic(hs, version)
  const { message: hello } = info
  refuseFallback(hs, version.version, hello)
  const guards = checkClientHello12(hs, config, hello)
  const alpnProtocol = chooseProtocol(hs, config, info)
  const extended = guards.extendedMasterSecret
  const session = yield* findSession12(hs, config, version, info, extended, alpnProtocol)
  const chosen = session ?? (yield* chooseSuite12(hs, version, config, info))
  const { suite } = chosen
  useKeyExchange(hs, suite)
  const asked = (type: number) => hasExtension(hello.extensions, type)
  const encryptThenMac = suite.protection.kind === 'block' && asked(ExtensionType.encrypt_then_mac)
  const random = serverRandom(hs, version.version)
  const context = contextOf(hs, version, suite, random)
  const settled = { suite, guards, alpnProtocol, encryptThenMac }
  const ticketsWanted =
    asked(ExtensionType.session_ticket) && config.tickets !== undefined && config.ticketCount !== 0

  if (session !== undefined) {
    // The abbreviated handshake: we finish first.
    const ticketPromised = ticketsWanted && session.byTicket && config.tickets?.singleUse === true
    const answer = { ...settled, ticketPromised, identity: undefined }
    sendServerHello12(hs, config, version, info, answer, random, hello.legacySessionId)
    const master = { name: 'master_secret', value: session.state.psk.slice() }
    hs.hold(() => master.value.fill(0))
    const keys = yield* classicKeys(hs, version, suite, encryptThenMac, context, master)
    const client = { chain: session.state.peerCertificates, verdict: session.verdict }
    const outcome = infoOf(version, info, answer, client, session)
    // The secret stays the same, and grows no older for it than it would have.
    if (ticketPromised) yield* sendTicket(hs, config, outcome, keys, session.state.issuedAt)
    const first = yield* sendFinished12(hs, keys)
    yield* receiveFinished12(hs, keys)
    return new Established12(hs, keys, outcome, first)
  }

  // Our first flight.
  const full = chosen as Chosen12
  const { identity } = full
  const kept = extended && identity !== undefined
  const ticketPromised = kept && ticketsWanted
  const sessionId = kept && !ticketPromised ? config.sessionIds?.newId() : undefined
  const answer = { ...settled, ticketPromised, identity }
  const noId = new Uint8Array(0)
  sendServerHello12(hs, config, version, info, answer, random, sessionId ?? noId)
  if (identity !== undefined) sendCertificate12(hs, version, identity)
  if (identity?.ocspResponse !== undefined && willStaple(info, identity))
    hs.send(HandshakeType.certificate_status, CertificateStatus, {
      statusType: CertificateStatusType.ocsp,
      response: identity.ocspResponse,
    })
  const pair = yield* sendServerKeyExchange(hs, version, config, full, random)
  const authentication =
    identity === undefined || config.clientAuthentication?.mode === 'afterHandshake'
      ? undefined
      : config.clientAuthentication
  if (authentication !== undefined) sendCertificateRequest12(hs, version, config, authentication)
  hs.send(HandshakeType.server_hello_done, ServerHelloDone, true)

  // The client's flight.
  const shown =
    authentication && (yield* receiveClientCertificate(hs, version, config, authentication))
  const offered = hello.legacyVersion
  const received = yield* receiveClientKeyExchange(hs, version, config, full, pair, offered)
  const sessionHash = extended ? hs.transcript : undefined
  const master = yield* masterSecret(context, received.premaster, sessionHash)
  hs.hold(() => master.value.fill(0))
  const scheme =
    shown && (yield* receiveCertificateVerify12(hs, version, config, context, master, shown))
  const keys = yield* classicKeys(hs, version, suite, encryptThenMac, context, master)
  const first = yield* receiveFinished12(hs, keys)

  // Our second.
  const { pskIdentity } = received
  const client = { chain: shown?.chain ?? [], verdict: shown?.verdict, scheme, pskIdentity }
  const outcome = infoOf(version, info, answer, client, full)
  if (ticketPromised) yield* sendTicket(hs, config, outcome, keys, config.clock())
  if (sessionId !== undefined && config.sessionIds !== undefined) {
    const { sessionIds } = config
    const state = stateOf(outcome, keys, config.clock(), sessionIds.lifetime)
    yield* hs.settle('keeping the session', sessionIds.keep(sessionId, state))
  }
  yield* sendFinished12(hs, keys)
  return new Established12(hs, keys, outcome, first)
}

function sendServerHello12(
  hs: HandshakeContext,
  config: ServerConfig,
  { version }: ClassicVersion,
  info: ClientHelloInfo,
  answer: Answer12,
  random: Uint8Array,
  legacySessionIdEcho: Uint8Array,
): void {
  hs.send(HandshakeType.server_hello, ServerHello, {
    legacyVersion: version,
    random,
    legacySessionIdEcho,
    cipherSuite: answer.suite.id,
    legacyCompressionMethod: 0,
    extensions: serverExtensions12(hs, config, info, answer),
  })
}

interface JudgedCertificate extends ShownCertificate {
  readonly verdict: AcceptingVerdict
}

/** @returns undefined for a client without one, where that is allowed */
function* receiveClientCertificate(
  hs: HandshakeContext,
  { noCertificateAlert }: ClassicVersion,
  config: ServerConfig,
  { mode, verifyCertificate }: ClientAuthentication,
): HandshakeSteps<JudgedCertificate | undefined> {
  hs.deliveredWarning = noCertificateAlert
  const message = yield* hs.receive(
    HandshakeType.certificate,
    ...(noCertificateAlert === undefined ? [] : [noCertificate.type]),
  )
  hs.deliveredWarning = undefined
  const shown =
    message === noCertificate
      ? undefined
      : readCertificate12(hs, hs.read(message, Certificate12).certificateList)
  if (shown === undefined) {
    if (mode === 'require')
      throw new TlsError(
        'ERR_CERTIFICATE_REQUIRED',
        'The client sent no certificate, and one is required',
        {
          // The alert certificate_required came with TLS 1.3.
          alert: 'handshake_failure',
          section: 'RFC 5246 §7.4.6',
        },
      )
    hs.decide(() => ({
      what: 'client authentication',
      by: 'client',
      offered: ['a certificate', 'no certificate'],
      chosen: 'no certificate',
      why: 'The client has none that fits; this server lets it in without.',
      section: 'RFC 5246 §7.4.6',
    }))
    return undefined
  }
  const peer = { ...shown, role: 'client', serverName: undefined, time: config.clock() } as const
  return { ...shown, verdict: yield* judge(hs, verifyCertificate, peer) }
}

/** Signs all messages before it (RFC 5246 §7.4.8). @returns the scheme */
function* receiveCertificateVerify12(
  hs: HandshakeContext,
  { forms, signatures }: ClassicVersion,
  config: ServerConfig,
  context: ClassicContext,
  master: NamedSecret,
  { verdict }: JudgedCertificate,
): HandshakeSteps<number> {
  const message = yield* hs.receive(HandshakeType.certificate_verify)
  const content = yield* signatures.transcriptToSign(context, master, hs.transcript)
  const signed = hs.read(message, forms.CertificateVerify)
  const what = certificateVerifySignature
  const accepted = enabledSignatureSchemes(config)
  return yield* signatures.verify(hs, 'client', keyOf(verdict), accepted, signed, content, what)
}

/** @param issuedAt when the master secret was agreed on, in milliseconds since 1970 */
function* sendTicket(
  hs: HandshakeContext,
  { tickets, clock }: ServerConfig,
  info: ConnectionInfo,
  keys: ClassicKeys,
  issuedAt: number,
): Steps<void> {
  if (tickets === undefined) return
  const most = Math.min(tickets.lifetime, maxTicketLifetime)
  const state = stateOf(info, keys, issuedAt, most)
  // 0 would leave the lifetime to the client (RFC 5077 §3.3).
  const lifetime = Math.max(1, most - Math.floor((clock() - issuedAt) / 1000))
  const ticket = yield* hs.settle('issuing a ticket', tickets.issue(state))
  hs.trace?.({ type: 'session', direction: 'sent', lifetime, ticketLength: ticket.length })
  hs.send(HandshakeType.new_session_ticket, NewSessionTicket12, {
    ticketLifetimeHint: lifetime,
    ticket,
  })
}

function stateOf(
  info: ConnectionInfo,
  { master }: ClassicKeys,
  issuedAt: number,
  lifetime: number,
): SessionState {
  return {
    version: info.version,
    cipherSuite: info.cipherSuite,
    psk: master.value,
    issuedAt,
    lifetime,
    ageAdd: 0,
    serverName: info.serverName,
    alpnProtocol: info.alpnProtocol,
    peerCertificates: info.peerCertificates,
  }
}

interface ClientIdentity {
  readonly chain: readonly Uint8Array[]
  readonly verdict: Verdict | undefined
  readonly scheme?: number | undefined
  readonly pskIdentity?: Uint8Array | undefined
}

function infoOf(
  { version }: ClassicVersion,
  info: ClientHelloInfo,
  { suite, guards, alpnProtocol, encryptThenMac, identity }: Answer12,
  client: ClientIdentity,
  chosen: Chosen12 | ResumedSession,
): ConnectionInfo {
  const group = 'group' in chosen ? chosen.group : undefined
  return {
    version,
    cipherSuite: suite.id,
    cipherSuiteName: suite.name,
    group: group?.id || undefined,
    groupName: group?.name,
    peerSignatureScheme: client.scheme,
    signatureScheme: 'scheme' in chosen ? chosen.scheme : undefined,
    alpnProtocol,
    serverName: info.serverName,
    resumed: 'state' in chosen,
    ...(client.pskIdentity && { pskIdentity: client.pskIdentity.slice() }),
    helloRetried: false,
    ...guards,
    ...(suite.protection.kind === 'block' && { encryptThenMac }),
    peerCertificates: keptChain(client.chain, client.verdict),
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
    verdict: client.verdict,
    localCertificates: identity?.certificateChain ?? [],
  }
}

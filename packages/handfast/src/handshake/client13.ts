/** The client's side of TLS 1.3 (RFC 8446 §2, §A.1), from the ServerHello on. */
import type { Steps, Verdict } from '@handfast/x509'
import { sameBytes, toText } from '../codec/bytes.ts'
import { findExtension, refuseDuplicates, refuseUnsolicited } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { cookie } from '../codec/extensions/cookie.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import {
  Certificate,
  CertificateRequest,
  EncryptedExtensions,
  type HandshakeMessage,
  isHelloRetryRequest,
  ServerHello,
} from '../codec/messages.ts'
import {
  cipherSuites,
  ExtensionType,
  HandshakeType,
  namedGroups,
  nameOf,
  ProtocolVersion,
} from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { EarlySecret, type ScheduleContext } from '../keys/schedule.ts'
import {
  answerCertificateRequest,
  type RequestedCertificate,
  readCertificateRequest,
  type SentIdentity,
} from './clientAuthentication.ts'
import { type Offer, offeredTypes, retryOffer } from './clientHello.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { Established13 } from './established13.ts'
import { namesOf } from './negotiation.ts'
import { sendFinished } from './ownCertificate.ts'
import { judge, readCertificate, receiveCertificateVerify } from './peerCertificate.ts'
import { receiveFinished } from './peerFinished.ts'
import { useRecordSizeLimit } from './recordSizeLimit.ts'
import { serverHelloVersion } from './version.ts'

export function* client13(
  hs: HandshakeContext,
  config: ClientConfig,
  firstOffer: Offer,
  firstAnswer: HandshakeMessage,
): HandshakeSteps<Established13> {
  // ServerHello, perhaps after a HelloRetryRequest and a second ClientHello.
  let offer = firstOffer
  let answer = firstAnswer
  let serverHello = decode(ServerHello, answer.bytes.subarray(4))
  const suite = checkServerHello(offer, serverHello)
  tellSuite(hs, offer, suite)
  const helloRetried = isHelloRetryRequest(serverHello.random)
  let sentChangeCipherSpec = false
  if (helloRetried) {
    offer = yield* retry(hs, config, offer, answer, serverHello, suite)
    if (config.middleboxCompatibility !== false) hs.sendChangeCipherSpec()
    sentChangeCipherSpec = true
    hs.sendMessage(offer.message, hs.transcript)
    answer = yield* hs.receive(HandshakeType.server_hello)
    serverHello = decode(ServerHello, answer.bytes.subarray(4))
    refuseSecondRetry(serverHello, suite)
    checkServerHello(offer, serverHello)
  }
  hs.read(answer, ServerHello)
  const context = hs.scheduleContext(suite)
  const { sharedSecret, group, resumed } = yield* readServerHello(hs, offer, serverHello, suite)

  // The handshake keys.
  const early = yield* earlySecret(offer, resumed, context)
  const handshakeSecret = yield* early.handshakeSecret(sharedSecret)
  const clientTraffic = yield* handshakeSecret.trafficSecret('client', hs.transcript)
  const serverTraffic = yield* handshakeSecret.trafficSecret('server', hs.transcript)
  hs.logKey(clientTraffic)
  hs.logKey(serverTraffic)
  yield* hs.setKeys(context, suite, 'server', serverTraffic, 'handshake')
  if (!sentChangeCipherSpec && config.middleboxCompatibility !== false) hs.sendChangeCipherSpec()
  yield* hs.setKeys(context, suite, 'client', clientTraffic, 'handshake')
  const masterSecret = yield* handshakeSecret.masterSecret()

  // EncryptedExtensions, and who the server is.
  const alpnProtocol = yield* receiveEncryptedExtensions(hs, config, offer)
  let request: RequestedCertificate | undefined
  let server: ServerIdentity
  if (resumed && offer.psk !== undefined)
    server = {
      chain: offer.psk.session.peerCertificates,
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      verdict: undefined,
      scheme: undefined,
    }
  else {
    const answered = yield* receiveServerIdentity(hs, config, offer, suite)
    request = answered.request
    server = answered.server
  }
  yield* receiveFinished(hs, context, serverTraffic)

  // The application keys are of the transcript up to the server's Finished.
  const clientApplication = yield* masterSecret.trafficSecret('client', hs.transcript)
  const serverApplication = yield* masterSecret.trafficSecret('server', hs.transcript)
  const exporterSecret = yield* masterSecret.exporterSecret(hs.transcript)
  for (const secret of [clientApplication, serverApplication, exporterSecret]) hs.logKey(secret)
  hs.changeCipherSpecAllowed = false
  yield* hs.setKeys(context, suite, 'server', serverApplication, 'application')

  // Our second flight.
  let ours: SentIdentity | undefined
  if (request !== undefined) ours = yield* answerCertificateRequest(hs, config, request, suite)
  yield* sendFinished(hs, context, clientTraffic)
  yield* hs.setKeys(context, suite, 'client', clientApplication, 'application')
  const resumptionSecret = yield* masterSecret.resumptionSecret(hs.transcript)
  for (const secret of [clientTraffic, serverTraffic]) secret.value.fill(0)

  return new Established13(hs, {
    context,
    suite,
    config,
    writeSecret: clientApplication,
    readSecret: serverApplication,
    exporterSecret,
    resumptionSecret,
    info: {
      version: ProtocolVersion.TLS13,
      cipherSuite: suite.id,
      cipherSuiteName: suite.name,
      group,
      groupName: nameOf(namedGroups, group),
      peerSignatureScheme: server.scheme,
      signatureScheme: ours?.scheme,
      alpnProtocol,
      serverName: config.serverName,
      resumed,
      helloRetried,
      peerCertificates: server.chain.map((der) => der.slice()),
      ocspResponse: server.ocspResponse?.slice(),
      signedCertificateTimestamps: server.signedCertificateTimestamps.map((sct) => sct.slice()),
      verdict: server.verdict,
      localCertificates: ours?.identity?.certificateChain ?? [],
    },
  })
}

// ── ServerHello ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The checks that a HelloRetryRequest and a ServerHello share (RFC 8446 §4.1.3, §4.1.4). @returns the suite */
function checkServerHello(offer: Offer, hello: ServerHello): CipherSuite {
  const name = isHelloRetryRequest(hello.random) ? 'HelloRetryRequest' : 'ServerHello'
  refuseDuplicates(hello.extensions, name)
  refuseMisplaced(hello.extensions, name)
  const mayAnswer = new Set(offeredTypes(offer))
  if (name === 'HelloRetryRequest') mayAnswer.add(ExtensionType.cookie)
  refuseUnsolicited(hello.extensions, mayAnswer, name)
  serverHelloVersion(hello)
  if (!sameBytes(hello.legacySessionIdEcho, offer.hello.legacySessionId))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `${name} does not echo our legacy_session_id`, {
      section: 'RFC 8446 §4.1.3',
    })
  if (hello.legacyCompressionMethod !== 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `${name} chooses a compression method`, {
      section: 'RFC 8446 §4.1.3',
    })
  const suite = offer.suites.find(({ id }) => id === hello.cipherSuite)
  if (suite === undefined || !offer.hello.cipherSuites.includes(suite.id))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `${name} chooses the cipher suite ${nameOf(cipherSuites, hello.cipherSuite)}, which was not offered`,
      { section: 'RFC 8446 §4.1.3' },
    )
  return suite
}

function tellSuite(hs: HandshakeContext, offer: Offer, suite: CipherSuite): void {
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: namesOf(cipherSuites, offer.hello.cipherSuites),
    chosen: suite.name,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 8446 §4.1.3',
  }))
}

function* retry(
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
  answer: HandshakeMessage,
  hello: ServerHello,
  suite: CipherSuite,
): Steps<Offer> {
  const wanted = findExtension(hello.extensions, keyShare, 'HelloRetryRequest')
  const token = findExtension(hello.extensions, cookie, 'HelloRetryRequest')
  const group = wanted === undefined ? undefined : offer.groups.find(({ id }) => id === wanted)
  if (wanted !== undefined && (group === undefined || offer.keyPairs.has(wanted)))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `HelloRetryRequest asks for the group ${nameOf(namedGroups, wanted)}, ${
        group === undefined ? 'which was not offered' : 'of which it had a share'
      }`,
      { section: 'RFC 8446 §4.2.8' },
    )
  if (wanted === undefined && token === undefined)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'HelloRetryRequest asks for no change', {
      section: 'RFC 8446 §4.1.4',
    })
  hs.decide(() => ({
    what: 'hello retry',
    by: 'server',
    offered: [...offer.keyPairs.keys()].map((id) => nameOf(namedGroups, id)),
    chosen: group?.name ?? 'a cookie',
    why:
      group === undefined
        ? 'The server wants its cookie back before it goes on.'
        : 'The server prefers a group of which we sent no share: a second ClientHello brings it.',
    section: 'RFC 8446 §4.1.4',
  }))
  const digest = yield* hs.settle('hashing the ClientHello', hs.transcript.hash(suite.hash))
  hs.transcript.replaceWithMessageHash(digest)
  hs.read(answer, ServerHello)
  return yield* retryOffer(hs, offer, config, { group, cookie: token, suite })
}

function refuseSecondRetry(hello: ServerHello, suite: CipherSuite): void {
  if (isHelloRetryRequest(hello.random))
    throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A second HelloRetryRequest', {
      section: 'RFC 8446 §4.1.4',
    })
  if (hello.cipherSuite !== suite.id)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'ServerHello chooses another cipher suite than HelloRetryRequest did',
      { section: 'RFC 8446 §4.1.4' },
    )
}

function* readServerHello(
  hs: HandshakeContext,
  offer: Offer,
  hello: ServerHello,
  suite: CipherSuite,
): Steps<{ sharedSecret: Uint8Array; group: number; resumed: boolean }> {
  const resumed = acceptsPsk(offer, hello, suite)
  hs.decide(() => ({
    what: 'resumption',
    by: 'server',
    offered: offer.psk === undefined ? ['a full handshake'] : ['the session', 'a full handshake'],
    chosen: resumed ? 'the session' : 'a full handshake',
    why: resumed
      ? 'The server knows the ticket: the session vouches for it, no certificate is sent.'
      : offer.psk === undefined
        ? 'No session was offered.'
        : 'The server does not take the session that was offered.',
    section: 'RFC 8446 §4.2.11',
  }))
  // Only psk_dhe_ke is offered: there is always a key exchange.
  const share = findExtension(hello.extensions, keyShare, 'ServerHello')
  if (share === undefined)
    throw new TlsError('ERR_MISSING_EXTENSION', 'ServerHello carries no key_share', {
      section: 'RFC 8446 §4.2.8',
    })
  const pair = offer.keyPairs.get(share.group)
  const name = nameOf(namedGroups, share.group)
  if (pair === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `ServerHello carries a share of ${name}, of which we sent none`,
      { section: 'RFC 8446 §4.2.8' },
    )
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: [...offer.keyPairs.keys()].map((id) => nameOf(namedGroups, id)),
    chosen: name,
    why: 'The server answers with a share of the group that it prefers.',
    section: 'RFC 8446 §4.2.8',
  }))
  const sharedSecret = yield* hs.settle(
    'agreeing on the secret',
    pair.decapsulate(share.keyExchange),
  )
  for (const each of offer.keyPairs.values()) each.destroy()
  if (sharedSecret === undefined)
    throw new TlsError('ERR_BAD_KEY_SHARE', `The server's share of ${name} is not a valid one`)
  hs.checked('key share', `the rules of ${name}`, 'RFC 8446 §4.2.8')
  return { sharedSecret, group: share.group, resumed }
}

function acceptsPsk(offer: Offer, hello: ServerHello, suite: CipherSuite): boolean {
  const selected = findExtension(hello.extensions, preSharedKey, 'ServerHello')
  if (selected === undefined) return false
  if (selected !== 0 || offer.psk === undefined)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'ServerHello takes a PSK that was not offered', {
      section: 'RFC 8446 §4.2.11',
    })
  if (offer.psk.suite.hash !== suite.hash)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'ServerHello takes the PSK with a cipher suite of another hash',
      { section: 'RFC 8446 §4.2.11' },
    )
  return true
}

/** With a PSK that was taken, its Early Secret exists since the binder; else it is of zeros. */
function* earlySecret(
  offer: Offer,
  resumed: boolean,
  context: ScheduleContext,
): Steps<EarlySecret> {
  if (resumed && offer.psk !== undefined) return offer.psk.earlySecret
  return yield* EarlySecret.extract(context)
}

// ── EncryptedExtensions ─────────────────────────────────────────────────────────────────────────────────────────────

/** @returns the application protocol */
function* receiveEncryptedExtensions(
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
): HandshakeSteps<string | undefined> {
  const message = yield* hs.receive(HandshakeType.encrypted_extensions)
  const { extensions } = hs.read(message, EncryptedExtensions)
  refuseDuplicates(extensions, 'EncryptedExtensions')
  refuseUnsolicited(extensions, offeredTypes(offer), 'EncryptedExtensions')
  refuseMisplaced(extensions, 'EncryptedExtensions')
  findExtension(extensions, supportedGroups, 'EncryptedExtensions')
  const limit = findExtension(extensions, recordSizeLimit, 'EncryptedExtensions')
  if (limit !== undefined) useRecordSizeLimit(hs, config, limit, 'server')
  return chosenProtocol(
    hs,
    config,
    findExtension(extensions, applicationLayerProtocolNegotiation, 'EncryptedExtensions'),
  )
}

function chosenProtocol(
  hs: HandshakeContext,
  { alpnProtocols = [] }: ClientConfig,
  answer: readonly Uint8Array[] | undefined,
): string | undefined {
  if (answer === undefined) return undefined
  const [first] = answer
  if (first === undefined || answer.length !== 1)
    throw new TlsError('ERR_DECODE', 'The server chooses more than one application protocol', {
      section: 'RFC 7301 §3.1',
    })
  const protocol = toText(first)
  if (!alpnProtocols.includes(protocol))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'The server chooses an application protocol that was not offered',
      { section: 'RFC 7301 §3.1' },
    )
  hs.decide(() => ({
    what: 'application protocol',
    by: 'server',
    offered: alpnProtocols,
    chosen: protocol,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 7301 §3.2',
  }))
  return protocol
}

// ── Certificates ────────────────────────────────────────────────────────────────────────────────────────────────────

interface ServerIdentity {
  readonly chain: readonly Uint8Array[]
  readonly ocspResponse: Uint8Array | undefined
  readonly signedCertificateTimestamps: readonly Uint8Array[]
  readonly verdict: Verdict | undefined
  readonly scheme: number | undefined
}

function* receiveServerIdentity(
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
  suite: CipherSuite,
): HandshakeSteps<{ request: RequestedCertificate | undefined; server: ServerIdentity }> {
  let message = yield* hs.receive(HandshakeType.certificate_request, HandshakeType.certificate)
  let request: RequestedCertificate | undefined
  if (message.type === HandshakeType.certificate_request) {
    request = readCertificateRequest(hs.read(message, CertificateRequest))
    if (request.context.length > 0)
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        'A CertificateRequest of the handshake has a context',
        { section: 'RFC 8446 §4.3.2' },
      )
    message = yield* hs.receive(HandshakeType.certificate)
  }
  const certificate = hs.read(message, Certificate)
  if (certificate.certificateRequestContext.length > 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', "The server's Certificate has a context", {
      section: 'RFC 8446 §4.4.2',
    })
  const shown = readCertificate(hs, certificate, offeredTypes(offer))
  if (shown === undefined)
    throw new TlsError('ERR_DECODE', "The server's Certificate is empty", {
      section: 'RFC 8446 §4.4.2.4',
    })
  const verdict = yield* judge(hs, config.verifyCertificate, {
    ...shown,
    role: 'server',
    serverName: config.serverName,
    time: config.clock(),
  })
  const scheme = yield* receiveCertificateVerify(
    hs,
    'server',
    shown.leaf,
    offer.signatureSchemes,
    suite.hash,
  )
  return { request, server: { ...shown, verdict, scheme } }
}

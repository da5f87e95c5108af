/** The client's side of TLS 1.3 (RFC 8446 §2, §A.1), from the ServerHello on. */
import type { Verdict } from '@handfast/x509'
import { findExtension, refuseDuplicates, refuseUnsolicited } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { earlyData } from '../codec/extensions/early_data.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { maxFragmentLength } from '../codec/extensions/max_fragment_length.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import {
  CertificateRequest,
  EncryptedExtensions,
  type HandshakeMessage,
  isHelloRetryRequest,
  ServerHello,
} from '../codec/messages.ts'
import { HandshakeType, namedGroups, nameOf, ProtocolVersion } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { handshakeSecretWithoutPsk } from '../keys/schedule.ts'
import { afterClientHandshake } from './afterHandshake13.ts'
import { certificateTypes, readCertificateMessage } from './certificateMessage.ts'
import { chosenProtocol } from './chosenProtocol.ts'
import {
  answerCertificateRequest,
  type RequestedCertificate,
  readCertificateRequest,
  type SentIdentity,
} from './clientAuthentication.ts'
import { type Offer, offeredTypes } from './clientHello.ts'
import { preSharedKeys } from './clientPreSharedKeys.ts'
import { certificateCompression } from './compressedCertificate.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { Established13 } from './established13.ts'
import { useMaxFragmentLength } from './maxFragmentLength.ts'
import { hasCipherSuites } from './negotiation.ts'
import { sendFinished } from './ownCertificate.ts'
import type { Parts13 } from './parts13.ts'
import {
  judge,
  keptChain,
  keyOf,
  readCertificate,
  receiveCertificateVerify,
} from './peerCertificate.ts'
import { receiveFinished } from './peerFinished.ts'
import type { ClientProtocol } from './protocol.ts'
import { useRecordSizeLimit } from './recordSizeLimit.ts'
import {
  checkServerHello,
  readServerHello,
  refuseSecondRetry,
  retry,
  tellSuite,
} from './serverHello13.ts'

/** TLS 1.3, for a client, with every part. */
export const tls13Client: ClientProtocol = /* @__PURE__ */ tls13ClientOf({
  preSharedKeys,
  certificateCompression,
})

/**
 * TLS 1.3, for a client, with the parts that are named: `preSharedKeys`, `certificateCompression`, or none. An option of a
 * connection whose part is not there is refused when the connection is made.
 */
export function tls13ClientOf(parts: Parts13): ClientProtocol {
  return { version: ProtocolVersion.TLS13, hasCipherSuites, parts, handshake: client13 }
}

function* client13(
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
  const offeredEarly = offer.early !== undefined
  let sentChangeCipherSpec = offeredEarly
  if (helloRetried) {
    hs.refuseExcess()
    offer = yield* retry(hs, config, offer, answer, serverHello, suite)
    // What was sent early is lost with the keys that protect it.
    hs.records.clearWrite()
    if (!offeredEarly && config.middleboxCompatibility !== false) hs.sendChangeCipherSpec()
    sentChangeCipherSpec = true
    hs.sendMessage(offer.message, hs.transcript)
    answer = yield* hs.receive(HandshakeType.server_hello)
    serverHello = decode(ServerHello, answer.bytes.subarray(4))
    refuseSecondRetry(serverHello, suite)
    checkServerHello(offer, serverHello)
  }
  hs.note(answer)
  const context = hs.scheduleContext(suite)
  const { sharedSecret, group, psk } = yield* readServerHello(hs, offer, serverHello, suite)

  // The handshake keys.
  // With a PSK that was taken, its Early Secret exists since the binder.
  const handshakeSecret = yield* psk === undefined
    ? handshakeSecretWithoutPsk(context, sharedSecret)
    : psk.earlySecret.handshakeSecret(sharedSecret)
  hs.hold(() => handshakeSecret.forget())
  const clientTraffic = yield* handshakeSecret.trafficSecret('client', hs.transcript)
  const serverTraffic = yield* handshakeSecret.trafficSecret('server', hs.transcript)
  hs.logKey(clientTraffic)
  hs.logKey(serverTraffic)
  yield* hs.setKeys(context, suite, 'server', serverTraffic, 'handshake')
  if (!sentChangeCipherSpec && config.middleboxCompatibility !== false) hs.sendChangeCipherSpec()
  // The early keys hold until it is known whether the server took what they protect.
  const useHandshakeKeys = () => hs.setKeys(context, suite, 'client', clientTraffic, 'handshake')
  hs.hold(() => clientTraffic.value.fill(0))
  if (offer.early === undefined) yield* useHandshakeKeys()
  const masterSecret = yield* handshakeSecret.masterSecret()
  hs.hold(() => masterSecret.forget())

  // EncryptedExtensions, and who the server is.
  const { alpnProtocol, earlyAccepted } = yield* receiveEncryptedExtensions(hs, config, offer)
  hs.parts.preSharedKeys?.checkAccepted(earlyAccepted, offer, suite, psk, alpnProtocol)
  if (!earlyAccepted) hs.forgetEarlyExporter()
  if (offer.early !== undefined && !earlyAccepted) yield* useHandshakeKeys()
  let request: RequestedCertificate | undefined
  let server: ServerIdentity
  if (psk !== undefined)
    server = {
      chain: psk.session?.peerCertificates ?? [],
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
  for (const secret of [clientApplication, serverApplication, exporterSecret]) {
    hs.hold(() => secret.value.fill(0))
    hs.logKey(secret)
  }
  hs.changeCipherSpecAllowed = false
  yield* hs.setKeys(context, suite, 'server', serverApplication, 'application')

  // Our second flight.
  if (earlyAccepted) {
    hs.parts.preSharedKeys?.sendEndOfEarlyData(hs)
    yield* useHandshakeKeys()
  }
  let ours: SentIdentity | undefined
  if (request !== undefined) ours = yield* answerCertificateRequest(hs, config, request, suite)
  yield* sendFinished(hs, context, clientTraffic)
  yield* hs.setKeys(context, suite, 'client', clientApplication, 'application')
  const resumptionSecret = yield* masterSecret.resumptionSecret(hs.transcript)
  for (const secret of [clientTraffic, serverTraffic]) secret.value.fill(0)
  const status = hs.parts.preSharedKeys?.earlyDataStatus(config, offeredEarly, earlyAccepted)
  const pskIdentity = psk?.external?.identity ?? psk?.session?.pskIdentity

  return new Established13(hs, {
    context,
    suite,
    after: afterClientHandshake(config),
    keyUpdateAfterRecords: config.keyUpdateAfterRecords,
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
      resumed: psk?.session !== undefined,
      ...(pskIdentity && { pskIdentity }),
      ...(status && { earlyData: status }),
      helloRetried,
      peerCertificates: keptChain(server.chain, server.verdict),
      ocspResponse: server.ocspResponse?.slice(),
      signedCertificateTimestamps: server.signedCertificateTimestamps.map((sct) => sct.slice()),
      verdict: server.verdict,
      localCertificates: ours?.identity?.certificateChain ?? [],
    },
  })
}

/** @returns the application protocol, and whether early data was taken */
function* receiveEncryptedExtensions(
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
): HandshakeSteps<{ alpnProtocol: string | undefined; earlyAccepted: boolean }> {
  const message = yield* hs.receive(HandshakeType.encrypted_extensions)
  const { extensions } = hs.read(message, EncryptedExtensions)
  refuseDuplicates(extensions, 'EncryptedExtensions')
  refuseUnsolicited(extensions, offeredTypes(offer), 'EncryptedExtensions')
  refuseMisplaced(extensions, 'EncryptedExtensions')
  findExtension(extensions, supportedGroups, 'EncryptedExtensions')
  const limit = findExtension(extensions, recordSizeLimit, 'EncryptedExtensions')
  // A client of several versions may have offered the older extension too (RFC 6066 §4); a server answers one of them.
  const fragment = findExtension(extensions, maxFragmentLength, 'EncryptedExtensions')
  if (limit !== undefined && fragment !== undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'EncryptedExtensions carries record_size_limit and max_fragment_length',
      { section: 'RFC 8449 §5' },
    )
  if (limit !== undefined) useRecordSizeLimit(hs, config, limit, 'server')
  if (fragment !== undefined) useMaxFragmentLength(hs, fragment, config.maxFragmentLength)
  const earlyAccepted = findExtension(extensions, earlyData, 'EncryptedExtensions') === true
  const alpnProtocol = chosenProtocol(
    hs,
    config,
    findExtension(extensions, applicationLayerProtocolNegotiation, 'EncryptedExtensions'),
  )
  return { alpnProtocol, earlyAccepted }
}

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
  let message = yield* hs.receive(
    HandshakeType.certificate_request,
    ...certificateTypes(hs, config),
  )
  let request: RequestedCertificate | undefined
  if (message.type === HandshakeType.certificate_request) {
    request = readCertificateRequest(hs.read(message, CertificateRequest))
    if (request.context.length > 0)
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        'A CertificateRequest of the handshake has a context',
        { section: 'RFC 8446 §4.3.2' },
      )
    message = yield* hs.receive(...certificateTypes(hs, config))
  }
  const certificate = yield* readCertificateMessage(hs, config, message)
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
    ocspRequested: config.requestOcsp !== false,
    role: 'server',
    serverName: config.serverName,
    time: config.clock(),
  })
  const scheme = yield* receiveCertificateVerify(
    hs,
    'server',
    keyOf(verdict),
    offer.signatureSchemes,
    suite.hash,
  )
  return { request, server: { ...shown, verdict, scheme } }
}

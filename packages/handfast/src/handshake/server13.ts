/** The server's side of TLS 1.3 (RFC 8446 §2, §A.2), from the ClientHello on. */
import type { Verdict } from '@handfast/x509'
import { fromText } from '../codec/bytes.ts'
import { extensionOf, findExtension, hasExtension, type RawExtension } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { compressCertificate } from '../codec/extensions/compress_certificate.ts'
import { earlyData } from '../codec/extensions/early_data.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { pskKeyExchangeModesExtension } from '../codec/extensions/psk_key_exchange_modes.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { serverName } from '../codec/extensions/server_name.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import { type ClientHello, EncryptedExtensions, ServerHello } from '../codec/messages.ts'
import {
  ExtensionType,
  HandshakeType,
  ProtocolVersion,
  PskKeyExchangeMode,
} from '../codec/registry.ts'
import type { ClientHelloInfo, ServerConfig } from '../config.ts'
import type { CipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { handshakeSecretWithoutPsk } from '../keys/schedule.ts'
import { maxPlaintextLength } from '../limits.ts'
import { afterServerHandshake } from './afterHandshake13.ts'
import { certificateTypes, readCertificateMessage } from './certificateMessage.ts'
import { certificateRequest, certificateRequired, requestedTypes } from './clientAuthentication.ts'
import { checkClientHello, clientShare } from './clientHello13.ts'
import { readClientHello } from './clientHelloInfo.ts'
import { certificateCompression } from './compressedCertificate.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { earlyTrafficSecret } from './earlyTraffic.ts'
import { Established13 } from './established13.ts'
import { enabledGroups, enabledSignatureSchemes, hasCipherSuites } from './negotiation.ts'
import { sendCertificate, sendCertificateVerify, sendFinished } from './ownCertificate.ts'
import {
  judge,
  keptChain,
  keyOf,
  readCertificate,
  receiveCertificateVerify,
} from './peerCertificate.ts'
import { receiveFinished } from './peerFinished.ts'
import { hashOf } from './preSharedKeys.ts'
import type { ServerProtocol } from './protocol.ts'
import { useRecordSizeLimit } from './recordSizeLimit.ts'
import { chooseCertificate, chooseGroup, chooseProtocol, chooseSuite } from './serverChoices.ts'
import { acceptEarlyData, offersEarlyData, receiveEndOfEarlyData } from './serverEarlyData.ts'
import { type AcceptedPsk, acceptPsk, knownKeys, refuseDroppedPsk } from './serverPsk.ts'
import { checkRetriedHello, sendHelloRetryRequest } from './serverRetry.ts'

const none = new Uint8Array(0)

/** TLS 1.3, for a server. */
export const tls13Server: ServerProtocol = {
  version: ProtocolVersion.TLS13,
  hasCipherSuites,
  handshake: server13,
}

function* server13(
  hs: HandshakeContext,
  config: ServerConfig,
  firstInfo: ClientHelloInfo,
): HandshakeSteps<Established13> {
  hs.parts = { certificateCompression }
  // ClientHello, perhaps after a HelloRetryRequest a second one.
  let info = firstInfo
  checkClientHello(info.message)
  const keys = yield* knownKeys(hs, config, info)
  const suite = chooseSuite(hs, config, info, keys.map(hashOf))
  const context = hs.scheduleContext(suite)
  const group = chooseGroup(hs, config, info)
  const token = config.cookie?.(info)
  const firstShare = clientShare(info.message, group)
  const helloRetried = token !== undefined || firstShare === undefined
  const offered = offersEarlyData(info)
  // Early data is passed over until it is accepted.
  if (offered) hs.records.skippableBytes = hs.limits.skippedEarlyDataBytes
  if (helloRetried) {
    yield* sendHelloRetryRequest(hs, info.message, suite, group, token)
    const message = yield* hs.receive(HandshakeType.client_hello)
    hs.records.skippableBytes = 0
    info = readClientHello(hs, message)
    checkRetriedHello(firstInfo.message, info.message, group, token)
    yield* refuseDroppedPsk(hs, config, firstInfo, info, suite, keys)
  }
  const hello = info.message
  const protocol = chooseProtocol(hs, config, info)
  const psk = yield* acceptPsk(hs, config, info, suite, keys)
  const early =
    offered && (yield* acceptEarlyData(hs, config, info, { suite, protocol, psk, helloRetried }))
  const earlyTraffic =
    early && psk !== undefined ? yield* earlyTrafficSecret(hs, psk.earlySecret) : undefined
  const certificate = psk === undefined ? yield* chooseCertificate(hs, config, info) : undefined

  // ServerHello, and the handshake keys.
  const share = helloRetried ? clientShare(hello, group) : firstShare
  const exchanged = share && (yield* hs.settle('agreeing on the secret', group.encapsulate(share)))
  if (exchanged === undefined)
    throw new TlsError(
      'ERR_BAD_KEY_SHARE',
      `The client's share of ${group.name} is not a valid one`,
    )
  hs.checked('key share', `the rules of ${group.name}`, 'RFC 8446 §4.2.8')
  sendServerHello(hs, config, hello, suite, group, exchanged.share, psk)
  const handshakeSecret = yield* psk === undefined
    ? handshakeSecretWithoutPsk(context, exchanged.secret)
    : psk.earlySecret.handshakeSecret(exchanged.secret)
  hs.hold(() => handshakeSecret.forget())
  const clientTraffic = yield* handshakeSecret.trafficSecret('client', hs.transcript)
  const serverTraffic = yield* handshakeSecret.trafficSecret('server', hs.transcript)
  hs.logKey(clientTraffic)
  hs.logKey(serverTraffic)
  // RFC 8446 §D.4: after the first message that we send.
  if (hello.legacySessionId.length > 0 && !helloRetried) hs.sendChangeCipherSpec()
  yield* hs.setKeys(context, suite, 'server', serverTraffic, 'handshake')
  if (earlyTraffic !== undefined) {
    hs.hold(() => clientTraffic.value.fill(0))
    hs.earlyDataLeft = psk?.state?.maxEarlyData ?? 0
    yield* hs.setKeys(context, suite, 'client', earlyTraffic, 'early')
    earlyTraffic.value.fill(0)
  } else yield* hs.setKeys(context, suite, 'client', clientTraffic, 'handshake')
  const masterSecret = yield* handshakeSecret.masterSecret()
  hs.hold(() => masterSecret.forget())

  // EncryptedExtensions, who we are, and who the client should be.
  sendEncryptedExtensions(hs, config, info, protocol, certificate !== undefined, early)
  const { clientAuthentication } = config
  const asked =
    psk === undefined &&
    clientAuthentication !== undefined &&
    clientAuthentication.mode !== 'afterHandshake'
  if (asked) hs.sendMessage(certificateRequest(config, clientAuthentication, none), hs.transcript)
  if (certificate !== undefined) {
    const types = hello.extensions.map(({ type }) => type)
    const compressions = findExtension(hello.extensions, compressCertificate, 'ClientHello') ?? []
    yield* sendCertificate(hs, config, certificate.identity, none, types, compressions)
    yield* sendCertificateVerify(hs, certificate.identity, certificate.scheme, suite.hash)
  }
  yield* sendFinished(hs, context, serverTraffic)

  // The application keys are of the transcript up to our Finished.
  const clientApplication = yield* masterSecret.trafficSecret('client', hs.transcript)
  const serverApplication = yield* masterSecret.trafficSecret('server', hs.transcript)
  const exporterSecret = yield* masterSecret.exporterSecret(hs.transcript)
  for (const secret of [clientApplication, serverApplication, exporterSecret]) {
    hs.hold(() => secret.value.fill(0))
    hs.logKey(secret)
  }
  yield* hs.setKeys(context, suite, 'server', serverApplication, 'application')

  // The client's second flight, behind the rest of its first.
  if (earlyTraffic !== undefined) {
    hs.mayAnswerEarly = true
    yield* receiveEndOfEarlyData(hs)
    hs.earlyDataLeft = undefined
    yield* hs.setKeys(context, suite, 'client', clientTraffic, 'handshake')
  }
  const client: ClientIdentity = asked
    ? yield* receiveClientIdentity(hs, config, suite)
    : {
        chain: psk?.state?.peerCertificates ?? [],
        verdict: psk?.verdict,
        scheme: undefined,
      }
  yield* receiveFinished(hs, context, clientTraffic)
  hs.changeCipherSpecAllowed = false
  yield* hs.setKeys(context, suite, 'client', clientApplication, 'application')
  const resumptionSecret = yield* masterSecret.resumptionSecret(hs.transcript)
  for (const secret of [clientTraffic, serverTraffic]) secret.value.fill(0)

  return new Established13(hs, {
    context,
    suite,
    after: afterServerHandshake(config),
    keyUpdateAfterRecords: config.keyUpdateAfterRecords,
    writeSecret: serverApplication,
    readSecret: clientApplication,
    exporterSecret,
    resumptionSecret,
    info: {
      version: ProtocolVersion.TLS13,
      cipherSuite: suite.id,
      cipherSuiteName: suite.name,
      group: group.id,
      groupName: group.name,
      peerSignatureScheme: client.scheme,
      signatureScheme: certificate?.scheme,
      alpnProtocol: protocol,
      serverName: info.serverName,
      resumed: psk?.state !== undefined,
      ...(psk?.pskIdentity && { pskIdentity: psk.pskIdentity }),
      ...(offered && { earlyData: early ? ('accepted' as const) : ('refused' as const) }),
      helloRetried,
      peerCertificates: keptChain(client.chain, client.verdict),
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      verdict: client.verdict,
      localCertificates: certificate?.identity.certificateChain ?? [],
    },
    peerOffersAuthentication: hasExtension(hello.extensions, ExtensionType.post_handshake_auth),
    peerResumes:
      findExtension(hello.extensions, pskKeyExchangeModesExtension, 'ClientHello')?.includes(
        PskKeyExchangeMode.psk_dhe_ke,
      ) === true,
  })
}

function sendServerHello(
  hs: HandshakeContext,
  config: ServerConfig,
  hello: ClientHello,
  suite: CipherSuite,
  group: KeyExchangeGroup,
  share: Uint8Array,
  psk: AcceptedPsk | undefined,
): void {
  const extensions: RawExtension[] = [
    extensionOf(keyShare, 'ServerHello', { group: group.id, keyExchange: share }),
    extensionOf(supportedVersions, 'ServerHello', ProtocolVersion.TLS13),
  ]
  if (psk !== undefined) extensions.push(extensionOf(preSharedKey, 'ServerHello', psk.index))
  hs.send(HandshakeType.server_hello, ServerHello, {
    legacyVersion: ProtocolVersion.TLS12,
    random: config.crypto.random(32),
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  })
}

/** RFC 8446 §4.3.1 */
function sendEncryptedExtensions(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  protocol: string | undefined,
  usedName: boolean,
  early: boolean,
): void {
  const extensions: RawExtension[] = []
  const offered = info.message.extensions
  if (config.announceGroups === true)
    extensions.push(
      extensionOf(
        supportedGroups,
        'EncryptedExtensions',
        enabledGroups(config).map(({ id }) => id),
      ),
    )
  if (early) extensions.push(extensionOf(earlyData, 'EncryptedExtensions', true))
  const limit = findExtension(offered, recordSizeLimit, 'ClientHello')
  if (limit !== undefined) {
    useRecordSizeLimit(hs, config, limit, 'client')
    const ours = config.recordSizeLimit ?? maxPlaintextLength + 1
    extensions.push(extensionOf(recordSizeLimit, 'EncryptedExtensions', ours))
  }
  // RFC 6066 §3: an empty answer says that the name chose the certificate.
  if (usedName && info.serverName !== undefined)
    extensions.push(extensionOf(serverName, 'EncryptedExtensions', true))
  if (protocol !== undefined)
    extensions.push(
      extensionOf(applicationLayerProtocolNegotiation, 'EncryptedExtensions', [fromText(protocol)]),
    )
  hs.send(HandshakeType.encrypted_extensions, EncryptedExtensions, { extensions })
}

interface ClientIdentity {
  readonly chain: readonly Uint8Array[]
  readonly verdict: Verdict | undefined
  readonly scheme: number | undefined
}

function* receiveClientIdentity(
  hs: HandshakeContext,
  config: ServerConfig,
  suite: CipherSuite,
): HandshakeSteps<ClientIdentity> {
  const { clientAuthentication } = config
  if (clientAuthentication === undefined)
    throw new TypeError('No client was asked to identify itself')
  const message = yield* hs.receive(...certificateTypes(hs, config))
  const certificate = yield* readCertificateMessage(hs, config, message)
  if (certificate.certificateRequestContext.length > 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', "The client's Certificate has a context", {
      section: 'RFC 8446 §4.4.2',
    })
  const shown = readCertificate(hs, certificate, requestedTypes(clientAuthentication))
  if (shown === undefined) {
    if (clientAuthentication.mode === 'require') throw certificateRequired()
    hs.decide(() => ({
      what: 'client authentication',
      by: 'client',
      offered: ['a certificate', 'no certificate'],
      chosen: 'no certificate',
      why: 'The client has none that fits; this server lets it in without.',
      section: 'RFC 8446 §4.4.2.4',
    }))
    return { chain: [], verdict: undefined, scheme: undefined }
  }
  const verdict = yield* judge(hs, clientAuthentication.verifyCertificate, {
    ...shown,
    role: 'client',
    serverName: undefined,
    time: config.clock(),
  })
  const accepted = enabledSignatureSchemes(config)
  const scheme = yield* receiveCertificateVerify(hs, 'client', keyOf(verdict), accepted, suite.hash)
  return { chain: shown.chain, verdict, scheme }
}

/** The server's side of TLS 1.3 (RFC 8446 §2, §A.2), from the ClientHello on. */
import { matchesName, type Steps, type Verdict } from '@handfast/x509'
import { fromText, sameBytes } from '../codec/bytes.ts'
import { extensionOf, findExtension, hasExtension, type RawExtension } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { cookie } from '../codec/extensions/cookie.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { serverName } from '../codec/extensions/server_name.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import {
  Certificate,
  type ClientHello,
  EncryptedExtensions,
  helloRetryRequestRandom,
  ServerHello,
} from '../codec/messages.ts'
import {
  cipherSuites,
  ExtensionType,
  extensionTypes,
  HandshakeType,
  namedGroups,
  nameOf,
  ProtocolVersion,
} from '../codec/registry.ts'
import { signatureSchemes } from '../codec/signatureScheme.ts'
import type { ClientHelloInfo, Identity, ServerConfig } from '../config.ts'
import type { CipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { defaultRetryGroups } from '../defaults.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import { EarlySecret } from '../keys/schedule.ts'
import { maxPlaintextLength } from '../limits.ts'
import { certificateRequest, certificateRequired, requestedTypes } from './clientAuthentication.ts'
import { readClientHello } from './clientHelloInfo.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { Established13 } from './established13.ts'
import {
  enabledCipherSuites,
  enabledGroups,
  enabledSignatureSchemes,
  firstCommon,
  namesOf,
} from './negotiation.ts'
import {
  chooseScheme,
  sendCertificate,
  sendCertificateVerify,
  sendFinished,
} from './ownCertificate.ts'
import { judge, parseLeaf, readCertificate, receiveCertificateVerify } from './peerCertificate.ts'
import { receiveFinished } from './peerFinished.ts'
import { useRecordSizeLimit } from './recordSizeLimit.ts'
import { type AcceptedPsk, acceptPsk } from './serverPsk.ts'

export function* server13(
  hs: HandshakeContext,
  config: ServerConfig,
  firstInfo: ClientHelloInfo,
): HandshakeSteps<Established13> {
  // ClientHello, perhaps after a HelloRetryRequest a second one.
  let info = firstInfo
  checkClientHello(info.message)
  const suite = chooseSuite(hs, config, info)
  const context = hs.scheduleContext(suite)
  const group = chooseGroup(hs, config, info)
  const token = config.cookie?.(info)
  const helloRetried = token !== undefined || clientShare(info.message, group) === undefined
  refuseEarlyData(hs, info.message)
  if (helloRetried) {
    yield* sendHelloRetryRequest(hs, info.message, suite, group, token)
    const message = yield* hs.receive(HandshakeType.client_hello)
    hs.records.skippableBytes = 0
    info = readClientHello(hs, message)
    checkRetriedHello(firstInfo.message, info.message, group, token)
  }
  const hello = info.message
  const protocol = chooseProtocol(hs, config, info)
  const psk = yield* acceptPsk(hs, config, info, suite)
  const certificate = psk === undefined ? yield* chooseCertificate(hs, config, info) : undefined

  // ServerHello, and the handshake keys.
  const share = clientShare(hello, group)
  const exchanged = share && (yield* hs.settle('agreeing on the secret', group.encapsulate(share)))
  if (exchanged === undefined)
    throw new TlsError(
      'ERR_BAD_KEY_SHARE',
      `The client's share of ${group.name} is not a valid one`,
    )
  hs.checked('key share', `the rules of ${group.name}`, 'RFC 8446 §4.2.8')
  sendServerHello(hs, config, hello, suite, group, exchanged.share, psk)
  const early = psk?.earlySecret ?? (yield* EarlySecret.extract(context))
  const handshakeSecret = yield* early.handshakeSecret(exchanged.secret)
  const clientTraffic = yield* handshakeSecret.trafficSecret('client', hs.transcript)
  const serverTraffic = yield* handshakeSecret.trafficSecret('server', hs.transcript)
  hs.logKey(clientTraffic)
  hs.logKey(serverTraffic)
  // RFC 8446 §D.4: after the first message that we send.
  if (hello.legacySessionId.length > 0 && !helloRetried) hs.sendChangeCipherSpec()
  yield* hs.setKeys(context, suite, 'server', serverTraffic, 'handshake')
  yield* hs.setKeys(context, suite, 'client', clientTraffic, 'handshake')
  const masterSecret = yield* handshakeSecret.masterSecret()

  // EncryptedExtensions, who we are, and who the client should be.
  sendEncryptedExtensions(hs, config, info, protocol, certificate !== undefined)
  const { clientAuthentication } = config
  const asked = psk === undefined && clientAuthentication !== undefined
  if (asked)
    hs.sendMessage(
      certificateRequest(config, clientAuthentication, new Uint8Array(0)),
      hs.transcript,
    )
  if (certificate !== undefined) {
    const types = new Set(hello.extensions.map(({ type }) => type))
    sendCertificate(hs, certificate.identity, new Uint8Array(0), types)
    yield* sendCertificateVerify(hs, certificate.identity, certificate.scheme, suite.hash)
  }
  yield* sendFinished(hs, context, serverTraffic)

  // The application keys are of the transcript up to our Finished.
  const clientApplication = yield* masterSecret.trafficSecret('client', hs.transcript)
  const serverApplication = yield* masterSecret.trafficSecret('server', hs.transcript)
  const exporterSecret = yield* masterSecret.exporterSecret(hs.transcript)
  for (const secret of [clientApplication, serverApplication, exporterSecret]) hs.logKey(secret)
  yield* hs.setKeys(context, suite, 'server', serverApplication, 'application')

  // The client's second flight.
  const client: ClientIdentity = asked
    ? yield* receiveClientIdentity(hs, config, suite)
    : {
        chain: psk?.state.peerCertificates ?? [],
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
    config,
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
      resumed: psk !== undefined,
      helloRetried,
      peerCertificates: client.chain.map((der) => der.slice()),
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      verdict: client.verdict,
      localCertificates: certificate?.identity.certificateChain ?? [],
    },
    peerOffersAuthentication: hasExtension(hello.extensions, ExtensionType.post_handshake_auth),
  })
}

// ── ClientHello ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 8446 §4.1.2, §4.2.8, §9.2: what a ClientHello of TLS 1.3 must have. */
function checkClientHello(hello: ClientHello): void {
  const { extensions } = hello
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The client offers compression', {
      section: 'RFC 8446 §4.1.2',
    })
  const has = (type: number) => hasExtension(extensions, type)
  const required: number[] = [ExtensionType.supported_groups, ExtensionType.key_share]
  if (!has(ExtensionType.pre_shared_key)) required.push(ExtensionType.signature_algorithms)
  else required.push(ExtensionType.psk_key_exchange_modes)
  for (const type of required)
    if (!has(type))
      throw new TlsError(
        'ERR_MISSING_EXTENSION',
        `The ClientHello carries no ${nameOf(extensionTypes, type)}`,
      )
  checkShares(hello)
}

/** RFC 8446 §4.2.8: each share once, of a group that is in supported_groups. */
function checkShares(hello: ClientHello): void {
  const groups = findExtension(hello.extensions, supportedGroups, 'ClientHello') ?? []
  const shares = findExtension(hello.extensions, keyShare, 'ClientHello') ?? []
  const seen = new Set<number>()
  for (const { group } of shares) {
    if (seen.has(group) || !groups.includes(group))
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        `The client's share of ${nameOf(namedGroups, group)} ${
          seen.has(group) ? 'stands twice' : 'is of a group that it does not offer'
        }`,
        { section: 'RFC 8446 §4.2.8' },
      )
    seen.add(group)
  }
}

function clientShare(hello: ClientHello, group: KeyExchangeGroup): Uint8Array | undefined {
  const shares = findExtension(hello.extensions, keyShare, 'ClientHello') ?? []
  return shares.find((share) => share.group === group.id)?.keyExchange
}

/** RFC 8446 §4.2.10: what the client may already have sent as early data is read past. */
function refuseEarlyData(hs: HandshakeContext, hello: ClientHello): void {
  if (!hasExtension(hello.extensions, ExtensionType.early_data)) return
  hs.records.skippableBytes = hs.limits.skippedEarlyDataBytes
  hs.decide(() => ({
    what: 'early data',
    by: 'server',
    offered: ['accept', 'refuse'],
    chosen: 'refuse',
    why: 'This server takes no early data: it can be replayed. The client sends it again after the handshake.',
    section: 'RFC 8446 §4.2.10',
  }))
}

// ── Choices ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function chooseSuite(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): CipherSuite {
  const ours = enabledCipherSuites(config)
  const suite = firstCommon(ours, info.cipherSuites, config.honorClientOrder === true)
  if (suite === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_CIPHER_SUITE',
      `The client offers ${offer(namesOf(cipherSuites, info.cipherSuites))}; this server has ${ours.map(({ name }) => name).join(', ')}`,
    )
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: namesOf(cipherSuites, info.cipherSuites),
    chosen: suite.name,
    why:
      config.honorClientOrder === true
        ? "The client's first that this server has."
        : "This server's first that the client has.",
    section: 'RFC 8446 §4.1.1',
  }))
  return suite
}

/** Names for a message: no more of them than a reader takes in. */
function offer(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and more` : names.join(', ')
}

/** The group that this server prefers among those with a share, unless a better one is worth a second ClientHello. */
function chooseGroup(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): KeyExchangeGroup {
  const ours = enabledGroups(config)
  const theirOrder = config.honorClientOrder === true
  const best = firstCommon(ours, info.supportedGroups, theirOrder)
  if (best === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_GROUP',
      `The client offers ${offer(namesOf(namedGroups, info.supportedGroups))}; this server has ${ours.map(({ name }) => name).join(', ')}`,
    )
  const shared = ours.filter((group) => clientShare(info.message, group) !== undefined)
  const quick = firstCommon(shared, info.supportedGroups, theirOrder)
  const { retryForGroups = defaultRetryGroups } = config
  const chosen = quick === undefined || retryForGroups.includes(best.id) ? best : quick
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: namesOf(namedGroups, info.supportedGroups),
    chosen: chosen.name,
    why: shared.includes(chosen)
      ? 'The one that this server prefers, of those for which the client sent a share.'
      : quick === undefined
        ? 'The client sent no share that this server can use: it is asked for one of this group.'
        : 'This group is worth asking the client for a share of it (retryForGroups).',
    section: 'RFC 8446 §4.1.1',
  }))
  return chosen
}

/** RFC 7301 §3.2: where both name protocols and none is in common, the connection ends. */
function chooseProtocol(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): string | undefined {
  const { alpnProtocols: offered } = info
  if (offered.length === 0) return undefined
  const { alpnProtocols = [], selectProtocol } = config
  if (selectProtocol === undefined && alpnProtocols.length === 0) return undefined
  const chosen =
    selectProtocol === undefined
      ? alpnProtocols.find((protocol) => offered.includes(protocol))
      : selectProtocol(offered, info)
  if (chosen === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_PROTOCOL',
      `The client offers ${offered.map((name) => JSON.stringify(name)).join(', ')}, of which this server has none`,
    )
  if (!offered.includes(chosen))
    throw new ConfigurationError(
      'ERR_BAD_ALPN_PROTOCOL',
      'selectProtocol chose a protocol that the client did not offer',
    )
  hs.decide(() => ({
    what: 'application protocol',
    by: 'server',
    offered,
    chosen,
    why: "This server's first that the client has.",
    section: 'RFC 7301 §3.2',
  }))
  return chosen
}

interface ChosenCertificate {
  readonly identity: Identity
  readonly scheme: number
}

function* chooseCertificate(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): Steps<ChosenCertificate> {
  if (info.signatureSchemes.length === 0)
    throw new TlsError('ERR_MISSING_EXTENSION', 'The ClientHello carries no signature_algorithms')
  const candidates = yield* identitiesFor(hs, config, info)
  if (candidates.length === 0)
    throw new TlsError(
      'ERR_UNRECOGNIZED_NAME',
      info.serverName === undefined
        ? 'This server has no certificate for a client that names no server'
        : `This server has no certificate for ${info.serverName}`,
    )
  for (const identity of candidates) {
    const scheme = chooseScheme(identity, info.signatureSchemes)
    if (scheme === undefined) continue
    hs.decide(() => ({
      what: 'signature scheme',
      by: 'server',
      offered: namesOf(signatureSchemes, info.signatureSchemes),
      chosen: nameOf(signatureSchemes, scheme),
      why: "The first that our certificate's key can make and the client accepts.",
      section: 'RFC 8446 §4.4.2.2',
    }))
    return { identity, scheme }
  }
  throw new TlsError(
    'ERR_NO_COMMON_SIGNATURE_SCHEME',
    `The client accepts ${offer(namesOf(signatureSchemes, info.signatureSchemes))}; our keys can make ${[
      ...new Set(
        candidates.flatMap(({ signingKey }) => namesOf(signatureSchemes, signingKey.schemes)),
      ),
    ].join(', ')}`,
  )
}

/** Those for the name that was asked for come first. */
function* identitiesFor(
  hs: HandshakeContext,
  { identity }: ServerConfig,
  info: ClientHelloInfo,
): Steps<readonly Identity[]> {
  if (identity === undefined) return []
  if (typeof identity === 'function') {
    const picked = yield* hs.settle('choosing a certificate', identity(info))
    return picked === undefined ? [] : [picked]
  }
  if (!('length' in identity)) return [identity]
  const { serverName: name } = info
  if (name === undefined || identity.length === 1) return identity
  const fits = (candidate: Identity) => {
    const [leaf] = candidate.certificateChain
    return leaf !== undefined && matchesName(parseLeaf(leaf), name)
  }
  const fitting = identity.filter(fits)
  return [...fitting, ...identity.filter((candidate) => !fitting.includes(candidate))]
}

// ── HelloRetryRequest and ServerHello ───────────────────────────────────────────────────────────────────────────────

/** RFC 8446 §4.1.4 */
function* sendHelloRetryRequest(
  hs: HandshakeContext,
  hello: ClientHello,
  suite: CipherSuite,
  group: KeyExchangeGroup,
  token: Uint8Array | undefined,
): Steps<void> {
  const extensions: RawExtension[] = []
  const wantsShare = clientShare(hello, group) === undefined
  if (wantsShare) extensions.push(extensionOf(keyShare, 'HelloRetryRequest', group.id))
  if (token !== undefined) extensions.push(extensionOf(cookie, 'HelloRetryRequest', token))
  extensions.push(extensionOf(supportedVersions, 'HelloRetryRequest', ProtocolVersion.TLS13))
  hs.decide(() => ({
    what: 'hello retry',
    by: 'server',
    offered: (findExtension(hello.extensions, keyShare, 'ClientHello') ?? []).map((share) =>
      nameOf(namedGroups, share.group),
    ),
    chosen: wantsShare ? group.name : 'a cookie',
    why: wantsShare
      ? 'The client sent no share of the group that this server chose.'
      : 'This server wants its cookie back before it goes on.',
    section: 'RFC 8446 §4.1.4',
  }))
  const digest = yield* hs.settle('hashing the ClientHello', hs.transcript.hash(suite.hash))
  hs.transcript.replaceWithMessageHash(digest)
  hs.send(HandshakeType.server_hello, ServerHello, {
    legacyVersion: ProtocolVersion.TLS12,
    random: helloRetryRequestRandom,
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  })
  if (hello.legacySessionId.length > 0) hs.sendChangeCipherSpec()
}

/** What a client may change in its second ClientHello (RFC 8446 §4.1.2). */
const changeable: ReadonlySet<number> = new Set([
  ExtensionType.key_share,
  ExtensionType.early_data,
  ExtensionType.cookie,
  ExtensionType.pre_shared_key,
  ExtensionType.padding,
])

function checkRetriedHello(
  first: ClientHello,
  second: ClientHello,
  group: KeyExchangeGroup,
  token: Uint8Array | undefined,
): void {
  checkClientHello(second)
  const fixed = (hello: ClientHello) => hello.extensions.filter(({ type }) => !changeable.has(type))
  const before = fixed(first)
  const after = fixed(second)
  const same =
    first.legacyVersion === second.legacyVersion &&
    sameBytes(first.random, second.random) &&
    sameBytes(first.legacySessionId, second.legacySessionId) &&
    first.cipherSuites.join() === second.cipherSuites.join() &&
    before.length === after.length &&
    before.every(
      ({ type, data }, i) => type === after[i]?.type && sameBytes(data, after[i]?.data ?? data),
    )
  if (!same)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello differs from the first', {
      section: 'RFC 8446 §4.1.2',
    })
  if (hasExtension(second.extensions, ExtensionType.early_data))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello offers early data', {
      section: 'RFC 8446 §4.1.2',
    })
  const shares = findExtension(second.extensions, keyShare, 'ClientHello') ?? []
  if (
    clientShare(first, group) === undefined &&
    (shares.length !== 1 || shares[0]?.group !== group.id)
  )
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The second ClientHello does not carry exactly the share of ${group.name} that was asked for`,
      { section: 'RFC 8446 §4.2.8' },
    )
  const echoed = findExtension(second.extensions, cookie, 'ClientHello')
  if (token === undefined ? echoed !== undefined : !echoed || !sameBytes(echoed, token))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello does not echo our cookie', {
      section: 'RFC 8446 §4.2.2',
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

// ── The client's certificate ────────────────────────────────────────────────────────────────────────────────────────

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
  const message = yield* hs.receive(HandshakeType.certificate)
  const certificate = hs.read(message, Certificate)
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
  const scheme = yield* receiveCertificateVerify(hs, 'client', shown.leaf, accepted, suite.hash)
  return { chain: shown.chain, verdict, scheme }
}

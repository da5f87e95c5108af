/**
 * What a client offers (RFC 8446 §4.1.2): the ClientHello, what it keeps of it to judge the answer, and the second
 * ClientHello after a HelloRetryRequest.
 */

import type { Steps } from '@handfast/x509'
import { fromText } from '../codec/bytes.ts'
import { type Extension, extensionOf, hasExtension, type RawExtension } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { certificateAuthorities } from '../codec/extensions/certificate_authorities.ts'
import { compressCertificate } from '../codec/extensions/compress_certificate.ts'
import { cookie } from '../codec/extensions/cookie.ts'
import { earlyData } from '../codec/extensions/early_data.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { padding } from '../codec/extensions/padding.ts'
import { postHandshakeAuth } from '../codec/extensions/post_handshake_auth.ts'
import { pskKeyExchangeModesExtension } from '../codec/extensions/psk_key_exchange_modes.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { serverName } from '../codec/extensions/server_name.ts'
import {
  signatureAlgorithms,
  signatureAlgorithmsCert,
} from '../codec/extensions/signature_algorithms.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import { statusRequest } from '../codec/extensions/status_request.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import { ClientHello, encodeMessage, type HandshakeMessage } from '../codec/messages.ts'
import {
  CertificateStatusType,
  CipherSuiteId,
  ExtensionType,
  HandshakeType,
  ProtocolVersion,
  PskKeyExchangeMode,
} from '../codec/registry.ts'
import type { ClientConfig } from '../config.ts'
import type { CipherSuite, KeyExchangeGroup, KeyPair } from '../crypto/provider.ts'
import { defaultKeyShares, defaultRetryGroups as postQuantumGroups } from '../defaults.ts'
import { ConfigurationError } from '../errors.ts'
import type { OfferedPsk } from './clientPsk.ts'
import type { HandshakeContext } from './context.ts'
import { type Grease, greaseFrom } from './grease.ts'
import { enabledCipherSuites, enabledGroups, enabledSignatureSchemes } from './negotiation.ts'
import type { OfferPart } from './protocol.ts'
import { hostNameToSend } from './serverName.ts'

/** A ClientHello as sent, and what only the client knows of it. */
export interface Offer {
  readonly hello: ClientHello
  readonly message: HandshakeMessage
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly KeyExchangeGroup[]
  readonly signatureSchemes: readonly number[]
  /** By group, for each share that was sent. */
  readonly keyPairs: ReadonlyMap<number, KeyPair>
  /** In the order of pre_shared_key. */
  readonly psks: readonly OfferedPsk[]
  /** The suite of the early keys, where early data goes with it. */
  readonly early: CipherSuite | undefined
}

/** The types of extension that an answer may carry. */
export function offeredTypes(offer: Offer): number[] {
  return offer.hello.extensions.map(({ type }) => type)
}

/**
 * Makes the first ClientHello. It is neither sent nor in the transcript.
 * @param versions the highest first. @param parts what versions before TLS 1.3 add
 */
export function* makeOffer(
  hs: HandshakeContext,
  config: ClientConfig,
  versions: readonly number[],
  parts: readonly OfferPart[] = [],
): Steps<Offer> {
  const { crypto } = config
  const modern = versions.includes(ProtocolVersion.TLS13)
  const suites = modern ? enabledCipherSuites(config) : []
  const enabled = enabledGroups(config)
  // ML-KEM, in hybrids or alone, is defined for TLS 1.3 only (draft-ietf-tls-ecdhe-mlkem §3, draft-ietf-tls-mlkem §4).
  const groups = modern ? enabled : enabled.filter(({ id }) => !postQuantumGroups.includes(id))
  const schemes = enabledSignatureSchemes(config)
  const meant = parts.find(({ sessionId }) => sessionId !== undefined)?.sessionId
  const drawsId = meant === undefined && modern && config.middleboxCompatibility !== false
  // RFC 5246 §E.1: what an older server goes by.
  const legacyVersion = Math.min(Math.max(...versions), ProtocolVersion.TLS12)
  const drawsGrease = config.grease !== false && legacyVersion === ProtocolVersion.TLS12
  // Drawn together: asking for random bytes costs more than making them.
  const drawn = crypto.random(32 + (drawsId ? 32 : 0) + (drawsGrease ? 5 : 0))
  const random = drawn.slice(0, 32)
  const legacySessionId = meant ?? (drawsId ? drawn.slice(32, 64) : new Uint8Array(0))
  const grease = drawsGrease ? greaseFrom(drawn.subarray(-5)) : undefined
  const extensible = legacyVersion > ProtocolVersion.SSL3
  const keyPairs = modern ? yield* generateShares(hs, config, groups) : new Map()

  const plain: ClientHello = {
    legacyVersion,
    random,
    legacySessionId,
    cipherSuites: [
      ...(grease ? [grease.cipherSuite] : []),
      ...suites.map(({ id }) => id),
      ...new Set(parts.flatMap(({ cipherSuites }) => cipherSuites)),
      // RFC 5746 §3.4, §4.5: what says so where there are no extensions.
      ...(extensible ? [] : [CipherSuiteId.TLS_EMPTY_RENEGOTIATION_INFO_SCSV]),
      ...(config.fallback === true ? [CipherSuiteId.TLS_FALLBACK_SCSV] : []),
    ],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensible
      ? clientExtensions(hs, config, versions, groups, schemes, keyPairs, grease, parts)
      : [],
  }
  const { preSharedKeys } = hs.parts
  const psks = preSharedKeys ? yield* preSharedKeys.usable(hs, config, suites, versions) : []
  const early = preSharedKeys?.earlySuite(hs, config, suites, psks)
  const offered =
    early === undefined
      ? plain
      : { ...plain, extensions: [...plain.extensions, extensionOf(earlyData, 'ClientHello', true)] }
  const hello = padded(config.shapeClientHello?.(offered) ?? offered, config)
  const kept = { suites, groups, signatureSchemes: schemes, keyPairs }
  return { ...kept, psks, early, ...(yield* bound(hs, hello, psks)) }
}

/** What the second ClientHello has anew, or not at all. */
const notRepeated: readonly number[] = [
  ExtensionType.pre_shared_key,
  ExtensionType.padding,
  ExtensionType.early_data,
]

/**
 * Makes the ClientHello that answers a HelloRetryRequest (RFC 8446 §4.1.2): the same, but for the key share, the cookie
 * and the binder. The transcript already holds the first as its hash, and the HelloRetryRequest.
 */
export function* retryOffer(
  hs: HandshakeContext,
  offer: Offer,
  config: ClientConfig,
  retry: {
    readonly group: KeyExchangeGroup | undefined
    readonly cookie: Uint8Array | undefined
    readonly suite: CipherSuite
  },
): Steps<Offer> {
  let { keyPairs } = offer
  let extensions = offer.hello.extensions.filter(({ type }) => !notRepeated.includes(type))
  if (retry.group !== undefined) {
    for (const pair of keyPairs.values()) pair.destroy()
    const pair = yield* hs.settle('generating a key share', retry.group.generate())
    hs.hold(() => pair.destroy())
    keyPairs = new Map([[retry.group.id, pair]])
    const share = extensionOf(keyShare, 'ClientHello', shareEntries(keyPairs))
    extensions = extensions.map((extension) =>
      extension.type === ExtensionType.key_share ? share : extension,
    )
  }
  if (retry.cookie !== undefined) extensions.push(extensionOf(cookie, 'ClientHello', retry.cookie))
  // RFC 8446 §4.1.4: a PSK of another hash could not be taken any more.
  const psks = offer.psks.filter(({ hash }) => hash === retry.suite.hash)
  const plain = { ...offer.hello, extensions }
  const hello = padded(config.shapeSecondClientHello?.(plain) ?? plain, config)
  return { ...offer, keyPairs, psks, early: undefined, ...(yield* bound(hs, hello, psks)) }
}

/** With the binders of the keys that it offers. */
function* bound(
  hs: HandshakeContext,
  hello: ClientHello,
  psks: readonly OfferedPsk[],
): Steps<Pick<Offer, 'hello' | 'message'>> {
  const { preSharedKeys } = hs.parts
  if (preSharedKeys && psks.length > 0) return yield* preSharedKeys.bind(hs, hello, psks)
  return { hello, message: encodeMessage(HandshakeType.client_hello, ClientHello, hello) }
}

function* generateShares(
  hs: HandshakeContext,
  config: ClientConfig,
  groups: readonly KeyExchangeGroup[],
): Steps<Map<number, KeyPair>> {
  const pairs = new Map<number, KeyPair>()
  for (const group of sharedGroups(config, groups)) {
    const step = `generating a key share for ${group.name}`
    const pair = yield* hs.settle(step, group.generate())
    hs.hold(() => pair.destroy())
    pairs.set(group.id, pair)
  }
  return pairs
}

/** The groups that get a share at once: those named, else of the usual ones, else the first that is enabled. */
function sharedGroups(
  config: ClientConfig,
  groups: readonly KeyExchangeGroup[],
): readonly KeyExchangeGroup[] {
  if (config.keyShares === undefined) {
    const usual = groups.filter(({ id }) => defaultKeyShares.includes(id))
    return usual.length > 0 ? usual : groups.slice(0, 1)
  }
  const named = groups.filter(({ id }) => config.keyShares?.includes(id))
  if (named.length !== config.keyShares.length)
    throw new ConfigurationError(
      'ERR_BAD_KEY_SHARES',
      'keyShares names a group that is not among the enabled groups',
    )
  return named
}

function shareEntries(pairs: ReadonlyMap<number, KeyPair>) {
  return [...pairs].map(([group, pair]) => ({ group, keyExchange: pair.share }))
}

function clientExtensions(
  { parts: { preSharedKeys, certificateCompression } }: HandshakeContext,
  config: ClientConfig,
  versions: readonly number[],
  groups: readonly KeyExchangeGroup[],
  schemes: readonly number[],
  keyPairs: ReadonlyMap<number, KeyPair>,
  grease: Grease | undefined,
  parts: readonly OfferPart[],
): RawExtension[] {
  const extensions: RawExtension[] = []
  const add = <F extends Extension['in']>(
    extension: Extension<F>,
    value: Parameters<typeof extensionOf<F, 'ClientHello' & keyof F>>[2],
  ) => {
    extensions.push(extensionOf(extension, 'ClientHello' as 'ClientHello' & keyof F, value))
  }
  if (grease) extensions.push({ type: grease.firstExtension, data: new Uint8Array(0) })
  const hostName = hostNameToSend(config.serverName)
  if (hostName !== undefined) add(serverName, [{ nameType: 0, hostName }])
  add(supportedGroups, [...(grease ? [grease.group] : []), ...groups.map(({ id }) => id)])
  const protocols = config.alpnProtocols ?? []
  if (protocols.length > 0) add(applicationLayerProtocolNegotiation, protocols.map(protocolBytes))
  if (config.requestOcsp !== false)
    // responder_id_list and request_extensions, both empty (RFC 6066 §8).
    add(statusRequest, { statusType: CertificateStatusType.ocsp, request: new Uint8Array(4) })
  // RFC 5246 §7.4.1.4.1: not for versions before TLS 1.2.
  if (Math.max(...versions) >= ProtocolVersion.TLS12) add(signatureAlgorithms, [...schemes])
  if (config.certificateSignatureSchemes !== undefined)
    add(signatureAlgorithmsCert, [
      ...enabledSignatureSchemes(config, config.certificateSignatureSchemes),
    ])
  if (config.requestSignedCertificateTimestamps !== false) add(signedCertificateTimestamp, true)
  // Versions ask for much the same; the ticket is in the part of the version whose session is offered.
  const withSession = parts.filter(({ sessionId }) => sessionId !== undefined)
  for (const extension of [...withSession, ...parts].flatMap((part) => part.extensions))
    if (!hasExtension(extensions, extension.type)) extensions.push(extension)
  if (!versions.includes(ProtocolVersion.TLS13)) {
    if (config.recordSizeLimit !== undefined) add(recordSizeLimit, config.recordSizeLimit)
    return extensions
  }
  add(keyShare, [
    ...(grease ? [{ group: grease.group, keyExchange: Uint8Array.of(0) }] : []),
    ...shareEntries(keyPairs),
  ])
  if (preSharedKeys) add(pskKeyExchangeModesExtension, [PskKeyExchangeMode.psk_dhe_ke])
  add(supportedVersions, [...(grease ? [grease.version] : []), ...versions])
  if (config.certificateAuthorities !== undefined && config.certificateAuthorities.length > 0)
    add(certificateAuthorities, [...config.certificateAuthorities])
  if (config.postHandshakeAuth === true) add(postHandshakeAuth, true)
  const compressions = certificateCompression?.unpackable(config).map(({ id }) => id) ?? []
  if (compressions.length > 0) add(compressCertificate, compressions)
  if (config.recordSizeLimit !== undefined) add(recordSizeLimit, config.recordSizeLimit)
  if (grease) extensions.push({ type: grease.lastExtension, data: Uint8Array.of(0) })
  return extensions
}

function protocolBytes(protocol: string): Uint8Array {
  if (protocol.length === 0 || protocol.length > 255)
    throw new ConfigurationError(
      'ERR_BAD_ALPN_PROTOCOL',
      'An application protocol has 1 to 255 bytes (RFC 7301 §3.1)',
    )
  return fromText(protocol)
}

/** RFC 7685: brings a hello to the length that was asked for, its header included. */
function padded(hello: ClientHello, { padClientHelloTo = 0 }: ClientConfig): ClientHello {
  if (padClientHelloTo === 0) return hello
  const { length } = encodeMessage(HandshakeType.client_hello, ClientHello, hello).bytes
  if (length >= padClientHelloTo) return hello
  const zeros = new Uint8Array(Math.max(0, padClientHelloTo - length - 4))
  return {
    ...hello,
    extensions: [...hello.extensions, extensionOf(padding, 'ClientHello', zeros)],
  }
}

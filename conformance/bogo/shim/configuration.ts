/** The flags as a configuration of the library, for one connection. */
import {
  type CertificateVerifier,
  CipherSuiteId,
  type ClientConfig,
  type ClientHelloInfo,
  type ReplayGuard,
  type ServerConfig,
  type Session,
  type SessionIds,
  type SigningKey,
  signatureScheme,
  type TicketService,
  TlsError,
  type TraceListener,
} from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { legacy } from 'handfast/legacy'
import { pick } from './choice.ts'
import { identitiesOf, type NumberedIdentity, type NumberedKey } from './credentials.ts'
import { later } from './later.ts'
import { mockCompressions } from './mockCompressions.ts'
import { profiles } from './profiles.ts'
import { type Settings, Unexpected, Unimplemented } from './settings.ts'
import { suitesOf } from './suites.ts'
import { type Accepted, scriptedVerifier } from './verifier.ts'
import { enabledVersions } from './versions.ts'

const hybrids = [0x11ec, 0x11eb, 0x11ed, 0x0202]

/** What BoringSSL has enabled where nothing is said, which the runner takes for granted. */
const usualGroups = [0x11ec, 0x001d, 0x0017, 0x0018]
const usualVerifyPreferences = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]

/** The last is rsa_pkcs1_md5_sha1, which has no code point on the wire. */
const ofSha1 = [0x0201, 0x0203, 0xff01]

const provider = {
  ...legacy.crypto(nodeProvider),
  certificateCompressions: mockCompressions,
}

/** What lasts from one connection of this process to the next. */
export interface Memory {
  readonly accepted: Accepted
  readonly tickets: TicketService
  readonly replayGuard: ReplayGuard
  readonly sessionIds: SessionIds
  /** A session was kept under an id. */
  rememberedById: boolean
  /** Milliseconds since 1970. It stands still but for what the flags move it by: the runner counts on exact ages. */
  now: number
}

export interface Watch {
  readonly keyLog: (line: string) => void
  readonly trace: TraceListener
  /** The version that was agreed. */
  version: number | undefined
  /** What this side can show; one of them may be what it showed. */
  identities: readonly NumberedIdentity[]
  readonly keys: readonly NumberedKey[]
}

function common(settings: Settings, memory: Memory, watch: Watch) {
  const { curves, maxSendFragment, maxCertificateList } = settings
  for (const group of curves)
    if (!nodeProvider.groups.some(({ id }) => id === group))
      throw new Unimplemented(`the group ${group}`)
  const profile = settings.profile && profiles[settings.profile]
  const signatureSchemes = profile?.signatureSchemes ?? verifiable(settings.verifyPreferences)
  const versions = enabledVersions(settings).filter(
    // Imported keys are for TLS 1.3, and a client that wants nothing else offers nothing else.
    (version) => version === 0x0304 || !wantsKeyOnly(settings, watch),
  )
  return {
    crypto: provider,
    certificateCompression: settings.compressions,
    clock: () => memory.now,
    versions,
    groups: profile?.groups ?? (curves.length > 0 ? curves : usualGroups),
    signatureSchemes: signatureSchemes.length > 0 ? signatureSchemes : usualVerifyPreferences,
    keyLog: watch.keyLog,
    trace: watch.trace,
    cipherSuites: profile?.cipherSuites ?? suitesOf(settings),
    requireSecureRenegotiation: settings.requireSecureRenegotiation,
    ...(maxSendFragment === 0 ? {} : { maxSendFragment }),
    limits: {
      // A test of long messages makes them of fifty certificates.
      certificates: 64,
      // What BoringSSL passes over, and a test exceeds by one.
      skippedEarlyDataBytes: 16_384,
      ...(maxCertificateList === 0 ? {} : { handshakeMessageBytes: maxCertificateList }),
    },
  }
}

function prefersOurs({ serverPreference, cipherList, profile }: Settings): boolean {
  return (
    serverPreference ||
    cipherList !== '' ||
    (profile !== undefined && profiles[profile].serverPreference === true)
  )
}

/** Without those of SHA-1, which this library never accepts. */
function verifiable(schemes: readonly number[]): readonly number[] {
  const strange = schemes.find((id) => {
    const scheme = signatureScheme(id)
    if (scheme === undefined) return !ofSha1.includes(id)
    // Of the platform's age.
    return scheme.keyType.startsWith('ml-dsa') && !nodeProvider.signatureVerifiers[scheme.algorithm]
  })
  if (strange !== undefined) throw new Unimplemented(`the signature scheme ${strange}`)
  return schemes.filter((id) => !ofSha1.includes(id))
}

export function clientConfig(
  settings: Settings,
  memory: Memory,
  watch: Watch,
  session: Session | undefined,
  retry: Settings,
): ClientConfig {
  const shared = common(settings, memory, watch)
  const identities = identitiesOf(settings)
  watch.identities = identities
  return {
    ...shared,
    verifyCertificate: wantsKeyOnly(settings, watch)
      ? noCertificate
      : inTurn(
          scriptedVerifier(settings, memory.accepted),
          // What the server shows in place of the session is looked at after early data was refused.
          scriptedVerifier(
            session && settings.earlyData && !settings.verifyFails ? retry : settings,
            memory.accepted,
          ),
        ),
    keyShares: sharesOf(settings, shared.groups),
    grease: settings.grease,
    requestOcsp: settings.enableOcsp,
    requestSignedCertificateTimestamps: settings.enableScts,
    ...(settings.hostName === '' ? {} : { serverName: settings.hostName }),
    ...(settings.advertiseAlpn === ''
      ? {}
      : { alpnProtocols: protocolsOf(settings.advertiseAlpn) }),
    ...(session === undefined ? {} : { session }),
    ...(settings.earlyData
      ? { earlyData: firstData(settings).subarray(0, session?.maxEarlyData ?? 0) }
      : {}),
    ...(settings.permuteExtensions ? { shapeClientHello: permuted } : {}),
    ...(settings.fallbackScsv ? { shapeClientHello: fallingBack } : {}),
    ...(settings.noTicket ? { shapeClientHello: withoutTickets } : {}),
    ...(settings.psk === '' ? {} : { preSharedKey: (hint) => keyFor(settings, hint) }),
    ...(watch.keys.length === 0 ? {} : { preSharedKey: () => watch.keys.map(({ key }) => key) }),
    identity: (request) => {
      if (settings.expectClientAuthorities !== undefined) {
        const names = request.certificateAuthorities
        const hex = names.map((name) => Buffer.from(name).toString('hex')).join(',')
        if (hex !== wantedAuthorities(settings.expectClientAuthorities))
          throw new Unexpected(`the request names the authorities ${hex}`)
      }
      checkVerifyPreferences(settings, request.signatureSchemes)
      if (settings.failCertificate) throw new Error('CERT_CB_ERROR: the callback refuses')
      const choose = () =>
        pick(identities, {
          version: watch.version ?? 0,
          accepted: request.signatureSchemes,
          authorities: request.certificateAuthorities,
        })
      return settings.asynchronous ? later(choose) : choose()
    },
  }
}

/** What is written first; as early data, where it can go so early. */
export function firstData({ writesFirst, initialWrite, repeatInitialWrite }: Settings): Uint8Array {
  return Buffer.from(writesFirst ? initialWrite.repeat(repeatInitialWrite) : '')
}

function wantedAuthorities(value: string): string {
  return value === '<EMPTY>' || value === '<NULL>' ? '' : value.toLowerCase()
}

/** BoringSSL sends a share of the first group, and of the first of the other kind: hybrid or classical. */
function sharesOf(settings: Settings, groups: readonly number[]): readonly number[] {
  const hinted = groups.find((group) => settings.serverGroupsHint.includes(group))
  if (hinted !== undefined) return [hinted]
  if (settings.keyShares !== undefined) return settings.keyShares
  const [first] = groups
  if (first === undefined) return []
  const other = groups.find((group) => hybrids.includes(group) !== hybrids.includes(first))
  return other === undefined ? [first] : [first, other]
}

export function serverConfig(settings: Settings, memory: Memory, watch: Watch): ServerConfig {
  const shared = common(settings, memory, watch)
  const identities = identitiesOf(settings).map((numbered) => prepared(numbered, settings))
  watch.identities = identities
  const asks = settings.verifyPeer || settings.requireClientCertificate
  const authorities = authoritiesOf(settings.clientAuthorities)
  return {
    ...shared,
    honorClientOrder: !prefersOurs(settings),
    // As much, and as long, as BoringSSL takes it.
    ...(settings.earlyData
      ? { earlyData: { maxBytes: 14_336, replayGuard: memory.replayGuard, freshness: 60_000 } }
      : {}),
    sessionIds: memory.sessionIds,
    ...(settings.psk === ''
      ? {}
      : { findPreSharedKey: (identity) => knownKey(settings, identity) }),
    ...(watch.keys.length === 0
      ? {}
      : { findPreSharedKey: (identity) => importedKey(settings, watch, identity) }),
    ...(settings.pskIdentity === '' ? {} : { pskIdentityHint: Buffer.from(settings.pskIdentity) }),
    // The library chooses by the signature schemes; by the authorities, a program must.
    identity: identities.some(({ mustMatchIssuer }) => mustMatchIssuer)
      ? (info) =>
          pick(identities, {
            version: watch.version ?? 0,
            accepted: info.signatureSchemes,
            authorities: authoritiesNamedIn(info),
          })
      : identities.map(({ identity }) => identity),
    ...(asks
      ? {
          clientAuthentication: {
            mode: settings.requireClientCertificate ? 'require' : 'request',
            verifyCertificate: scriptedVerifier(settings, memory.accepted),
            certificateAuthorities: authorities,
          } as const,
        }
      : {}),
    ...(settings.noTicket || settings.skipTicket ? {} : { tickets: ticketsFor(settings, memory) }),
    ...protocolChoice(settings),
    onClientHello: (info) => {
      const { expectAdvertisedAlpn } = settings
      if (expectAdvertisedAlpn !== '') {
        const offered = info.alpnProtocols
        if (offered.join() !== protocolsOf(expectAdvertisedAlpn).join())
          throw new Unexpected(`the client offers the protocols ${offered.join()}`)
      }
      checkVerifyPreferences(settings, info.signatureSchemes)
      const answer = () => {
        if (settings.failClientHello)
          throw new TlsError('ERR_CONFIGURATION', 'CONNECTION_REJECTED: the callback refuses', {
            alert: 'handshake_failure',
          })
        if (settings.tooBusy) throw new Error('CONNECTION_REJECTED: the callback refuses')
        if (settings.failCertificate) throw new Error('CERT_CB_ERROR: the callback refuses')
        if (settings.ocspCallbackFails) throw new Error('OCSP_CB_ERROR: the callback refuses')
        return certificateFirst(identities, watch, info)
          ? { findPreSharedKey: () => undefined }
          : {}
      }
      return settings.asynchronous ? later(answer) : answer()
    },
  }
}

/** The library takes a key that both sides have; a program that likes a certificate better says so for the connection. */
function certificateFirst(
  identities: readonly NumberedIdentity[],
  { keys }: Watch,
  { signatureSchemes }: ClientHelloInfo,
): boolean {
  return identities.some(
    ({ index, identity }) =>
      index >= 0 &&
      keys.every((key) => index < key.index) &&
      identity.signingKey.schemes.some((scheme) => signatureSchemes.includes(scheme)),
  )
}

/** Signs late where the runner wants to see that. */
function prepared(
  { identity, index, mustMatchIssuer }: NumberedIdentity,
  settings: Settings,
): NumberedIdentity {
  const { sign } = identity.signingKey
  const signingKey: SigningKey = {
    ...identity.signingKey,
    sign: (scheme, data) => {
      // The transcript hash may be used again once this call has returned.
      const kept = data.slice()
      return settings.asynchronous ? later(() => sign(scheme, kept)) : sign(scheme, data)
    },
  } as SigningKey
  return { index, mustMatchIssuer, identity: { ...identity, signingKey } }
}

function ticketsFor(settings: Settings, { tickets }: Memory): TicketService {
  const late = <T>(value: T) => (settings.asynchronous ? later(() => value) : value)
  return {
    lifetime: tickets.lifetime,
    issue: (state) => late(tickets.issue(state)) as Uint8Array | Promise<Uint8Array>,
    redeem: (ticket) => late(tickets.redeem(ticket)) as never,
  }
}

/** The names in the client's certificate_authorities (RFC 8446 §4.2.4): each behind its length, all behind theirs. */
function authoritiesNamedIn({ message }: ClientHelloInfo): Uint8Array[] {
  const list = message.extensions.find(({ type }) => type === 47)?.data ?? new Uint8Array(0)
  const names: Uint8Array[] = []
  for (let at = 2; at < list.length; ) {
    const length = (list[at]! << 8) | list[at + 1]!
    names.push(list.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return names
}

function authoritiesOf(value: string | undefined): readonly Uint8Array[] {
  if (value === undefined || value === '<NULL>' || value === '<EMPTY>' || value === '') return []
  return value.split(',').map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
}

function protocolChoice(
  settings: Settings,
): Pick<ServerConfig, 'alpnProtocols' | 'selectProtocol'> {
  if (settings.rejectAlpn) return { selectProtocol: () => undefined }
  if (settings.selectEmptyAlpn) return { selectProtocol: () => '' }
  if (settings.declineAlpn || settings.selectAlpn === '') return {}
  return { selectProtocol: () => settings.selectAlpn }
}

function checkVerifyPreferences(settings: Settings, schemes: readonly number[]): void {
  const wanted = settings.expectPeerVerifyPreferences
  if (wanted.length > 0 && wanted.join() !== schemes.join())
    throw new Unexpected(`the peer's signature schemes are ${schemes.join()}`)
}

/** The names of an ALPN list in its wire form: each behind its length. */
export function protocolsOf(list: string): string[] {
  const protocols: string[] = []
  for (let at = 0; at < list.length; ) {
    const length = list.charCodeAt(at)
    protocols.push(list.slice(at + 1, at + 1 + length))
    at += 1 + length
  }
  return protocols
}

type ClientHello = Parameters<NonNullable<ClientConfig['shapeClientHello']>>[0]

/** A client of TLS 1.2 that wants no ticket does not offer session_ticket (RFC 5077 §3.2). */
function withoutTickets(hello: ClientHello): ClientHello {
  return { ...hello, extensions: hello.extensions.filter(({ type }) => type !== 35) }
}

/** A client that tries again, with less, says so (RFC 7507). */
function fallingBack(hello: ClientHello): ClientHello {
  return { ...hello, cipherSuites: [...hello.cipherSuites, CipherSuiteId.TLS_FALLBACK_SCSV] }
}

/** @throws Unexpected where the server's hint is not what the runner said */
function keyFor({ psk, pskIdentity }: Settings, hint: Uint8Array | undefined) {
  // The runner means this key for TLS 1.2 alone.
  if (hint === undefined) return undefined
  const told = Buffer.from(hint).toString()
  if (told !== pskIdentity) throw new Unexpected(`the PSK identity hint is ${told}`)
  return { identity: Buffer.from(pskIdentity), key: Buffer.from(psk) }
}

/** One judge for the first certificate, and another for the others. */
function inTurn(first: CertificateVerifier, others: CertificateVerifier): CertificateVerifier {
  let count = 0
  return (peer) => (count++ === 0 ? first : others)(peer)
}

/** A client with keys that the runner does not ask to verify anybody. */
function wantsKeyOnly({ server, verifyPeer }: Settings, { keys }: Watch): boolean {
  return !server && !verifyPeer && keys.length > 0
}

function noCertificate(): never {
  throw new TlsError('ERR_CERTIFICATE_REFUSED', 'A key was wanted, and no certificate')
}

function importedKey({ asynchronous }: Settings, { keys }: Watch, identity: Uint8Array) {
  const find = () => keys.find(({ key }) => Buffer.compare(key.identity, identity) === 0)?.key
  return asynchronous ? later(find) : find()
}

function knownKey({ psk, pskIdentity }: Settings, identity: Uint8Array): Uint8Array | undefined {
  return Buffer.from(identity).toString() === pskIdentity ? Buffer.from(psk) : undefined
}

/** Extensions in a random order (pre_shared_key is added later, and stands last). */
function permuted(hello: ClientHello): ClientHello {
  const extensions = [...hello.extensions]
  for (let i = extensions.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const swapped = extensions[i]!
    extensions[i] = extensions[j]!
    extensions[j] = swapped
  }
  return { ...hello, extensions }
}

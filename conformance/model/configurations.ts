/** Random pairs of configurations, and what must come of each pair by the RFCs. */
import fc from 'fast-check'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type { CryptoProvider } from '../../packages/handfast/src/crypto/provider.ts'
import {
  ClassicCipherSuiteId,
  type ClientConfig,
  certificateVerifier,
  NamedGroup,
  type PreSharedSecret,
  type ServerConfig,
  type Session,
} from '../../packages/handfast/src/index.ts'
import { LegacyCipherSuiteId, legacy } from '../../packages/handfast/src/legacy/index.ts'
import {
  clientIdentity,
  identityFor,
  serverIdentity,
  trust,
} from '../../packages/handfast/test/engine/pair.ts'

/** What all these connections compute with. */
export const crypto = legacy.crypto(nodeProvider)
// SSL 3.0 has no keys on curves.
const rsaIdentity = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })

const suites13 = [0x1301, 0x1302, 0x1303]
const suites12 = [
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
]
/** For every version up to TLS 1.2, where it has the key exchange. */
const suitesOfOld = [
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
  ClassicCipherSuiteId.TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
  LegacyCipherSuiteId.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
]
/** The one that all sides with SSL 3.0 have: a version without a suite would not be spoken. */
const always = ClassicCipherSuiteId.TLS_RSA_WITH_AES_128_CBC_SHA
const suitesOfKeys = [
  ClassicCipherSuiteId.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_PSK_WITH_AES_128_CBC_SHA256,
]
const groups = [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1]
const compressions = (nodeProvider.certificateCompressions ?? []).map(({ id }) => id)
const allVersions = [0x0304, 0x0303, 0x0302, 0x0301, 0x0300]

const some = <T>(values: readonly T[], minLength = 1) =>
  fc.shuffledSubarray([...values], { minLength })
/** Most often the first, so that most runs come to a connection. */
const mostly = <T>(usual: T, ...others: readonly fc.Arbitrary<T>[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 3 * others.length }, ...others)
// Without holes: over a hole the signs of a downgrade are rightly seen.
const range = (newest: fc.Arbitrary<number>, oldest: fc.Arbitrary<number>) =>
  fc.tuple(newest, oldest).map(([from, to]) => allVersions.slice(Math.min(from, to), to + 1))
const versions = mostly(
  [0x0304, 0x0303],
  fc.constant([0x0304]),
  fc.constant([0x0303]),
  range(fc.nat(4), fc.integer({ min: 2, max: 4 })),
)
/** Of both sides: one in ten has an obsolete one as the newest in common. */
const versionsOfBoth = fc.oneof(
  { arbitrary: fc.tuple(versions, versions), weight: 9 },
  {
    arbitrary: fc.integer({ min: 2, max: 4 }).chain((common) => {
      const upTo = range(fc.nat(common), fc.constant(common))
      const downFrom = range(fc.constant(common), fc.integer({ min: common, max: 4 }))
      return fc.oneof(fc.tuple(upTo, downFrom), fc.tuple(downFrom, upTo))
    }),
    weight: 1,
  },
)

const common = {
  suites13: mostly(suites13, some(suites13)),
  suites12: mostly(suites12, some(suites12)),
  suitesOfOld: mostly(suitesOfOld, some(suitesOfOld)),
  suitesOfKeys: mostly([], some(suitesOfKeys)),
  groups: mostly(groups, some(groups)),
  alpn: mostly<string[] | undefined>(undefined, some(['h2', 'http/1.1', 'x'])),
  recordSizeLimit: mostly<number | undefined>(undefined, fc.integer({ min: 64, max: 16_385 })),
  maxSendFragment: mostly<number | undefined>(undefined, fc.integer({ min: 1, max: 16_384 })),
  padding: mostly(0, fc.integer({ min: 1, max: 300 })),
  keyUpdateAfterRecords: mostly<number | undefined>(undefined, fc.integer({ min: 1, max: 5 })),
  certificateCompression: mostly<number[] | undefined>(undefined, some(compressions)),
}

const choicesOfOptions = fc.record({
  seed: fc.integer(),
  late: mostly(false, fc.constant(true)),
  /** Resumes a session of an earlier connection of the same pair. */
  resume: fc.boolean(),
  /** Up to TLS 1.2: by a session id, not by a ticket. */
  byId: mostly(false, fc.constant(true)),
  /** The pre-shared key of the client, and what the server knows of it. */
  key: mostly<
    { hash: 'sha256' | 'sha384'; server: 'knows it' | 'does not' | 'has another' } | undefined
  >(
    undefined,
    fc.record({
      hash: fc.constantFrom('sha256', 'sha384'),
      server: mostly('knows it', fc.constantFrom('does not', 'has another')),
    }),
  ),
  client: fc.record({
    ...common,
    shares: fc.integer({ min: 0, max: 3 }),
    identity: fc.boolean(),
    postHandshakeAuth: fc.boolean(),
    middleboxCompatibility: fc.boolean(),
    grease: fc.boolean(),
    /** Bytes. */
    earlyData: mostly<number | undefined>(undefined, fc.integer({ min: 0, max: 5000 })),
    resendEarlyData: fc.boolean(),
  }),
  server: fc.record({
    ...common,
    ticketCount: fc.integer({ min: 0, max: 3 }),
    authentication: mostly<'request' | 'require' | 'afterHandshake' | undefined>(
      undefined,
      fc.constantFrom('request', 'require', 'afterHandshake'),
    ),
    cookie: mostly(false, fc.constant(true)),
    honorClientOrder: fc.boolean(),
    /** Bytes that it takes. */
    earlyData: mostly<number | undefined>(
      5000,
      fc.integer({ min: 1, max: 5000 }),
      fc.constant(undefined),
    ),
  }),
})

export const choices = fc
  .tuple(versionsOfBoth, choicesOfOptions)
  .map(([[ofClient, ofServer], options]) => ({
    ...options,
    client: { ...options.client, versions: ofClient },
    server: { ...options.server, versions: ofServer },
  }))

export type Choices = typeof choices extends fc.Arbitrary<infer T> ? T : never

type CommonChoices = Choices['client'] | Choices['server']

/** What a server keeps from one connection to the next. */
export type Kept = Required<Pick<ServerConfig, 'tickets' | 'sessionIds'>> & {
  readonly replayGuard: NonNullable<ServerConfig['earlyData']>['replayGuard']
}

const verifierOf = (provider: CryptoProvider) => certificateVerifier({ crypto: provider, trust })

/** In order of preference; a suite of a version that is not enabled would be a mistake of the caller. */
function suitesOf(side: CommonChoices, { key }: Choices): number[] {
  const { versions } = side
  const has = (...wanted: number[]) => wanted.some((version) => versions.includes(version))
  return [
    ...(has(0x0304) ? side.suites13 : []),
    ...(has(0x0303) ? [...(key ? side.suitesOfKeys : []), ...side.suites12] : []),
    ...(has(0x0302, 0x0301, 0x0300) ? side.suitesOfOld : []),
    ...(has(0x0300) ? [always] : []),
  ]
}

function shared(
  choices: Choices,
  side: CommonChoices,
  provider: CryptoProvider,
  clock: () => number,
) {
  const { recordSizeLimit, maxSendFragment, keyUpdateAfterRecords, padding, alpn } = side
  const { certificateCompression } = side
  return {
    crypto: provider,
    clock,
    versions: side.versions,
    cipherSuites: suitesOf(side, choices),
    groups: side.groups,
    ...(alpn && { alpnProtocols: alpn }),
    ...(recordSizeLimit && { recordSizeLimit }),
    ...(maxSendFragment && { maxSendFragment }),
    ...(keyUpdateAfterRecords && { keyUpdateAfterRecords }),
    ...(padding > 0 && { recordPadding: () => padding }),
    ...(certificateCompression && { certificateCompression }),
  }
}

const keyName = new TextEncoder().encode('model')

/** The client's early data. It does not fill more records than a server that refuses it reads past. */
export function earlyDataOf({ client }: Choices): Uint8Array | undefined {
  const { earlyData, maxSendFragment = 16_384 } = client
  if (earlyData === undefined) return undefined
  return Uint8Array.from({ length: Math.min(earlyData, 100 * maxSendFragment) }, (_, i) => i & 127)
}

export function clientConfigOf(
  choices: Choices,
  provider: CryptoProvider,
  clock: () => number,
  session: Session | undefined,
): ClientConfig {
  const { client, key } = choices
  const earlyData = earlyDataOf(choices)
  return {
    ...shared(choices, client, provider, clock),
    serverName: 'server.test',
    verifyCertificate: verifierOf(provider),
    keyShares: client.groups.slice(0, client.shares),
    postHandshakeAuth: client.postHandshakeAuth,
    middleboxCompatibility: client.middleboxCompatibility,
    grease: client.grease,
    resendEarlyData: client.resendEarlyData,
    ...(client.identity && { identity: clientIdentity }),
    ...(key && {
      preSharedKey: () => ({ identity: keyName, key: new Uint8Array(32).fill(1), hash: key.hash }),
    }),
    ...(earlyData && { earlyData }),
    ...(session && { session }),
  }
}

export function serverConfigOf(
  choices: Choices,
  provider: CryptoProvider,
  clock: () => number,
  { tickets, sessionIds, replayGuard }: Kept,
): ServerConfig {
  const { server, key, byId } = choices
  const known: PreSharedSecret | undefined =
    key && key.server !== 'does not'
      ? { key: new Uint8Array(32).fill(key.server === 'knows it' ? 1 : 2), hash: key.hash }
      : undefined
  return {
    ...shared(choices, server, provider, clock),
    identity: [serverIdentity, rsaIdentity],
    // Where both were there, tickets would win.
    ...(byId ? { sessionIds } : { tickets }),
    ticketCount: server.ticketCount,
    honorClientOrder: server.honorClientOrder,
    ...(key && {
      findPreSharedKey: (identity: Uint8Array) =>
        Buffer.compare(identity, keyName) === 0 ? known : undefined,
    }),
    ...(server.cookie && { cookie: () => Uint8Array.of(1, 2, 3) }),
    ...(server.earlyData && {
      // A day: here the network takes minutes where it takes milliseconds.
      earlyData: { maxBytes: server.earlyData, replayGuard, freshness: 86_400_000 },
    }),
    ...(server.authentication && {
      clientAuthentication: {
        mode: server.authentication,
        verifyCertificate: verifierOf(provider),
      },
    }),
  }
}

/** What must come of a connection that nothing disturbs. */
export type Outcome =
  | {
      readonly complete: true
      readonly version: number
      readonly alpn: string | undefined
      /** By the pre-shared key, and not by certificates. */
      readonly byKey: boolean
    }
  | { readonly complete: false; readonly by: 'client' | 'server'; readonly code: string }

const inCommon = <T>(preferred: readonly T[], others: readonly T[]) =>
  preferred.filter((one) => others.includes(one))

const fails = (code: string, by: 'client' | 'server' = 'server'): Outcome => ({
  complete: false,
  by,
  code,
})

export function outcomeOf(choices: Choices): Outcome {
  const { client, server } = choices
  const highest = Math.max(...client.versions)
  // RFC 5246 §E.1: without supported_versions a ClientHello means every version up to its own.
  const offered = client.versions.includes(0x0304)
    ? client.versions
    : allVersions.filter((version) => version <= highest)
  const [version] = inCommon(allVersions, inCommon(server.versions, offered))
  if (version === undefined) return fails('ERR_NO_COMMON_VERSION')
  if (version === 0x0304) return outcome13(choices)
  const outcome = outcomeBefore13(choices, version)
  const isAnswered = outcome.complete || !beforeServerHello.has(outcome.code)
  return isAnswered && !client.versions.includes(version)
    ? fails('ERR_NO_COMMON_VERSION', 'client')
    : outcome
}

/** What a server finds out before it answers. */
const beforeServerHello = new Set(['ERR_NO_COMMON_PROTOCOL', 'ERR_NO_COMMON_CIPHER_SUITE'])

/** RFC 7301 §3.2. @returns null where there is no protocol in common */
function protocolOf({ client, server }: Choices): string | undefined | null {
  const offered = client.alpn ?? []
  const [alpn] = inCommon(server.alpn ?? [], offered)
  return alpn === undefined && offered.length > 0 && server.alpn !== undefined ? null : alpn
}

const hashOf = (suite: number) => (suite === 0x1302 ? 'sha384' : 'sha256')

function outcome13(choices: Choices): Outcome {
  const { client, server, key } = choices
  const suites = inCommon(client.suites13, server.suites13)
  if (suites.length === 0) return fails('ERR_NO_COMMON_CIPHER_SUITE')
  if (inCommon(client.groups, server.groups).length === 0) return fails('ERR_NO_COMMON_GROUP')
  const alpn = protocolOf(choices)
  if (alpn === null) return fails('ERR_NO_COMMON_PROTOCOL')
  // RFC 8446 §4.2.11: a key is for suites of its hash.
  const byKey =
    key !== undefined &&
    key.server !== 'does not' &&
    suites.some((suite) => hashOf(suite) === key.hash)
  if (byKey && key.server === 'has another') return fails('ERR_BAD_BINDER')
  if (!byKey && server.authentication === 'require' && !client.identity)
    return fails('ERR_CERTIFICATE_REQUIRED')
  return { complete: true, version: 0x0304, alpn, byKey }
}

function outcomeBefore13(choices: Choices, version: number): Outcome {
  const { client, server, key } = choices
  const old = version === 0x0300
  // RFC 6101 has no extensions.
  const alpn = old ? undefined : protocolOf(choices)
  if (alpn === null) return fails('ERR_NO_COMMON_PROTOCOL')
  const [ours, theirs] = [suitesOf(server, choices), suitesOf(client, choices)]
  const suites = server.honorClientOrder ? inCommon(theirs, ours) : inCommon(ours, theirs)
  const curves = inCommon(client.groups, server.groups).length > 0
  const suite = suites.find((id) => {
    const name = nameOfSuite(id)
    const isOld = suitesOfOld.includes(id as never) || id === always
    if (name === undefined || (version < 0x0303 && !isOld)) return false
    if (!name.startsWith('TLS_ECDHE')) return true
    // RFC 8422 §5.1: up to TLS 1.2 the client's groups are those of certificates too, and ours is on P-256.
    const certified = !name.includes('ECDSA') || client.groups.includes(NamedGroup.secp256r1)
    return !old && curves && certified
  })
  if (suite === undefined) return fails('ERR_NO_COMMON_CIPHER_SUITE')
  const byKey = suitesOfKeys.includes(suite as never)
  if (byKey && key?.server === 'does not') return fails('ERR_UNKNOWN_PSK_IDENTITY')
  // What differs is the master secret: the first protected record shows it.
  if (byKey && key?.server === 'has another') return fails('ERR_BAD_RECORD_MAC')
  if (!byKey && server.authentication === 'require' && !client.identity)
    return fails('ERR_CERTIFICATE_REQUIRED')
  return { complete: true, version, alpn, byKey }
}

const suiteNames = new Map<number, string>(
  Object.entries({ ...ClassicCipherSuiteId, ...LegacyCipherSuiteId }).map(([name, id]) => [
    id,
    name,
  ]),
)
const nameOfSuite = (id: number) => suiteNames.get(id)

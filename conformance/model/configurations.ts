/** Random pairs of configurations, and what must come of each pair by the RFCs. */
import fc from 'fast-check'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type { CryptoProvider } from '../../packages/handfast/src/crypto/provider.ts'
import {
  ClassicCipherSuiteId,
  type ClientConfig,
  certificateVerifier,
  NamedGroup,
  type ServerConfig,
  type Session,
  type TicketService,
} from '../../packages/handfast/src/index.ts'
import { clientIdentity, serverIdentity, trust } from '../../packages/handfast/test/engine/pair.ts'

const suites13 = [0x1301, 0x1302, 0x1303]
const suites12 = [
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
]
const groups = [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1]

const some = <T>(values: readonly T[], minLength = 1) =>
  fc.shuffledSubarray([...values], { minLength })
/** Most often the first, so that most runs come to a connection. */
const mostly = <T>(usual: T, ...others: readonly fc.Arbitrary<T>[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 3 * others.length }, ...others)
const versions = mostly([0x0304, 0x0303], fc.constant([0x0304]), fc.constant([0x0303]))

const common = {
  versions,
  suites13: mostly(suites13, some(suites13)),
  suites12: mostly(suites12, some(suites12)),
  groups: mostly(groups, some(groups)),
  alpn: mostly<string[] | undefined>(undefined, some(['h2', 'http/1.1', 'x'])),
  recordSizeLimit: mostly<number | undefined>(undefined, fc.integer({ min: 64, max: 16_385 })),
  maxSendFragment: mostly<number | undefined>(undefined, fc.integer({ min: 1, max: 16_384 })),
  padding: mostly(0, fc.integer({ min: 1, max: 300 })),
  keyUpdateAfterRecords: mostly<number | undefined>(undefined, fc.integer({ min: 1, max: 5 })),
}

export const choices = fc.record({
  seed: fc.integer(),
  late: mostly(false, fc.constant(true)),
  /** Resumes a session of an earlier connection of the same pair. */
  resume: fc.boolean(),
  client: fc.record({
    ...common,
    shares: fc.integer({ min: 0, max: 3 }),
    identity: fc.boolean(),
    postHandshakeAuth: fc.boolean(),
    middleboxCompatibility: fc.boolean(),
    grease: fc.boolean(),
  }),
  server: fc.record({
    ...common,
    ticketCount: fc.integer({ min: 0, max: 3 }),
    authentication: mostly<'request' | 'require' | 'afterHandshake' | undefined>(
      undefined,
      fc.constantFrom('request', 'require', 'afterHandshake'),
    ),
    cookie: fc.boolean(),
    honorClientOrder: fc.boolean(),
  }),
})

export type Choices = typeof choices extends fc.Arbitrary<infer T> ? T : never

type CommonChoices = Choices['client'] | Choices['server']

const verifierOf = (crypto: CryptoProvider) => certificateVerifier({ crypto, trust })

function shared(side: CommonChoices, crypto: CryptoProvider, clock: () => number) {
  const { recordSizeLimit, maxSendFragment, keyUpdateAfterRecords, padding, alpn } = side
  return {
    crypto,
    clock,
    versions: side.versions,
    // A suite of a version that is not enabled would be a mistake of the caller.
    cipherSuites: [
      ...(side.versions.includes(0x0304) ? side.suites13 : []),
      ...(side.versions.includes(0x0303) ? side.suites12 : []),
    ],
    groups: side.groups,
    ...(alpn && { alpnProtocols: alpn }),
    ...(recordSizeLimit && { recordSizeLimit }),
    ...(maxSendFragment && { maxSendFragment }),
    ...(keyUpdateAfterRecords && { keyUpdateAfterRecords }),
    ...(padding > 0 && { recordPadding: () => padding }),
  }
}

export function clientConfigOf(
  { client }: Choices,
  crypto: CryptoProvider,
  clock: () => number,
  session: Session | undefined,
): ClientConfig {
  return {
    ...shared(client, crypto, clock),
    serverName: 'server.test',
    verifyCertificate: verifierOf(crypto),
    keyShares: client.groups.slice(0, client.shares),
    postHandshakeAuth: client.postHandshakeAuth,
    middleboxCompatibility: client.middleboxCompatibility,
    grease: client.grease,
    ...(client.identity && { identity: clientIdentity }),
    ...(session && { session }),
  }
}

export function serverConfigOf(
  { server }: Choices,
  crypto: CryptoProvider,
  clock: () => number,
  tickets: TicketService,
): ServerConfig {
  return {
    ...shared(server, crypto, clock),
    identity: serverIdentity,
    tickets,
    ticketCount: server.ticketCount,
    honorClientOrder: server.honorClientOrder,
    ...(server.cookie && { cookie: () => Uint8Array.of(1, 2, 3) }),
    ...(server.authentication && {
      clientAuthentication: {
        mode: server.authentication,
        verifyCertificate: verifierOf(nodeProvider),
      },
    }),
  }
}

/** What must come of a connection that nothing disturbs. */
export type Outcome =
  | { readonly complete: true; readonly version: number; readonly alpn: string | undefined }
  | { readonly complete: false; readonly by: 'client' | 'server'; readonly code: string }

const inCommon = <T>(preferred: readonly T[], others: readonly T[]) =>
  preferred.filter((one) => others.includes(one))

export function outcomeOf({ client, server }: Choices): Outcome {
  const [version] = inCommon([0x0304, 0x0303], inCommon(client.versions, server.versions))
  const fails = (code: string, by: 'client' | 'server' = 'server'): Outcome => ({
    complete: false,
    by,
    code,
  })
  if (version === undefined) return fails('ERR_NO_COMMON_VERSION')
  const is13 = version === 0x0304
  const suites = is13
    ? inCommon(client.suites13, server.suites13)
    : inCommon(client.suites12, server.suites12)
  const curves = inCommon(client.groups, server.groups)
  if (suites.length === 0) return fails('ERR_NO_COMMON_CIPHER_SUITE')
  // RFC 8422 §5.1: up to TLS 1.2 the client's groups are those of certificates too, and ours is on P-256.
  if (!is13 && !client.groups.includes(NamedGroup.secp256r1))
    return fails('ERR_NO_COMMON_CIPHER_SUITE')
  if (curves.length === 0) return fails(is13 ? 'ERR_NO_COMMON_GROUP' : 'ERR_NO_COMMON_CIPHER_SUITE')
  const offered = client.alpn ?? []
  const [alpn] = inCommon(server.alpn ?? [], offered)
  if (alpn === undefined && offered.length > 0 && server.alpn !== undefined)
    return fails('ERR_NO_COMMON_PROTOCOL')
  if (server.authentication === 'require' && !client.identity)
    return fails('ERR_CERTIFICATE_REQUIRED')
  return { complete: true, version, alpn }
}

import { helloRetryRequestRandom } from '../../../src/codec/messages.ts'
import { CipherSuiteId, ExtensionType, NamedGroup } from '../../../src/codec/registry.ts'
import type { ServerConfig } from '../../../src/config.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { memoryStore, statefulTickets } from '../../../src/index.ts'
import { eventsOf, exchange, pairOf } from '../pair.ts'
import {
  bytes,
  type Case,
  illegal,
  missing,
  undecodable,
  unexpected,
  unsolicited,
} from './expected.ts'
import {
  adding,
  doubling,
  type Expected,
  edited,
  flipped,
  lengthened,
  messageWith,
  recordOf,
  replacing,
  shortened,
  u16,
  without,
} from './peer.ts'

const clock = () => Date.now()

/** A session of an earlier connection, and the server's tickets. */
function resumable() {
  const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock })
  const first = pairOf({}, { tickets })
  exchange(first)
  return { session: eventsOf(first.client, 'session')[0]!.session, tickets }
}
const earlier = resumable()

const withCookie: Partial<ServerConfig> = { cookie: () => bytes(1, 2, 3) }
/** The client's first share is of another group. */
const withRetry = {
  client: { keyShares: [NamedGroup.x25519], grease: false },
  server: { groups: [NamedGroup.secp256r1] },
} as const

const body = (message: Uint8Array) => message.subarray(4)

export const serverHelloCases: readonly Case[] = [
  ['carries an extension twice', doubling, illegal('RFC 8446 §4.2')],
  ['carries an extension that nobody asked for', adding(0x1234), unsolicited],
  ['carries a reserved extension', adding(0x2a2a), unsolicited],
  [
    'carries an extension that belongs elsewhere',
    adding(ExtensionType.signature_algorithms, u16(2, 0x0403)),
    illegal('RFC 8446 §4.2'),
  ],
  ['takes a PSK that nobody offered', adding(ExtensionType.pre_shared_key, u16(0)), unsolicited],
  [
    'echoes another session id',
    (hello: Uint8Array) => flipped(hello, 4 + 2 + 32 + 1),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'echoes no session id',
    (hello: Uint8Array) => edited(hello, (f) => ({ ...f, legacySessionIdEcho: bytes() })),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'echoes a session id that is too long',
    (hello: Uint8Array) =>
      messageWith(
        2,
        bytes(
          ...body(hello).subarray(0, 34),
          33,
          ...new Uint8Array(33),
          ...body(hello).subarray(67),
        ),
      ),
    undecodable,
  ],
  [
    'chooses compression',
    (hello: Uint8Array) => edited(hello, (f) => ({ ...f, legacyCompressionMethod: 1 })),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'chooses a suite that was not offered',
    (hello: Uint8Array) => edited(hello, (f) => ({ ...f, cipherSuite: 0x1304 })),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'chooses a suite that is not of TLS 1.3',
    (hello: Uint8Array) => edited(hello, (f) => ({ ...f, cipherSuite: 0xc02f })),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'has another legacy_version',
    (hello: Uint8Array) => edited(hello, (f) => ({ ...f, legacyVersion: 0x0302 })),
    illegal('RFC 8446 §4.1.3'),
  ],
  [
    'is of TLS 1.2',
    without(ExtensionType.supported_versions),
    { code: 'ERR_NO_COMMON_VERSION', alert: 'protocol_version', section: 'RFC 8446 §4.1.3' },
  ],
  [
    'selects a version before TLS 1.3',
    replacing(ExtensionType.supported_versions, () => u16(0x0303)),
    illegal('RFC 8446 §4.2.1'),
  ],
  [
    'selects a version that does not exist',
    replacing(ExtensionType.supported_versions, () => u16(0x0305)),
    illegal('RFC 8446 §4.2.1'),
  ],
  [
    'selects two versions',
    replacing(ExtensionType.supported_versions, () => u16(0x0304, 0x0304)),
    undecodable,
  ],
  ['has no key share', without(ExtensionType.key_share), missing('RFC 8446 §4.2.8')],
  [
    'has a share of a group that has no share of ours',
    replacing(ExtensionType.key_share, () =>
      bytes(...u16(NamedGroup.secp384r1, 97), 4, ...new Uint8Array(96)),
    ),
    illegal('RFC 8446 §4.2.8'),
  ],
  [
    'has a share of no length',
    replacing(ExtensionType.key_share, (share) => bytes(...share.subarray(0, 2), 0, 0)),
    undecodable,
  ],
  ['is a byte short', shortened, undecodable],
  ['is a byte long', lengthened, undecodable],
  ['is empty', () => messageWith(2, bytes()), undecodable],
].map(
  ([what, change, expect]): Case => ({
    what: `ServerHello ${what}`,
    messages: { ServerHello: change as (message: Uint8Array) => Uint8Array },
    expect: expect as Expected,
  }),
)

export const resumptionCases: readonly Case[] = [
  {
    what: 'ServerHello takes the second of one PSK',
    client: { session: earlier.session },
    server: { tickets: earlier.tickets },
    messages: { ServerHello: replacing(ExtensionType.pre_shared_key, () => u16(1)) },
    expect: illegal('RFC 8446 §4.2.11'),
  },
  {
    what: 'ServerHello takes the PSK with a suite of another hash',
    client: { session: earlier.session },
    server: { cipherSuites: [CipherSuiteId.TLS_AES_256_GCM_SHA384] },
    messages: { ServerHello: adding(ExtensionType.pre_shared_key, u16(0)) },
    expect: illegal('RFC 8446 §4.2.11'),
  },
  {
    what: 'a Certificate follows a PSK',
    client: { session: resumable().session },
    messages: { ServerHello: adding(ExtensionType.pre_shared_key, u16(0)) },
    // The hostile server does not know the PSK: its keys are others.
    expect: { code: 'ERR_BAD_RECORD_MAC', alert: 'bad_record_mac', section: 'RFC 8446 §5.2' },
  },
  {
    what: 'a CertificateRequest follows a PSK',
    ...(() => {
      const { session, tickets } = resumable()
      return { client: { session }, server: { tickets } }
    })(),
    messages: {
      EncryptedExtensions: (message) => [
        message,
        messageWith(13, bytes(0, ...u16(8, ExtensionType.signature_algorithms, 4, 2, 0x0403))),
      ],
    },
    expect: unexpected(),
  },
]

export const retryCases: readonly Case[] = [
  {
    what: 'HelloRetryRequest has the beginning of the ServerHello behind it',
    ...withRetry,
    records: (record, index) =>
      index === 0 ? [recordOf(22, bytes(...record.subarray(5), 2, 0))] : [record],
    expect: { ...unexpected('RFC 8446 §5.1'), message: /ends its flight/ },
  },
  {
    what: 'HelloRetryRequest asks for no change',
    server: withCookie,
    messages: { HelloRetryRequest: without(ExtensionType.cookie) },
    expect: illegal('RFC 8446 §4.1.4'),
  },
  {
    what: 'HelloRetryRequest asks for a group that was not offered',
    ...withRetry,
    messages: {
      HelloRetryRequest: replacing(ExtensionType.key_share, () => u16(NamedGroup.x448)),
    },
    expect: { ...illegal('RFC 8446 §4.2.8'), message: /x448, which was not offered/ },
  },
  {
    what: 'HelloRetryRequest asks for a group of which it has a share',
    ...withRetry,
    messages: {
      HelloRetryRequest: replacing(ExtensionType.key_share, () => u16(NamedGroup.x25519)),
    },
    expect: { ...illegal('RFC 8446 §4.2.8'), message: /of which it had a share/ },
  },
  {
    what: 'HelloRetryRequest carries an extension that nobody asked for',
    ...withRetry,
    messages: { HelloRetryRequest: adding(0x1234) },
    expect: unsolicited,
  },
  {
    what: 'HelloRetryRequest carries an extension twice',
    ...withRetry,
    messages: { HelloRetryRequest: doubling },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'HelloRetryRequest carries an extension that belongs elsewhere',
    client: { ...withRetry.client, session: earlier.session },
    server: withRetry.server,
    messages: { HelloRetryRequest: adding(ExtensionType.pre_shared_key, u16(0)) },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'HelloRetryRequest carries an empty cookie',
    server: withCookie,
    messages: { HelloRetryRequest: replacing(ExtensionType.cookie, () => u16(0)) },
    expect: undecodable,
  },
  {
    what: 'HelloRetryRequest echoes another session id',
    ...withRetry,
    messages: { HelloRetryRequest: (hello) => flipped(hello, 4 + 2 + 32 + 1) },
    expect: illegal('RFC 8446 §4.1.3'),
  },
  {
    what: 'HelloRetryRequest is of TLS 1.2',
    ...withRetry,
    messages: { HelloRetryRequest: without(ExtensionType.supported_versions) },
    expect: {
      code: 'ERR_NO_COMMON_VERSION',
      alert: 'protocol_version',
      section: 'RFC 8446 §4.1.3',
    },
  },
  {
    what: 'a second HelloRetryRequest',
    ...withRetry,
    messages: {
      ServerHello: (hello) => edited(hello, (f) => ({ ...f, random: helloRetryRequestRandom })),
    },
    // Its key_share is that of a ServerHello.
    expect: unexpected('RFC 8446 §4.1.4'),
  },
  {
    what: 'ServerHello chooses another suite than HelloRetryRequest',
    ...withRetry,
    messages: {
      ServerHello: (hello) =>
        edited(hello, (f) => ({ ...f, cipherSuite: CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256 })),
    },
    expect: illegal('RFC 8446 §4.1.4'),
  },
  {
    what: 'ServerHello after HelloRetryRequest is not of TLS 1.3',
    ...withRetry,
    messages: { ServerHello: without(ExtensionType.supported_versions) },
    expect: illegal('RFC 8446 §4.1.4'),
  },
  {
    what: 'ServerHello has a share of another group than HelloRetryRequest asked for',
    ...withRetry,
    messages: {
      ServerHello: replacing(ExtensionType.key_share, () =>
        bytes(...u16(NamedGroup.x25519, 32), ...new Uint8Array(32).fill(9)),
      ),
    },
    expect: illegal('RFC 8446 §4.2.8'),
  },
  {
    what: 'something else than ServerHello follows HelloRetryRequest',
    ...withRetry,
    messages: { ServerHello: () => messageWith(8, bytes(0, 0)) },
    expect: unexpected(),
  },
]

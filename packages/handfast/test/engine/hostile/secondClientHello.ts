/** The second ClientHello, after a HelloRetryRequest (RFC 8446 §4.1.2): what may differ from the first, and what not. */

import { ExtensionType, NamedGroup } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { memoryStore, statefulTickets } from '../../../src/index.ts'
import { eventsOf, exchange, pairOf } from '../pair.ts'
import { bytes, type Case, illegal, missing, unexpected } from './expected.ts'
import {
  adding,
  type Expected,
  edited,
  messageWith,
  replacing,
  u16,
  withExtensions,
  without,
} from './peer.ts'

const differs: Expected = { ...illegal('RFC 8446 §4.1.2'), message: /differs/ }
const wrongShare: Expected = { ...illegal('RFC 8446 §4.2.8'), message: /exactly the share/ }
const wrongCookie: Expected = { ...illegal('RFC 8446 §4.2.2'), message: /cookie/ }
const ourCookie = bytes(1, 2, 3)

const having =
  (change: (fields: { readonly cipherSuites: readonly number[] }) => object) =>
  (hello: Uint8Array) =>
    edited(hello, (fields) => ({ ...fields, ...change(fields) }))

function resumable() {
  const crypto = nodeProvider
  const tickets = statefulTickets({ crypto, store: memoryStore(), clock: () => Date.now() })
  const first = pairOf({}, { tickets })
  exchange(first)
  return { session: eventsOf(first.client, 'session')[0]!.session, tickets }
}
const earlier = resumable()

type Change = (hello: Uint8Array) => Uint8Array | readonly Uint8Array[]

export const secondClientHelloCases: readonly Case[] = (
  [
    ['has another random', having(() => ({ random: new Uint8Array(32) })), differs],
    ['has another session id', having(() => ({ legacySessionId: bytes(1) })), differs],
    ['has another legacy_version', having(() => ({ legacyVersion: 0x0302 })), differs],
    [
      'has another list of suites',
      having(({ cipherSuites }) => ({ cipherSuites: [...cipherSuites, 0x1304] })),
      differs,
    ],
    ['lacks an extension', without(ExtensionType.server_name), differs],
    ['has another extension', adding(0x1234), differs],
    [
      'has another extension body',
      replacing(ExtensionType.psk_key_exchange_modes, () => bytes(2, 1, 0)),
      differs,
    ],
    [
      'has its extensions in another order',
      (hello: Uint8Array) =>
        withExtensions(hello, ([first, second, ...rest]) => [second!, first!, ...rest]),
      differs,
    ],
    [
      'offers compression',
      having(() => ({ legacyCompressionMethods: bytes(1) })),
      illegal('RFC 8446 §4.1.2'),
    ],
    ['has no key_share', without(ExtensionType.key_share), missing('RFC 8446 §9.2')],
    [
      'offers early data',
      adding(ExtensionType.early_data),
      { ...illegal('RFC 8446 §4.1.2'), message: /early data/ },
    ],
    [
      'has the share of the first again',
      replacing(ExtensionType.key_share, () =>
        bytes(...u16(36, NamedGroup.x25519, 32), ...new Uint8Array(32).fill(9)),
      ),
      wrongShare,
    ],
    [
      'has two shares',
      replacing(ExtensionType.key_share, (shares) =>
        bytes(
          ...u16(shares.length - 2 + 36),
          ...shares.subarray(2),
          ...u16(NamedGroup.x25519, 32),
          ...new Uint8Array(32).fill(9),
        ),
      ),
      wrongShare,
    ],
    ['has no shares', replacing(ExtensionType.key_share, () => u16(0)), wrongShare],
    ['has a cookie that nobody gave', adding(ExtensionType.cookie, bytes(0, 1, 7)), wrongCookie],
    ['is a Finished', () => messageWith(20, new Uint8Array(32)), unexpected()],
  ] as readonly [string, Change, Expected][]
)
  .map(
    ([what, change, expect]): Case => ({
      what: `the second ClientHello ${what}`,
      client: { keyShares: [NamedGroup.x25519], grease: false },
      server: { groups: [NamedGroup.secp256r1] },
      messages: { ClientHello: change },
      expect,
    }),
  )
  .concat(
    (
      [
        ['lacks the cookie', without(ExtensionType.cookie)],
        ['has another cookie', replacing(ExtensionType.cookie, () => bytes(0, 3, 1, 2, 4))],
        ['has a part of the cookie', replacing(ExtensionType.cookie, () => bytes(0, 2, 1, 2))],
      ] as readonly [string, Change][]
    ).map(
      ([what, change]): Case => ({
        what: `the second ClientHello ${what}`,
        server: { cookie: () => ourCookie },
        messages: { ClientHello: change },
        expect: wrongCookie,
      }),
    ),
  )
  .concat({
    what: 'the second ClientHello leaves out the PSK of the first',
    client: { session: earlier.session, keyShares: [NamedGroup.x25519], grease: false },
    server: { tickets: earlier.tickets, groups: [NamedGroup.secp256r1] },
    messages: { ClientHello: without(ExtensionType.pre_shared_key) },
    expect: { ...missing('RFC 8446 §4.1.2'), message: /leaves out a PSK/ },
  })

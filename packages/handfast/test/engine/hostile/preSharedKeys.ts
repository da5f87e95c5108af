/** pre_shared_key: what a hostile client can offer to resume with (RFC 8446 §4.2.11). */
import { ExtensionType, NamedGroup } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { memoryStore, statefulTickets } from '../../../src/index.ts'
import { eventsOf, exchange, pairOf } from '../pair.ts'
import { bytes, type Case, illegal, missing, undecodable, unexpected } from './expected.ts'
import { adding, type Expected, flipped, recordOf, replacing, u16, without } from './peer.ts'

/** A fresh session and the server that issued it: a stateful ticket is good for one use. */
function resumable(): Pick<Case, 'client' | 'server'> {
  const tickets = statefulTickets({
    crypto: nodeProvider,
    store: memoryStore(),
    clock: () => Date.now(),
  })
  const first = pairOf({}, { tickets })
  exchange(first)
  return { client: { session: eventsOf(first.client, 'session')[0]!.session }, server: { tickets } }
}

const badBinder: Expected = {
  code: 'ERR_BAD_BINDER',
  alert: 'decrypt_error',
  section: 'RFC 8446 §4.2.11',
}
const { pre_shared_key } = ExtensionType

/** pre_shared_key taken apart: identities, and the binders with their lengths. */
function taken(psk: Uint8Array): { identities: Uint8Array; binders: Uint8Array } {
  const length = psk[0]! * 256 + psk[1]!
  return { identities: psk.subarray(2, 2 + length), binders: psk.subarray(4 + length) }
}
const put = (identities: Uint8Array, binders: Uint8Array) =>
  bytes(...u16(identities.length), ...identities, ...u16(binders.length), ...binders)

export const preSharedKeyCases: readonly Case[] = (
  [
    [
      'is not the last extension',
      (hello: Uint8Array) => adding(0x1234)(hello),
      illegal('RFC 8446 §4.2.11'),
    ],
    ['has a binder that is damaged', (hello: Uint8Array) => flipped(hello, -1), badBinder],
    [
      'has a binder of another ClientHello',
      (hello: Uint8Array) => flipped(hello, 4 + 2 + 5),
      badBinder,
    ],
    [
      'has a binder that is too short',
      replacing(pre_shared_key, (psk) => {
        const { identities, binders } = taken(psk)
        return put(identities, bytes(31, ...binders.subarray(1, 32)))
      }),
      undecodable,
    ],
    [
      'has a binder that is too long',
      replacing(pre_shared_key, (psk) => {
        const { identities, binders } = taken(psk)
        return put(identities, bytes(33, ...binders.subarray(1), 0))
      }),
      badBinder,
    ],
    [
      'has two binders for one identity',
      replacing(pre_shared_key, (psk) => {
        const { identities, binders } = taken(psk)
        return put(identities, bytes(...binders, ...binders))
      }),
      illegal('RFC 8446 §4.2.11'),
    ],
    [
      'has one binder for two identities',
      replacing(pre_shared_key, (psk) => {
        const { identities, binders } = taken(psk)
        return put(bytes(...identities, ...identities), binders)
      }),
      illegal('RFC 8446 §4.2.11'),
    ],
    [
      'has no binders',
      replacing(pre_shared_key, (psk) => put(taken(psk).identities, bytes())),
      undecodable,
    ],
    [
      'has no identities',
      replacing(pre_shared_key, (psk) => put(bytes(), taken(psk).binders)),
      undecodable,
    ],
    [
      'has an identity of no bytes',
      replacing(pre_shared_key, (psk) => put(bytes(0, 0, 0, 0, 0, 0, 0), taken(psk).binders)),
      undecodable,
    ],
    [
      'comes without psk_key_exchange_modes',
      without(ExtensionType.psk_key_exchange_modes),
      missing('RFC 8446 §9.2'),
    ],
    [
      'is refused, and there are no signature_algorithms for a certificate',
      (hello: Uint8Array) =>
        without(ExtensionType.signature_algorithms)(
          // A ticket that nobody issued.
          replacing(pre_shared_key, (psk) => flipped(psk, 6))(hello),
        ),
      missing('RFC 8446 §9.2'),
    ],
  ] as const
).map(
  ([what, hello, expect]): Case => ({
    what: `pre_shared_key ${what}`,
    ...resumable(),
    hello,
    expect,
  }),
)

const key = new Uint8Array(32).fill(7)

/** A server that knows its clients by their keys alone. */
function byKey(identity: string): Pick<Case, 'client' | 'server'> {
  return {
    client: { preSharedKey: () => ({ identity: Buffer.from(identity), key }) },
    server: {
      identity: [],
      findPreSharedKey: (asked) => (Buffer.from(asked).toString() === 'known' ? key : undefined),
    },
  }
}

export const externalKeyCases: readonly Case[] = [
  {
    what: 'the name of the pre-shared key is not known, and there is no certificate',
    ...byKey('unknown'),
    expect: {
      code: 'ERR_UNKNOWN_PSK_IDENTITY',
      alert: 'unknown_psk_identity',
      section: 'RFC 8446 §4.2.11',
    },
  },
  {
    what: 'the name of the pre-shared key is known, and the key is another',
    ...byKey('known'),
    client: { preSharedKey: () => ({ identity: Buffer.from('known'), key: bytes(1) }) },
    expect: badBinder,
  },
  {
    what: 'the binder says that the pre-shared key was imported, which it was not',
    ...byKey('known'),
    client: { preSharedKey: () => ({ identity: Buffer.from('known'), key, imported: true }) },
    expect: badBinder,
  },
  {
    what: 'the pre-shared key is gone from the second ClientHello',
    ...retried(byKey('known')),
    messages: { ClientHello: without(pre_shared_key) },
    expect: { ...missing('RFC 8446 §4.1.2'), message: /leaves out a PSK/ },
  },
]

/** A first ClientHello that is answered with a HelloRetryRequest. */
function retried({ client, server }: Pick<Case, 'client' | 'server'>) {
  return {
    client: { ...client, keyShares: [NamedGroup.x25519] },
    server: { ...server, groups: [NamedGroup.secp256r1] },
  }
}

/** The second ClientHello is bound to the first, as far as it offers a PSK, and begins a flight of its own. */
export const beforeRetryCases: readonly Case[] = [
  {
    what: 'pre_shared_key is gone from the second ClientHello, though it goes with the suite',
    ...retried(resumable()),
    messages: { ClientHello: without(pre_shared_key) },
    expect: { ...missing('RFC 8446 §4.1.2'), message: /leaves out a PSK/ },
  },
  {
    what: 'the first ClientHello has the beginning of the second behind it',
    ...retried({}),
    records: (record, index) =>
      index === 0 ? [recordOf(22, bytes(...record.subarray(5), 1, 0))] : [record],
    expect: { ...unexpected('RFC 8446 §5.1'), message: /ends its flight/ },
  },
]

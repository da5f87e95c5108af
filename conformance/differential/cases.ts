/** Connections of many configurations, each with one thing wrong or none: what it is follows from a number. */
import { ClassicCipherSuiteId as classic } from '../../packages/handfast/src/codec/classicCipherSuites.ts'
import { CipherSuiteId, NamedGroup } from '../../packages/handfast/src/codec/registry.ts'
import { seeded } from '../../packages/handfast/test/engine/late.ts'

export type Role = 'client' | 'server'

/** What is wrong with what the hostile end has, or offers, before anything is changed. */
export type Flaw =
  // The victim is a client: the server's certificate.
  | 'expired'
  | 'another name'
  | 'for a client'
  // The victim is a server: what the client offers.
  | 'no protocol in common'
  | 'no suite in common'
  | 'no group in common'
  | 'no version in common'
  // Either: the certificate is of an authority that the victim does not know.
  | 'stranger'
  // The victim is a server that asks for a certificate.
  | 'no certificate'
  | 'for a server'

export interface Configuration {
  /** All of what follows, in words. */
  readonly name: string
  readonly version: 0x0303 | 0x0304
  readonly keyType: 'ec-p256' | 'rsa-2048' | 'ed25519'
  /** The only suite of the hostile end. */
  readonly suite: number
  /** The group that the hostile end likes best, and of which a client sends a share. */
  readonly group: number
  readonly clientAuth: 'none' | 'request' | 'require'
  readonly alpn: boolean
  /** The server asks again, for another group. */
  readonly retry: boolean
  /** A connection that nothing is wrong with goes before, and its session is offered. */
  readonly resumes: boolean
  /** Data goes in the first flight; `resumes` goes with it. */
  readonly earlyData: boolean
  /** An external key, and what the hostile end has of it. */
  readonly psk: 'none' | 'known' | 'another name' | 'another key'
  readonly flaw: Flaw | undefined
}

/** Suites of the victims, as far as an implementation has them. */
const suites13 = [
  CipherSuiteId.TLS_AES_128_GCM_SHA256,
  CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256,
  CipherSuiteId.TLS_AES_256_GCM_SHA384,
]
const suites12 = {
  ECDSA: [
    classic.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    classic.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    classic.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    classic.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
  ],
  RSA: [
    classic.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    classic.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    classic.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    classic.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    classic.TLS_RSA_WITH_AES_128_GCM_SHA256,
  ],
  PSK: [classic.TLS_PSK_WITH_AES_128_GCM_SHA256],
}
export const allSuites = (version: Configuration['version']): readonly number[] =>
  version === 0x0304 ? suites13 : Object.values(suites12).flat()
/** None of the victims takes these. */
const suiteOfNobody = (version: Configuration['version']) =>
  version === 0x0304
    ? CipherSuiteId.TLS_AES_128_CCM_SHA256
    : classic.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256

function inWords({ version, keyType, suite, group, ...rest }: Omit<Configuration, 'name'>): string {
  const words = Object.entries(rest).flatMap(([what, value]) =>
    value === true
      ? [what]
      : typeof value === 'string' && value !== 'none'
        ? [`${what} ${value}`]
        : [],
  )
  const numbers = [suite, group].map((number) => number.toString(16))
  return [version === 0x0304 ? 'TLS 1.3' : 'TLS 1.2', keyType, ...numbers, ...words].join(', ')
}

function configurationOf(random: () => number, victim: Role): Configuration {
  const chance = (part: number) => random() < part
  const version = chance(0.6) ? 0x0304 : 0x0303
  const is13 = version === 0x0304
  const psk = chance(0.08)
    ? pick<Configuration['psk']>(random, ['known', 'known', 'another name', 'another key'])
    : 'none'
  const clientAuth =
    psk === 'none'
      ? pick<Configuration['clientAuth']>(random, ['none', 'none', 'request', 'require'])
      : 'none'
  const resumes = psk === 'none' && chance(0.3)
  const alpn = chance(0.3)
  const flaws: Flaw[] =
    victim === 'client'
      ? ['expired', 'another name', 'for a client', 'stranger']
      : [
          ...(alpn ? ['no protocol in common' as const] : []),
          'no suite in common',
          ...(is13 ? ['no group in common' as const] : []),
          'no version in common',
          ...(clientAuth === 'require' ? ['no certificate' as const] : []),
          ...(clientAuth === 'none' ? [] : (['stranger', 'for a server'] as const)),
        ]
  const flaw = psk === 'none' && !resumes && chance(0.1) ? pick(random, flaws) : undefined
  const keyType = pick<Configuration['keyType']>(random, [
    'ec-p256',
    'ec-p256',
    'rsa-2048',
    'ed25519',
  ])
  const kind = psk === 'none' ? (keyType === 'rsa-2048' ? 'RSA' : 'ECDSA') : 'PSK'
  // An external key goes with the suites of its hash (RFC 8446 §4.2.11): where another is chosen, OpenSSL ends by itself.
  const suites = !is13 ? suites12[kind] : psk === 'none' ? suites13 : suites13.slice(0, 2)
  const configuration = {
    version,
    keyType,
    suite: flaw === 'no suite in common' ? suiteOfNobody(version) : pick(random, suites),
    group: pick(random, [NamedGroup.x25519, NamedGroup.x25519, NamedGroup.secp256r1]),
    clientAuth,
    alpn,
    retry: is13 && chance(0.15),
    resumes,
    earlyData: resumes && is13 && chance(0.4),
    psk,
    flaw,
  } as const
  return { name: inWords(configuration), ...configuration }
}

/** Where it is done: to a message before it is sealed, or to a record on its way. */
export interface Mutation {
  readonly where: 'none' | 'message' | 'record'
  /** The how-manieth message or record of the hostile end it is done to. */
  readonly nth: number
  readonly how: string
  readonly apply: (bytes: Uint8Array) => readonly Uint8Array[]
}

export interface Case {
  readonly seed: number
  readonly victim: Role
  readonly configuration: Configuration
  readonly mutation: Mutation
}

function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!
}

const copyWith = (bytes: Uint8Array, change: (copy: Uint8Array) => void) => {
  const copy = bytes.slice()
  change(copy)
  return copy
}

/** A handshake message whose header says how long it is. */
function measured(message: Uint8Array): Uint8Array {
  return copyWith(message, (copy) => {
    const length = copy.length - 4
    copy[1] = length >> 16
    copy[2] = length >> 8
    copy[3] = length
  })
}

/** A record whose header says how long it is. */
const measuredRecord = (record: Uint8Array) =>
  copyWith(record, (copy) => {
    copy[3] = (copy.length - 5) >> 8
    copy[4] = copy.length - 5
  })

type How = (random: () => number) => (bytes: Uint8Array) => readonly Uint8Array[]

const ofMessages: Readonly<Record<string, How>> = {
  'a bit is flipped': (random) => {
    const [place, bit] = [random(), random()]
    return (bytes) => [
      copyWith(bytes, (copy) => {
        if (copy.length > 4)
          copy[4 + Math.floor(place * (copy.length - 4))]! ^= 1 << Math.floor(bit * 8)
      }),
    ]
  },
  'a byte is another': (random) => {
    const [place, value] = [random(), pick(random, [0, 1, 2, 0x7f, 0x80, 0xff])]
    return (bytes) => [
      copyWith(bytes, (copy) => {
        if (copy.length > 4) {
          const at = 4 + Math.floor(place * Math.min(80, copy.length - 4))
          copy[at] = copy[at] === value ? ~value : value
        }
      }),
    ]
  },
  'it is cut': (random) => {
    const place = random()
    return (bytes) => [
      measured(bytes.slice(0, 4 + Math.floor(place * Math.max(0, bytes.length - 4)))),
    ]
  },
  'bytes are put in': (random) => {
    const [place, count] = [random(), 1 + Math.floor(random() * 4)]
    return (bytes) => {
      const at = 4 + Math.floor(place * (bytes.length - 4))
      return [
        measured(
          Uint8Array.of(...bytes.subarray(0, at), ...new Uint8Array(count), ...bytes.subarray(at)),
        ),
      ]
    }
  },
  'it is left out': () => () => [],
  'it comes twice': () => (bytes) => [bytes, bytes],
  'its type is another': (random) => {
    const type = pick(random, [0, 1, 2, 4, 8, 11, 13, 15, 20, 24, 99])
    return (bytes) => [Uint8Array.of(type, ...bytes.subarray(1))]
  },
  'another comes before it': (random) => {
    const type = pick(random, [0, 1, 4, 8, 13, 14, 16, 20, 24, 99])
    return (bytes) => [Uint8Array.of(type, 0, 0, 1, 0), bytes]
  },
  'another comes behind it': (random) => {
    const type = pick(random, [0, 1, 4, 8, 13, 14, 16, 20, 24, 99])
    return (bytes) => [bytes, Uint8Array.of(type, 0, 0, 1, 0)]
  },
}

const ofRecords: Readonly<Record<string, How>> = {
  'a bit is flipped': (random) => {
    const [place, bit] = [random(), random()]
    return (bytes) => [
      copyWith(bytes, (copy) => {
        if (copy.length > 5)
          copy[5 + Math.floor(place * (copy.length - 5))]! ^= 1 << Math.floor(bit * 8)
      }),
    ]
  },
  'its type is another': (random) => {
    const type = pick(random, [20, 21, 22, 23, 24, 0, 255])
    return (bytes) => [Uint8Array.of(type, ...bytes.subarray(1))]
  },
  'it is cut': (random) => {
    const place = random()
    return (bytes) => [measuredRecord(bytes.slice(0, 5 + Math.floor(place * (bytes.length - 5))))]
  },
  'it is left out': () => () => [],
  'it comes twice': () => (bytes) => [bytes, bytes],
  'it comes in pieces': (random) => {
    const place = random()
    return (bytes) => {
      const at = 5 + Math.floor(place * (bytes.length - 5))
      return [bytes.slice(0, at), bytes.slice(at)]
    }
  },
  'an empty one comes before it': (random) => {
    const type = pick(random, [20, 21, 22, 23])
    return (bytes) => [Uint8Array.of(type, 3, 3, 0, 0), bytes]
  },
  'an alert comes before it': (random) => {
    const level = pick(random, [0, 1, 2, 3])
    const description = pick(random, [0, 10, 40, 50, 90, 100, 255])
    return (bytes) => [Uint8Array.of(21, 3, 3, 0, 2, level, description), bytes]
  },
  'a change_cipher_spec comes before it': () => (bytes) => [
    Uint8Array.of(20, 3, 3, 0, 1, 1),
    bytes,
  ],
}

export function caseOf(seed: number): Case {
  const random = seeded(seed)
  const victim = pick<Role>(random, ['client', 'server'])
  const configuration = configurationOf(random, victim)
  const where = pick<Mutation['where']>(random, [
    'none',
    'message',
    'message',
    'message',
    'message',
    'message',
    'record',
    'record',
  ])
  if (where === 'none')
    return {
      seed,
      victim,
      configuration,
      mutation: { where, nth: 0, how: 'nothing', apply: (bytes) => [bytes] },
    }
  const table = where === 'message' ? ofMessages : ofRecords
  const how = pick(random, Object.keys(table))
  const nth = Math.floor(random() * (where === 'message' ? 7 : 6))
  return { seed, victim, configuration, mutation: { where, nth, how, apply: table[how]!(random) } }
}

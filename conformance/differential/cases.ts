/** The same connection again and again, with one thing wrong each time: what it is follows from a number. */
import { seeded } from '../../packages/handfast/test/engine/late.ts'

export type Role = 'client' | 'server'

export interface Configuration {
  readonly name: string
  readonly version: 0x0303 | 0x0304
  readonly requireCert: boolean
  readonly alpn: boolean
  /** The server asks again, for another group. */
  readonly retry: boolean
}

export const configurations: readonly Configuration[] = [
  { name: 'TLS 1.3', version: 0x0304, requireCert: false, alpn: false, retry: false },
  { name: 'TLS 1.3, ALPN', version: 0x0304, requireCert: false, alpn: true, retry: false },
  {
    name: 'TLS 1.3, client certificate',
    version: 0x0304,
    requireCert: true,
    alpn: false,
    retry: false,
  },
  {
    name: 'TLS 1.3, HelloRetryRequest',
    version: 0x0304,
    requireCert: false,
    alpn: false,
    retry: true,
  },
  { name: 'TLS 1.2', version: 0x0303, requireCert: false, alpn: true, retry: false },
  {
    name: 'TLS 1.2, client certificate',
    version: 0x0303,
    requireCert: true,
    alpn: false,
    retry: false,
  },
]

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
  const configuration = pick(random, configurations)
  const victim = pick<Role>(random, ['client', 'server'])
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
  const nth = Math.floor(random() * (where === 'message' ? 6 : 5))
  return { seed, victim, configuration, mutation: { where, nth, how, apply: table[how]!(random) } }
}

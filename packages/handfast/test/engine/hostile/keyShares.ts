/** Key shares that are none, for each group and in both directions (RFC 8446 §4.2.8, RFC 7748 §6, RFC 7919 §5.1). */
import { ExtensionType, NamedGroup } from '../../../src/codec/registry.ts'
import { ffdhe2048Parameters, ffdhe3072Parameters } from '../../../src/crypto/ffdhe.ts'
import { bytes, type Case } from './expected.ts'
import { type Expected, replacing, u16 } from './peer.ts'

const bad: Expected = {
  code: 'ERR_BAD_KEY_SHARE',
  alert: 'illegal_parameter',
  section: 'RFC 8446 §4.2.8',
}

type Change = (share: Uint8Array) => Uint8Array
type Bad = readonly [string, Change]

const filled =
  (value: number): Change =>
  (share) =>
    new Uint8Array(share.length).fill(value)
const anyLength: readonly Bad[] = [
  ['a byte short', (share) => share.subarray(0, share.length - 1)],
  ['a byte long', (share) => bytes(...share, 0)],
  ['one byte', () => bytes(4)],
]

/** A number of the share's length. */
const ending = (last: number) => (share: Uint8Array) => {
  const copy = new Uint8Array(share.length)
  copy[copy.length - 1] = last
  return copy
}

const nist: readonly Bad[] = [
  ['all zeros', filled(0)],
  ['off the curve', (share) => bytes(...share.subarray(0, share.length - 1), share.at(-1)! ^ 1)],
  ['compressed', (share) => bytes(2, ...share.subarray(1, (share.length + 1) / 2))],
  ['of the hybrid form', (share) => bytes(6 + (share.at(-1)! & 1), ...share.subarray(1))],
  ['the point at infinity', () => bytes(0)],
  ['beyond the field', (share) => bytes(4, ...new Uint8Array(share.length - 1).fill(255))],
]

// Points of low order of Curve25519 in their usual form (u = 0, 1, two of order 8, p - 1, p, p + 1).
const lowOrder25519 = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]
const x25519: readonly Bad[] = lowOrder25519.map((hex) => [
  `of low order (${hex.slice(0, 4)}…)`,
  () => Uint8Array.from(Buffer.from(hex, 'hex')),
])

/** Curve448: u = 0, 1 and p - 1. */
const x448: readonly Bad[] = [
  ['of low order (0)', filled(0)],
  ['of low order (1)', (share) => bytes(1, ...new Uint8Array(share.length - 1))],
  [
    'of low order (p - 1)',
    () => bytes(0xfe, ...new Uint8Array(27).fill(255), 0xfe, ...new Uint8Array(27).fill(255)),
  ],
]

const ffdhe = (primeHex: string): readonly Bad[] => {
  const prime = Uint8Array.from(Buffer.from(primeHex, 'hex'))
  const less = (by: number) => () => bytes(...prime.subarray(0, -1), prime.at(-1)! - by)
  return [
    ['0', filled(0)],
    ['1', ending(1)],
    ['p - 1', less(1)],
    ['p', less(0)],
    ['beyond p', filled(255)],
  ]
}

/** A hybrid's part at one end is spoilt. */
const part = (change: Change, at: 'start' | 'end', length: number): Change => {
  return (share) =>
    at === 'start'
      ? bytes(...change(share.subarray(0, length)), ...share.subarray(length))
      : bytes(...share.subarray(0, -length), ...change(share.subarray(-length)))
}
/** Coefficients of an ML-KEM key that are not below q (FIPS 203 §7.2). */
const beyondQ = (at: 'start' | 'end', length: number): Bad => [
  'with an ML-KEM key beyond q',
  part(filled(255), at, length),
]

interface Group {
  readonly id: number
  readonly name: string
  readonly client: readonly Bad[]
  readonly server: readonly Bad[]
}

const plain = (name: keyof typeof NamedGroup, shares: readonly Bad[]): Group => ({
  id: NamedGroup[name],
  name,
  client: shares,
  server: shares,
})

const groups: readonly Group[] = [
  plain('x25519', x25519),
  plain('x448', x448),
  plain('secp256r1', nist),
  plain('secp384r1', nist),
  plain('secp521r1', nist),
  plain('ffdhe2048', ffdhe(ffdhe2048Parameters.primeHex)),
  plain('ffdhe3072', ffdhe(ffdhe3072Parameters.primeHex)),
  {
    id: NamedGroup.X25519MLKEM768,
    name: 'X25519MLKEM768',
    client: [beyondQ('start', 1184), ['with an X25519 share of zeros', part(filled(0), 'end', 32)]],
    server: [['with an X25519 share of zeros', part(filled(0), 'end', 32)]],
  },
  {
    id: NamedGroup.SecP256r1MLKEM768,
    name: 'SecP256r1MLKEM768',
    client: [beyondQ('end', 1184), ['with a point of zeros', part(filled(0), 'start', 65)]],
    server: [['with a point of zeros', part(filled(0), 'start', 65)]],
  },
  {
    id: NamedGroup.SecP384r1MLKEM1024,
    name: 'SecP384r1MLKEM1024',
    client: [beyondQ('end', 1568), ['with a point of zeros', part(filled(0), 'start', 97)]],
    server: [['with a point of zeros', part(filled(0), 'start', 97)]],
  },
]

/** The body of key_share: a list from a client, one entry from a server. */
function changedShare(change: Change, from: 'client' | 'server') {
  return replacing(ExtensionType.key_share, (data) => {
    const entry = from === 'client' ? data.subarray(2) : data
    const share = change(entry.subarray(4))
    const changed = bytes(...entry.subarray(0, 2), ...u16(share.length), ...share)
    return from === 'client' ? bytes(...u16(changed.length), ...changed) : changed
  })
}

function casesOf(from: 'client' | 'server'): readonly Case[] {
  return groups.flatMap(({ id, name, [from]: shares }) =>
    [...anyLength, ...shares].map(([what, change]): Case => {
      const only = { groups: [id], grease: false }
      const common = { what: `${from}'s share of ${name} is ${what}`, expect: bad }
      return from === 'client'
        ? { ...common, client: only, server: { groups: [id] }, hello: changedShare(change, from) }
        : {
            ...common,
            client: only,
            server: { groups: [id] },
            messages: { ServerHello: changedShare(change, from) },
          }
    }),
  )
}

export const clientShareCases: readonly Case[] = casesOf('client')
export const serverShareCases: readonly Case[] = casesOf('server')

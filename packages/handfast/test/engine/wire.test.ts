/**
 * What somebody on the path can do without any keys: each record of each flight, changed in each way. A connection
 * either goes on unharmed or ends on the side that noticed, with the right alert; never do both ends believe in a
 * handshake that was tampered with, and never does one wait when the transport has ended.
 */
import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import type { Role } from '../../src/trace/events.ts'
import { recordOf } from './hostile/peer.ts'
import { seeded } from './late.ts'
import { collect, eventsOf, exchange, type Pair, pairOf, textOf } from './pair.ts'

const text = (value: string) => new TextEncoder().encode(value)
type Change = (record: Uint8Array) => readonly Uint8Array[]

/** A whole connection: handshake, a word from each side, the end. @param change the records of one side, by number */
function connection(
  from: Role,
  change: (record: Uint8Array, index: number) => readonly Uint8Array[],
): Pair {
  const pair = pairOf(
    { groups: [NamedGroup.x25519], grease: false, requestOcsp: false },
    { groups: [NamedGroup.x25519] },
  )
  let index = 0
  const carry = () =>
    exchange(pair, (sender, record) => (sender === from ? change(record, index++) : [record]))
  carry()
  for (const role of ['client', 'server'] as const) {
    const { connection } = pair[role]
    if (connection.error === undefined) connection.write(text(`from the ${role}`))
  }
  carry()
  for (const role of ['client', 'server'] as const) pair[role].connection.close()
  carry()
  for (const role of ['client', 'server'] as const) {
    pair[role].connection.receiveEnd()
    collect(pair[role])
  }
  return pair
}

const lengthOf = (record: Uint8Array) => record[3]! * 256 + record[4]!
const withLength = (record: Uint8Array, length: number) =>
  Uint8Array.of(...record.subarray(0, 3), length >> 8, length & 255, ...record.subarray(5))
const withType = (type: number) => (record: Uint8Array) => [
  Uint8Array.of(type, ...record.subarray(1)),
]

const changes: Readonly<Record<string, Change>> = {
  'is left out': () => [],
  'comes twice': (record) => [record, record],
  'loses its last byte': (record) => [withLength(record.subarray(0, -1), lengthOf(record) - 1)],
  'gets one byte more': (record) => [withLength(Uint8Array.of(...record, 0), lengthOf(record) + 1)],
  'is emptied': (record) => [withLength(record.subarray(0, 5), 0)],
  'says it is longer': (record) => [withLength(record, lengthOf(record) + 1)],
  'says it is shorter': (record) => [withLength(record, lengthOf(record) - 1)],
  'has another version': (record) => [Uint8Array.of(record[0]!, 3, 4, ...record.subarray(3))],
  'has the type of data': withType(23),
  'has the type of an alert': withType(21),
  'has the type of a handshake': withType(22),
  'is cut in two': (record) => [
    recordOf(record[0]!, record.subarray(5, 9)),
    recordOf(record[0]!, record.subarray(9)),
  ],
  'follows an empty alert': (record) => [recordOf(21, new Uint8Array(0)), record],
  'comes byte by byte': (record) => [...record].map((byte) => Uint8Array.of(byte)),
}

/**
 * What the receiver makes of it. legacy_record_version is ignored where nothing is protected, and authenticated where
 * something is (RFC 8446 §5.1, §5.2); a plain handshake record may be cut anywhere (§5.1); change_cipher_spec is noise.
 */
const outcomes: Readonly<Record<string, { code?: string; alert?: string; section?: string }>> = {
  fine: {},
  mac: { code: 'ERR_BAD_RECORD_MAC', alert: 'bad_record_mac', section: 'RFC 8446 §5.2' },
  'odd:4': { code: 'ERR_UNEXPECTED_MESSAGE', alert: 'unexpected_message', section: 'RFC 8446 §4' },
  'odd:5': { code: 'ERR_UNEXPECTED_MESSAGE', alert: 'unexpected_message', section: 'RFC 8446 §5' },
  'odd:5.1': {
    code: 'ERR_UNEXPECTED_MESSAGE',
    alert: 'unexpected_message',
    section: 'RFC 8446 §5.1',
  },
  'odd:5.4': {
    code: 'ERR_UNEXPECTED_MESSAGE',
    alert: 'unexpected_message',
    section: 'RFC 8446 §5.4',
  },
  decode: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 8446 §6' },
  // It waits for more, which the end of the transport ends.
  waits: { code: 'ERR_CLOSED_DURING_HANDSHAKE', section: 'RFC 8446 §6.1' },
  truncated: { code: 'ERR_TRUNCATED', section: 'RFC 8446 §6.1' },
}

const tables: Readonly<Record<Role, string>> = {
  client: `
record                       ClientHello  change_cipher_spec  Finished     data         close_notify
is left out                  waits        fine                mac          mac          truncated
comes twice                  odd:5        fine                mac          mac          fine
loses its last byte          waits        odd:5               mac          mac          mac
gets one byte more           odd:5.1      odd:5               mac          mac          mac
is emptied                   odd:5.1      odd:5               mac          mac          mac
says it is longer            waits        odd:5               mac          mac          truncated
says it is shorter           waits        odd:5               mac          mac          mac
has another version          fine         fine                mac          mac          mac
has the type of data         odd:4        mac                 fine         fine         fine
has the type of an alert     decode       decode              decode       odd:5        odd:5
has the type of a handshake  fine         odd:5               odd:5        odd:5        odd:5
is cut in two                fine         odd:5               mac          mac          mac
follows an empty alert       odd:5.4      odd:5.4             odd:5.4      odd:5        odd:5
comes byte by byte           fine         fine                fine         fine         fine
`,
  server: `
record                       ServerHello  change_cipher_spec  flight       data         close_notify
is left out                  odd:4        fine                waits        mac          truncated
comes twice                  odd:5        fine                mac          mac          fine
loses its last byte          odd:5.1      odd:5               mac          mac          mac
gets one byte more           odd:5.1      odd:5               mac          mac          mac
is emptied                   odd:5.1      odd:5               mac          mac          mac
says it is longer            odd:5.1      odd:5               waits        mac          truncated
says it is shorter           odd:5        odd:5               mac          mac          mac
has another version          fine         fine                mac          mac          mac
has the type of data         odd:4        mac                 fine         fine         fine
has the type of an alert     decode       decode              decode       odd:5        odd:5
has the type of a handshake  fine         odd:5               odd:5        odd:5        odd:5
is cut in two                fine         odd:5               mac          mac          mac
follows an empty alert       odd:5.4      odd:5.4             odd:5.4      odd:5        odd:5
comes byte by byte           fine         fine                fine         fine         fine
`,
}

for (const from of ['client', 'server'] as const) {
  const [head = '', ...rows] = tables[from].trim().split('\n')
  const [, ...records] = head.split(/ {2,}/)
  it(`the table of the ${from} has each change`, () =>
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual(Object.keys(changes)))
  for (const row of rows) {
    const [how = '', ...cells] = row.split(/ {2,}/)
    for (const [index, cell] of cells.entries())
      it(`the ${from}'s ${records[index]} ${how}: ${cell}`, () => {
        const pair = connection(from, (record, i) =>
          i === index ? changes[how]!(record) : [record],
        )
        const victim = pair[from === 'client' ? 'server' : 'client']
        const { code, alert, section } = outcomes[cell]!
        const { error } = victim.connection
        expect({ code: error?.code, alert: error?.alert, section: error?.section }).toEqual({
          code,
          alert,
          section,
        })
        if (error !== undefined) return
        expect(textOf(victim)).toBe(`from the ${from}`)
        expect(eventsOf(victim, 'closeNotify')).toHaveLength(1)
        expect(pair[from].connection.error).toBeUndefined()
      })
  }
}

/** Bits of unprotected handshake messages, and of protected records. */
describe('a flipped bit', () => {
  const failsBoth = (pair: Pair, where: string) => {
    const { client, server } = pair
    expect(client.connection.error, where).toBeDefined()
    expect(server.connection.error, where).toBeDefined()
    // A client that has a wrong ServerHello may not believe in it, nor a server in a wrong ClientHello.
    expect(textOf(client) + textOf(server), where).toBe('')
    for (const { connection } of [client, server])
      expect(connection.error?.blame).not.toBe('library')
  }

  for (const [from, what] of [
    ['client', 'ClientHello'],
    ['server', 'ServerHello'],
  ] as const)
    it(`anywhere in ${what} fails both ends`, () => {
      let length = 6
      for (let at = 5; at < length; at++)
        for (const bit of at < 60 ? [0, 7] : [at % 8]) {
          const pair = connection(from, (record, index) => {
            if (index !== 0) return [record]
            length = record.length
            const copy = record.slice()
            copy[at]! ^= 1 << bit
            return [copy]
          })
          failsBoth(pair, `byte ${at}, bit ${bit}`)
        }
      expect(length).toBeGreaterThan(100)
    })

  it('in a protected record of the handshake is noticed at once', () => {
    const choose = seeded(1)
    for (const [from, index] of [
      ['server', 2],
      ['client', 2],
    ] as const)
      for (let i = 0; i < 40; i++) {
        const pair = connection(from, (record, n) => {
          if (n !== index) return [record]
          const copy = record.slice()
          const at = 5 + Math.floor(choose() * (record.length - 5))
          copy[at]! ^= 1 << Math.floor(choose() * 8)
          return [copy]
        })
        const victim = pair[from === 'client' ? 'server' : 'client']
        expect(victim.connection.error?.code).toBe('ERR_BAD_RECORD_MAC')
        expect(eventsOf(victim, 'handshakeComplete')).toEqual([])
      }
  })

  it('in application data hands out nothing', () => {
    for (const from of ['client', 'server'] as const)
      for (let at = 0; at < 37; at++) {
        const pair = connection(from, (record, index) => {
          if (index !== 3) return [record]
          const copy = record.slice()
          copy[at]! ^= 0x10
          return [copy]
        })
        const victim = pair[from === 'client' ? 'server' : 'client']
        expect(victim.connection.error).toBeDefined()
        expect(textOf(victim)).toBe('')
      }
  })
})

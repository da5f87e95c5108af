/** Attacks on the record layer, and on what a peer may make the other side keep or do. The list is in list.ts. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { HandshakeType } from '../../packages/handfast/src/codec/registry.ts'
import {
  defaultLimits,
  tls12Client,
  tls12Server,
  tls13Client,
} from '../../packages/handfast/src/index.ts'
import { messageWith, recordOf, run } from '../../packages/handfast/test/engine/hostile/peer.ts'
import {
  collect,
  type End,
  eventsOf,
  exchange,
  type Pair,
  pairOf,
} from '../../packages/handfast/test/engine/pair.ts'
import { pair12 } from '../../packages/handfast/test/tls12/pair12.ts'

const versions: readonly { readonly name: string; readonly make: () => Pair }[] = [
  { name: 'TLS 1.3', make: () => pairOf() },
  {
    name: 'TLS 1.2',
    make: () => pair12({}, {}, { client: [tls13Client, tls12Client], server: [tls12Server] }),
  },
]

/** The records that each side sends in an undisturbed handshake. */
function recorded(pair: Pair): Record<'client' | 'server', Uint8Array[]> {
  const records: Record<'client' | 'server', Uint8Array[]> = { client: [], server: [] }
  exchange(pair, (from, record) => {
    records[from].push(record)
    return [record]
  })
  return records
}

/** Ends in order: one failure, told last, and nothing to do afterwards. */
function expectEnded(end: End, code: string): void {
  collect(end)
  expect(end.connection.error?.code).toBe(code)
  expect(eventsOf(end, 'failed')).toHaveLength(1)
  expect(end.connection.nextEvent()).toBeUndefined()
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes that are in use. */
function memory(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

const closeNotify = recordOf(21, Uint8Array.of(1, 0))
const userCanceled = recordOf(21, Uint8Array.of(1, 90))

describe.each(versions)('$name', ({ make }) => {
  it.each(['client', 'server'] as const)(
    'CVE-2024-32650: close_notify before the handshake is complete, to a %s',
    (victim) => {
      const other = victim === 'client' ? 'server' : 'client'
      // Records in the clear only: an attacker without keys cannot send more than these.
      for (const warning of [closeNotify, userCanceled]) {
        const pair = make()
        let sent = false
        exchange(pair, (from, record) => {
          if (from !== other || sent) return [record]
          sent = true
          return [warning, record]
        })
        if (warning === closeNotify) expectEnded(pair[victim], 'ERR_CLOSED_DURING_HANDSHAKE')
        else expect(pair[victim].connection.info).toBeDefined()
      }
    },
  )

  it('CVE-2024-11738, CVE-2014-3511: a ClientHello in pieces', () => {
    const [first] = recorded(make()).client
    const hello = first!.subarray(5)
    const versionOf = (pair: Pair) => pair.server.connection.info?.version
    const expected = (() => {
      const pair = make()
      exchange(pair)
      return versionOf(pair)
    })()
    for (let at = 1; at < hello.length; at += at < 60 ? 1 : 97) {
      // Whole, in two records: the same handshake, of the same version.
      const pair = make()
      let hellos = 0
      exchange(pair, (from, record) => {
        if (from !== 'client' || hellos++ > 0) return [record]
        const body = record.subarray(5)
        return [recordOf(22, body.subarray(0, at), 0x0301), recordOf(22, body.subarray(at), 0x0301)]
      })
      expect(versionOf(pair)).toBe(expected)
      // The first piece alone, and the end.
      const { server } = make()
      server.connection.receive(recordOf(22, hello.subarray(0, at), 0x0301))
      collect(server)
      expect(server.events).toEqual([])
      server.connection.receiveEnd()
      expectEnded(server, 'ERR_CLOSED_DURING_HANDSHAKE')
    }
  })

  it('CVE-2014-0160 (Heartbleed): a heartbeat is refused, and answered by an alert alone', () => {
    const request = recordOf(24, Uint8Array.of(1, 0x40, 0, 1, 2, 3))
    const { server } = make()
    server.connection.receive(request)
    collect(server)
    expect(server.connection.error?.code).toBe('ERR_NOT_TLS')
    const bytes = server.connection.takeOutput().reduce((sum, { length }) => sum + length, 0)
    expect(bytes).toBeLessThanOrEqual(7)
    const connected = make()
    exchange(connected)
    connected.server.connection.receive(request)
    collect(connected.server)
    expect(connected.server.connection.error?.alert).toBe('unexpected_message')
  })

  // A message of 128 KiB is announced, and ten bytes of it come: in a record that announces 16 KiB, and in one that is whole.
  const length = defaultLimits.handshakeMessageBytes
  const announcement = [1, length >> 16, (length >> 8) & 255, length & 255, 3]
  it.each([
    ['record', Uint8Array.of(22, 3, 1, 0x40, 0, ...announcement)],
    ['message', recordOf(22, Uint8Array.from(announcement), 0x0301)],
  ])(
    'CVE-2016-6307: nothing is allocated for the length of a %s that is only declared',
    (_, bytes) => {
      const before = memory()
      const ends = Array.from({ length: 400 }, () => {
        const { server } = make()
        server.connection.receive(bytes)
        collect(server)
        return server
      })
      const grown = memory() - before
      for (const { connection } of ends) expect(connection.error).toBeUndefined()
      // 400 announcements are 50 MiB; a record's 16 KiB each would be 6.4 MiB.
      expect(grown / ends.length).toBeLessThan(60_000)
    },
  )
})

it('CVE-2026-32283: KeyUpdates that want answers, from a peer that reads none of them, cost no output', () => {
  const { victim, hostile } = run({ victim: 'server' })
  let output = 0
  for (let i = 0; i < 2000; i++) {
    hostile.connection.updateKeys({ requestPeer: true })
    hostile.connection.write(Uint8Array.of(1))
    collect(hostile)
    for (const record of hostile.connection.takeOutput()) victim.connection.receive(record)
    collect(victim)
    output += victim.connection.takeOutput().length
    victim.events.length = 0
  }
  expect(victim.connection.error).toBeUndefined()
  // RFC 8446 §4.6.3: one answer stands for all requests, and is due before the next data.
  expect(output).toBe(0)
  victim.connection.write(Uint8Array.of(2))
  expect(victim.connection.takeOutput()).toHaveLength(2)
})

it('CVE-2025-66199, certificate bombs: no compression of certificates is offered, and none is read', () => {
  const { victim } = run({
    victim: 'client',
    messages: {
      // CompressedCertificate (RFC 8879 §4): zlib, 16 MiB of zeros announced.
      Certificate: () => messageWith(25, Uint8Array.of(0, 1, 0xff, 0xff, 0xff, 0, 0, 1, 0)),
    },
  })
  expect(victim.connection.error).toMatchObject({ code: 'ERR_UNEXPECTED_MESSAGE' })
})

it('CVE-2012-4929 (CRIME): no compression but null is ever offered', () => {
  for (const { make } of versions) {
    const [first] = recorded(make()).client
    const hello = first!.subarray(9)
    const afterSession = 34 + 1 + hello[34]!
    const suites = (hello[afterSession]! << 8) | hello[afterSession + 1]!
    const compressions = hello.subarray(afterSession + 2 + suites, afterSession + 4 + suites)
    expect([...compressions]).toEqual([1, 0])
  }
})

it('a peer that never completes its message costs no more than the limit', () => {
  const { server } = pairOf()
  const announced = 131_072
  server.connection.receive(
    recordOf(
      22,
      Uint8Array.of(HandshakeType.client_hello, announced >> 16, (announced >> 8) & 255, 0),
    ),
  )
  collect(server)
  const started = performance.now()
  // A byte at a time, each in a record of its own: joined without copying all of it each time.
  const byte = recordOf(22, Uint8Array.of(0))
  for (let i = 0; i < announced - 1; i++) {
    server.connection.receive(byte)
    collect(server)
  }
  expect(server.connection.error).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(10_000)
})

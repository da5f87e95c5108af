/** Data in the first flight (RFC 8446 §2.3, §4.2.10, §8): when it goes, when it is taken, and that it is taken once. */
import { describe, expect, it } from 'vitest'
import { CipherSuiteId, NamedGroup } from '../../src/codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  memoryReplayGuard,
  parseSession,
  type Session,
  serializeSession,
  statefulTickets,
  statelessTickets,
} from '../../src/index.ts'
import { memoryStore } from '../../src/session/tickets.ts'
import { LateAnswers } from '../engine/late.ts'
import { collect, eventsOf, exchange, type Pair, pairOf, textOf } from '../engine/pair.ts'

const crypto = nodeProvider
const { aead } = crypto.cipherSuites[0]!
const bytes = (text: string) => new TextEncoder().encode(text)
const start = Date.now()

/** One server: its tickets, its guard, and a clock that can be set. */
function service({ maxBytes = 100, capacity = 100 } = {}) {
  const time = { now: start }
  const clock = () => time.now
  const server: Partial<ServerConfig> = {
    clock,
    tickets: statelessTickets({ crypto, aead, clock }),
    earlyData: { maxBytes, replayGuard: memoryReplayGuard({ clock, capacity }) },
  }
  return { time, clock, server }
}

function sessionOf(server: Partial<ServerConfig>, client: Partial<ClientConfig> = {}): Session {
  const pair = pairOf({ clock: server.clock ?? Date.now, ...client }, server)
  exchange(pair)
  return eventsOf(pair.client, 'session')[0]!.session
}

function connect(client: Partial<ClientConfig>, server: Partial<ServerConfig>): Pair {
  const pair = pairOf({ clock: server.clock ?? Date.now, ...client }, server)
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(bytes('later'))
  exchange(pair)
  return pair
}

const early = (pair: Pair) =>
  Buffer.concat(eventsOf(pair.server, 'earlyData').map(({ data }) => data)).toString()
const statuses = ({ client, server }: Pair) => [
  client.connection.info?.earlyData,
  server.connection.info?.earlyData,
]

describe('early data', () => {
  it('comes before everything else, and is told apart from what comes later', () => {
    const { server } = service()
    const session = sessionOf(server)
    expect(session.maxEarlyData).toBe(100)
    const stored = parseSession(serializeSession(session))
    const pair = connect({ session: stored, earlyData: bytes('first') }, server)
    expect(statuses(pair)).toEqual(['accepted', 'accepted'])
    expect(early(pair)).toBe('first')
    expect(textOf(pair.server)).toBe('later')
    const types = pair.server.events.map(({ type }) => type)
    expect(types.indexOf('earlyData')).toBeLessThan(types.indexOf('handshakeComplete'))
  })

  it('is in the first flight, and is answered in the second', () => {
    const { server } = service()
    const session = sessionOf(server)
    const pair = pairOf({ session, earlyData: bytes('ping'), clock: server.clock! }, server)
    const { client } = pair
    client.connection.nextEvent()
    const first = client.connection.takeOutput()
    for (const record of first) pair.server.connection.receive(record)
    expect(pair.server.connection.nextEvent()).toMatchObject({ type: 'earlyData' })
    pair.server.connection.write(bytes('pong'))
    for (const record of pair.server.connection.takeOutput()) client.connection.receive(record)
    exchange(pair)
    expect(textOf(client)).toBe('pong')
    expect(pair.server.connection.info?.earlyData).toBe('accepted')
  })

  it('of no bytes asks whether some would be taken', () => {
    const { server } = service()
    const pair = connect({ session: sessionOf(server), earlyData: bytes('') }, server)
    expect(statuses(pair)).toEqual(['accepted', 'accepted'])
    expect(eventsOf(pair.server, 'earlyData')).toEqual([])
  })

  it('writes its secrets into the key log', () => {
    const { server } = service()
    const lines: string[] = []
    const keyLog = (line: string) => lines.push(line.split(' ')[0]!)
    connect({ session: sessionOf(server), earlyData: bytes('x'), keyLog }, server)
    expect(lines.slice(0, 2)).toEqual(['CLIENT_EARLY_TRAFFIC_SECRET', 'EARLY_EXPORTER_SECRET'])
  })

  it('comes in records as long as the client likes: the limit of the server is told only afterwards', () => {
    const { server } = service()
    const limited = { ...server, recordSizeLimit: 64 }
    const limits = { recordSizeLimit: 64 }
    const session = sessionOf(limited, limits)
    const text = 'x'.repeat(100)
    const pair = connect({ session, earlyData: bytes(text), ...limits }, limited)
    expect(statuses(pair)).toEqual(['accepted', 'accepted'])
    expect(early(pair)).toBe(text)
  })

  it('may be given up before its keys are there, with an alert in the clear', async () => {
    const { server } = service()
    const session = sessionOf(server)
    const answers = new LateAnswers(7)
    const pair = pairOf(
      {
        session,
        earlyData: bytes('first'),
        clock: server.clock!,
        crypto: answers.provider(crypto),
      },
      server,
    )
    const { client } = pair
    let hello: readonly Uint8Array[] = []
    while (hello.length === 0) {
      collect(client)
      await answers.release()
      hello = client.connection.takeOutput()
    }
    for (const record of hello) pair.server.connection.receive(record)
    collect(pair.server)
    client.connection.cancel()
    exchange(pair)
    expect(pair.server.connection.error).toMatchObject({
      code: 'ERR_CLOSED_DURING_HANDSHAKE',
    })
  })

  it('goes with a provider that answers later', async () => {
    const { server } = service()
    const session = sessionOf(server)
    const answers = new LateAnswers(7)
    const late = { crypto: answers.provider(crypto) }
    const pair = pairOf(
      { session, earlyData: bytes('first'), clock: server.clock!, ...late },
      { ...server, ...late },
    )
    for (let i = 0; i < 500 && !pair.server.connection.info; i++) {
      exchange(pair)
      await answers.release()
    }
    exchange(pair)
    expect(early(pair)).toBe('first')
    expect(pair.server.connection.info?.earlyData).toBe('accepted')
  })
})

describe('keying material of early data', () => {
  const { server } = service()
  const exported = ({ connection }: Pair['client']) =>
    connection.exportEarlyKeyingMaterial('EXPORTER-test', bytes('context'), 40)

  it('is the same on both sides, before the handshake is complete and after it', () => {
    const pair = pairOf(
      { session: sessionOf(server), earlyData: bytes('ping'), clock: server.clock! },
      server,
    )
    const { client } = pair
    expect(() => exported(client)).toThrow(expect.objectContaining({ code: 'ERR_NOT_READY' }))
    client.connection.nextEvent()
    const material = exported(client)
    expect(material).toHaveLength(40)
    for (const record of client.connection.takeOutput()) pair.server.connection.receive(record)
    expect(pair.server.connection.nextEvent()).toMatchObject({ type: 'earlyData' })
    expect(exported(pair.server)).toEqual(material)
    exchange(pair)
    expect(client.connection.info?.earlyData).toBe('accepted')
    expect(exported(client)).toEqual(material)
    expect(
      client.connection.exportKeyingMaterial('EXPORTER-test', bytes('context'), 40),
    ).not.toEqual(material)
  })

  it.each([
    ['a client without early data', {}, server],
    [
      'early data that was refused',
      { earlyData: bytes('ping') },
      { ...server, earlyData: undefined },
    ],
    [
      'a HelloRetryRequest',
      { earlyData: bytes('ping') },
      { ...server, groups: [NamedGroup.secp384r1] },
    ],
  ] as const)('does not exist after %s', (_, more, other) => {
    const pair = connect({ session: sessionOf(server), ...more }, other as typeof server)
    for (const end of [pair.client, pair.server])
      expect(() => exported(end)).toThrow(expect.objectContaining({ code: 'ERR_NOT_READY' }))
  })

  it('has lengths and labels as other keying material has', () => {
    const pair = connect({ session: sessionOf(server), earlyData: bytes('ping') }, server)
    const { connection } = pair.server
    for (const [label, length] of [
      ['', 1],
      ['x', 0],
      ['x', 256 * 32],
    ] as const)
      expect(() => connection.exportEarlyKeyingMaterial(label, undefined, length)).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_EXPORT' }),
      )
  })
})

describe('a client offers none', () => {
  const { server } = service()
  const session = sessionOf(server)
  const cases: readonly [string, Partial<ClientConfig>][] = [
    ['without a session', {}],
    [
      'with a session that does not allow it',
      { session: sessionOf({ ...server, earlyData: undefined } as never) },
    ],
    ['longer than the session allows', { session, earlyData: new Uint8Array(101) }],
    [
      'with another application protocol',
      { session: { ...session, alpnProtocol: 'h2' }, alpnProtocols: ['http/1.1'] },
    ],
    [
      'with a session that is not offered',
      { session, cipherSuites: [CipherSuiteId.TLS_AES_256_GCM_SHA384] },
    ],
  ]
  it.each(cases)('%s', (_, client) => {
    const pair = connect({ earlyData: bytes('first'), ...client }, server)
    expect(statuses(pair)).toEqual(['not offered', undefined])
    expect(textOf(pair.server)).toBe('later')
  })

  it('and sends it afterwards only where it is told to', () => {
    const pair = connect({ earlyData: bytes('first '), resendEarlyData: true }, server)
    expect(early(pair)).toBe('')
    expect(textOf(pair.server)).toBe('first later')
  })
})

describe('a server refuses it', () => {
  /** The session is made, then `change` happens, then it is used. */
  function refused(
    client: Partial<ClientConfig> = {},
    change: (it: ReturnType<typeof service>) => Partial<ServerConfig> = () => ({}),
  ) {
    const made = service()
    const session = sessionOf(made.server, client)
    const server = { ...made.server, ...change(made) }
    const config = { session, earlyData: bytes('first '), ...client }
    const pair = connect(config, server)
    expect(statuses(pair)).toEqual(['refused', 'refused'])
    expect(early(pair)).toBe('')
    expect(textOf(pair.server)).toBe('later')
    const again = connect({ ...config, resendEarlyData: true }, server)
    expect(textOf(again.server)).toBe('first later')
  }

  it('where none is configured any more', () =>
    refused({}, () => ({ earlyData: undefined }) as never))
  it('where it does not know the session', () =>
    refused({}, ({ clock }) => ({ tickets: statelessTickets({ crypto, aead, clock }) })))
  it('where it asks for another share', () =>
    refused({ keyShares: [NamedGroup.x25519] }, () => ({ groups: [NamedGroup.secp256r1] })))
  it('where it chooses another cipher suite', () =>
    refused({}, () => ({ cipherSuites: [CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256] })))
  it('where it chooses another application protocol', () =>
    refused({ alpnProtocols: ['a', 'b'] }, () => ({ alpnProtocols: ['b'] })))
  it('where the clock says that the ClientHello was kept', () =>
    refused({ clock: () => start }, ({ time }) => {
      time.now += 11_000
      return {}
    }))
  it('where the guard is full', () =>
    refused({}, ({ clock }) => ({
      earlyData: { maxBytes: 100, replayGuard: memoryReplayGuard({ clock, capacity: 0 }) },
    })))
})

describe('a recording', () => {
  /** The first flight of a client, and what each server says to it. */
  function replayed(server: Partial<ServerConfig>, times: number): string[] {
    const session = sessionOf(server)
    const { client } = pairOf(
      { session, earlyData: bytes('pay'), clock: server.clock ?? Date.now },
      server,
    )
    client.connection.nextEvent()
    const flight = client.connection.takeOutput().map((record) => record.slice())
    return Array.from({ length: times }, () => {
      const pair = pairOf({}, server)
      for (const record of flight) pair.server.connection.receive(record.slice())
      collect(pair.server)
      expect(pair.server.connection.error).toBeUndefined()
      return early(pair)
    })
  }

  it('is taken once', () => {
    expect(replayed(service().server, 3)).toEqual(['pay', '', ''])
  })

  it('is not taken twice where tickets are good for one use either', () => {
    const { server, clock } = service()
    const tickets = statefulTickets({ crypto, store: memoryStore(), clock })
    expect(replayed({ ...server, tickets }, 2)).toEqual(['pay', ''])
  })
})

describe('the guard in memory', () => {
  it('forgets what would not be fresh any more, and is bounded', () => {
    const time = { now: 0 }
    const guard = memoryReplayGuard({ clock: () => time.now, capacity: 2 })
    const use = (id: number, until: number) => guard.firstUse(Uint8Array.of(id), until)
    expect([use(1, 10), use(1, 10), use(2, 20), use(3, 30)]).toEqual([true, false, true, false])
    time.now = 10
    expect([use(3, 30), use(2, 20), use(4, 40)]).toEqual([true, false, false])
  })
})

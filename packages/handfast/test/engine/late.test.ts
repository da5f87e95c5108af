/** A provider that answers later, a remote key, a late verdict: what happens while something is still under way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { certificateVerifier, TlsError } from '../../src/index.ts'
import { type SessionStore, statefulTickets } from '../../src/session/tickets.ts'
import { interposeSigner } from './interpose.ts'
import { seeded } from './late.ts'
import {
  clientIdentity,
  collect,
  type End,
  eventsOf,
  exchange,
  type Pair,
  pairOf,
  serverIdentity,
  textOf,
  trust,
} from './pair.ts'
import { type LateWorld, lateWorld } from './worlds.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const macrotask = () => new Promise((resolve) => setImmediate(resolve))

/** Nothing of a connection's may end as a rejection that nobody handles. */
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await macrotask()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

function pairIn({ crypto }: LateWorld, ...[client, server]: Parameters<typeof pairOf>): Pair {
  return pairOf({ crypto, ...client }, { crypto, ...server })
}

async function connectedIn(world: LateWorld, ...configs: Parameters<typeof pairOf>): Promise<Pair> {
  const pair = pairIn(world, ...configs)
  await world.settle(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  expect(pair.client.connection.info).toBeDefined()
  expect(pair.server.connection.info).toBeDefined()
  return pair
}

describe('while records are being sealed', () => {
  for (const seed of [1, 2, 3])
    it(`keeps the order of what is written (seed ${seed})`, async () => {
      const world = lateWorld(seed)
      const { client, server } = await connectedIn(world)
      const text = (who: string) => Array.from({ length: 40 }, (_, i) => `${who}${i} `)
      for (const [i, part] of text('client').entries()) {
        client.connection.write(bytes(part))
        server.connection.write(bytes(text('server')[i]!))
      }
      expect(world.answers.waiting).toBe(80)
      expect(client.connection.takeOutput()).toEqual([])
      await world.settle({ client, server })
      expect(textOf(server)).toBe(text('client').join(''))
      expect(textOf(client)).toBe(text('server').join(''))
    })

  for (const seed of [1, 2, 3])
    it(`changes keys between the right records, under load in both directions (seed ${seed})`, async () => {
      const world = lateWorld(seed)
      const pair = await connectedIn(world)
      const choose = seeded(seed)
      const written = { client: '', server: '' }
      for (let i = 0; i < 60; i++) {
        const role = choose() < 0.5 ? 'client' : 'server'
        const { connection } = pair[role]
        if (choose() < 0.25) connection.updateKeys({ requestPeer: choose() < 0.5 })
        const part = `${role}${i} `
        written[role] += part
        connection.write(bytes(part))
        if (choose() < 0.3) exchange(pair)
        if (choose() < 0.6) await world.answers.release()
      }
      await world.settle(pair)
      expect(pair.client.connection.error).toBeUndefined()
      expect(pair.server.connection.error).toBeUndefined()
      expect(textOf(pair.server)).toBe(written.client)
      expect(textOf(pair.client)).toBe(written.server)
      const generation = ({ trace }: End, direction: string) =>
        Math.max(
          ...trace.flatMap((event) =>
            event.type === 'keys' && event.direction === direction ? [event.generation] : [],
          ),
        )
      expect(generation(pair.client, 'sent')).toBeGreaterThan(3)
      expect(generation(pair.server, 'received')).toBe(generation(pair.client, 'sent'))
      expect(generation(pair.client, 'received')).toBe(generation(pair.server, 'sent'))
    })

  it('closes after everything that was written, and says so only then', async () => {
    const world = lateWorld(4)
    const pair = await connectedIn(world)
    const { client, server } = pair
    for (let i = 0; i < 5; i++) client.connection.write(bytes(`${i} `))
    client.connection.close()
    expect(() => client.connection.write(bytes('more'))).toThrow('after close()')
    expect(client.connection.closed).toBe(false)
    await world.settle(pair)
    expect(client.connection.closed).toBe(true)
    expect(textOf(server)).toBe('0 1 2 3 4 ')
    expect(eventsOf(server, 'closeNotify')).toHaveLength(1)
    server.connection.write(bytes('answer'))
    server.connection.close()
    await world.settle(pair)
    expect(textOf(client)).toBe('answer')
    expect(eventsOf(client, 'closeNotify')).toHaveLength(1)
  })

  it('cancel() still tells the peer', async () => {
    const world = lateWorld(5)
    const pair = await connectedIn(world)
    pair.client.connection.write(bytes('unfinished'))
    pair.client.connection.cancel()
    await world.settle(pair)
    expect(eventsOf(pair.server, 'closeNotify')).toHaveLength(1)
    expect(() => pair.client.connection.write(bytes('more'))).toThrow(TlsError)
  })
})

describe('while the handshake waits', () => {
  it('receives into a buffer that its caller uses again', async () => {
    const world = lateWorld(6)
    const { client, server } = pairIn(world)
    const buffer = new Uint8Array(65_536)
    for (let still = false; !still; ) {
      still = true
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        collect(from)
        const records = from.connection.takeOutput()
        if (records.length === 0) continue
        still = false
        // All of a flight in one read, whose buffer is then overwritten.
        let length = 0
        for (const record of records) {
          buffer.set(record, length)
          length += record.length
        }
        to.connection.receive(buffer.subarray(0, length))
        collect(to)
        buffer.fill(0xee)
      }
      if (still && world.answers.waiting > 0) {
        still = false
        await world.answers.release()
      }
    }
    expect(client.connection.error).toBeUndefined()
    expect(server.connection.error).toBeUndefined()
    expect(eventsOf(client, 'handshakeComplete')).toHaveLength(1)
    expect(eventsOf(server, 'handshakeComplete')).toHaveLength(1)
  })

  it('tells its driver of each answer', async () => {
    const world = lateWorld(7)
    const { client } = pairIn(world)
    let progress = 0
    client.connection.onProgress = () => progress++
    expect(client.connection.nextEvent()).toBeUndefined()
    expect(client.connection.takeOutput()).toEqual([])
    while (world.answers.waiting > 0) await world.answers.release()
    expect(progress).toBeGreaterThan(0)
    expect(client.connection.takeOutput()).toHaveLength(1)
  })

  it('says what it waits for', async () => {
    const world = lateWorld(8)
    const { client } = pairIn(world)
    client.connection.nextEvent()
    expect(client.connection.step).toBe('generating a key share for X25519MLKEM768')
  })

  it('can be destroyed at any moment, and then stays silent', async () => {
    // After each number of answers, each end in turn.
    for (const role of ['client', 'server'] as const)
      for (let after = 0; after < 400; after += 23) {
        const world = lateWorld(after)
        const pair = pairIn(world)
        for (let i = 0; i < after; i++) {
          exchange(pair)
          await world.answers.release()
        }
        const { connection, events } = pair[role]
        const before = events.length
        connection.destroy()
        connection.takeOutput()
        let progress = 0
        connection.onProgress = () => progress++
        while (world.answers.waiting > 0) await world.answers.release()
        connection.receive(bytes('anything'))
        collect(pair[role])
        expect(events.length).toBe(before)
        expect(() => connection.write(bytes('x'))).toThrow('destroyed')
        expect(connection.error?.code).toBe('ERR_CLOSED')
      }
  })

  it('fails when the transport ends, whatever is under way', async () => {
    for (const after of [0, 3, 10, 30, 60]) {
      const world = lateWorld(after)
      const pair = pairIn(world)
      for (let i = 0; i < after; i++) {
        exchange(pair)
        await world.answers.release()
      }
      if (pair.client.connection.info !== undefined) continue
      pair.client.connection.receiveEnd()
      while (world.answers.waiting > 0) await world.answers.release()
      for (let i = 0; i < 20; i++) {
        collect(pair.client)
        while (world.answers.waiting > 0) await world.answers.release()
      }
      // The server's whole flight may have arrived before the end.
      expect(pair.client.connection.error?.code).toBe(
        pair.client.connection.info === undefined ? 'ERR_CLOSED_DURING_HANDSHAKE' : 'ERR_TRUNCATED',
      )
    }
  })
})

describe('what answers later beside the provider', () => {
  it('a remote key that signs after 50 ms', async () => {
    const signingKey = interposeSigner(
      serverIdentity.signingKey,
      (_, operation) =>
        new Promise((resolve) => {
          setTimeout(() => resolve(operation()), 50)
        }),
    )
    const pair = pairOf({}, { identity: { ...serverIdentity, signingKey } })
    exchange(pair)
    expect(pair.server.connection.step).toBe('signing CertificateVerify')
    expect(pair.server.connection.nextEvent()).toBeUndefined()
    await new Promise<void>((resolve) => {
      pair.server.connection.onProgress = resolve
    })
    exchange(pair)
    expect(eventsOf(pair.client, 'handshakeComplete')).toHaveLength(1)
    expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
  })

  it('a verdict, good or bad', async () => {
    const judge = certificateVerifier({ crypto: nodeProvider, trust })
    for (const serverName of ['server.test', 'other.test']) {
      const pair = pairOf({
        serverName,
        verifyCertificate: async (peer) => {
          await macrotask()
          return judge(peer)
        },
      })
      exchange(pair)
      expect(pair.client.connection.step).toBe("checking the server's certificate")
      await new Promise<void>((resolve) => {
        pair.client.connection.onProgress = resolve
      })
      exchange(pair)
      if (serverName === 'server.test') {
        expect(eventsOf(pair.client, 'handshakeComplete')).toHaveLength(1)
        continue
      }
      expect(pair.client.connection.error).toMatchObject({
        code: 'ERR_CERTIFICATE_REFUSED',
        blame: 'certificate',
        alert: 'bad_certificate',
      })
      expect(pair.client.connection.error?.verdict?.failures[0]?.code).toBe('name-mismatch')
      expect(pair.server.connection.error?.received).toBe('bad_certificate')
    }
  })

  it('a verdict that never comes keeps the connection waiting, and a rejected one fails it', async () => {
    const pair = pairOf({ verifyCertificate: () => Promise.reject(new Error('no network')) })
    exchange(pair)
    await macrotask()
    exchange(pair)
    expect(pair.client.connection.error?.code).toBe('ERR_INTERNAL')
    expect(pair.client.connection.error?.cause).toMatchObject({ message: 'no network' })
    expect(pair.server.connection.error?.received).toBe('internal_error')
  })

  it('a session store', async () => {
    const sessions = new Map<string, Uint8Array>()
    const store: SessionStore = {
      async set(id, session) {
        await macrotask()
        sessions.set(id, session)
      },
      async take(id) {
        await macrotask()
        const session = sessions.get(id)
        sessions.delete(id)
        return session
      },
    }
    const tickets = statefulTickets({ crypto: nodeProvider, store, clock: () => Date.now() })
    const settle = async (pair: Pair) => {
      for (let i = 0; i < 10; i++) {
        exchange(pair)
        await macrotask()
      }
    }
    const first = pairOf({}, { tickets })
    await settle(first)
    const [event] = eventsOf(first.client, 'session')
    expect(sessions.size).toBe(2)
    const second = pairOf({ session: event!.session }, { tickets })
    await settle(second)
    expect(second.client.connection.info?.resumed).toBe(true)
    expect(second.server.connection.info?.resumed).toBe(true)
  })

  it('the choice of a certificate, of the configuration, and of the client certificate', async () => {
    const judge = certificateVerifier({ crypto: nodeProvider, trust })
    const pair = pairOf(
      {
        alpnProtocols: ['h2'],
        identity: async (request) => {
          expect(request.signatureSchemes).toContain(0x0403)
          await macrotask()
          return clientIdentity
        },
      },
      {
        onClientHello: async (hello) => {
          expect(hello.serverName).toBe('server.test')
          await macrotask()
          return {
            alpnProtocols: ['h2'],
            clientAuthentication: { mode: 'require', verifyCertificate: judge },
          }
        },
        identity: async () => {
          await macrotask()
          return serverIdentity
        },
      },
    )
    for (let i = 0; i < 10; i++) {
      exchange(pair)
      await macrotask()
    }
    expect(pair.server.connection.info?.alpnProtocol).toBe('h2')
    expect(pair.server.connection.info?.peerCertificates).toEqual(clientIdentity.certificateChain)
  })
})

it('one provider serves many connections at once', async () => {
  const world = lateWorld(9)
  const pairs = Array.from({ length: 8 }, () => pairIn(world))
  await world.settle(...pairs)
  for (const [i, { client, server }] of pairs.entries()) {
    client.connection.write(bytes(`to ${i}`))
    server.connection.write(bytes(`from ${i}`))
  }
  await world.settle(...pairs)
  for (const [i, { client, server }] of pairs.entries()) {
    expect(textOf(server)).toBe(`to ${i}`)
    expect(textOf(client)).toBe(`from ${i}`)
  }
})

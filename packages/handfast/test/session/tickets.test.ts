/** How a server remembers: tickets that hold everything, and tickets that name what a store holds. */
import { describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { Aead, AeadKey } from '../../src/crypto/provider.ts'
import type { SessionState } from '../../src/session/session.ts'
import {
  memoryStore,
  type SessionStore,
  statefulTickets,
  statelessTickets,
} from '../../src/session/tickets.ts'

const crypto = nodeProvider
const second = 1000
let now = 1_700_000_000_000
const clock = () => now

const stateOf = (changes: Partial<SessionState> = {}): SessionState => ({
  version: 0x0304,
  cipherSuite: 0x1301,
  psk: Uint8Array.from({ length: 32 }, (_, i) => i),
  issuedAt: now,
  lifetime: 3600,
  ageAdd: 7,
  serverName: 'server.test',
  alpnProtocol: 'h2',
  peerCertificates: [],
  ...changes,
})

/** An AEAD that tells of the keys that are alive. */
function watched(): { aead: Aead; readonly alive: number } {
  const { aead } = crypto.cipherSuites[0]!
  const keys = new Set<AeadKey>()
  return {
    aead: {
      ...aead,
      importKey(raw) {
        const key = aead.importKey(raw) as AeadKey
        keys.add(key)
        return {
          seal: (...parts) => key.seal(...parts),
          open: (...parts) => key.open(...parts),
          destroy() {
            keys.delete(key)
            key.destroy()
          },
        }
      },
    },
    get alive() {
      return keys.size
    },
  }
}

for (const { aead } of crypto.cipherSuites.slice(0, 3))
  describe(`stateless tickets with ${aead.name}`, () => {
    it('are redeemed to what was issued, as often as they come', async () => {
      const tickets = statelessTickets({ crypto, aead, clock })
      const ticket = await tickets.issue(stateOf())
      expect(await tickets.redeem(ticket)).toEqual(stateOf())
      expect(await tickets.redeem(ticket)).toEqual(stateOf())
    })

    it('differ from each other and hide what they hold', async () => {
      const tickets = statelessTickets({ crypto, aead, clock })
      const [one, two] = [await tickets.issue(stateOf()), await tickets.issue(stateOf())]
      expect(Buffer.from(one).equals(Buffer.from(two))).toBe(false)
      expect(Buffer.from(one).includes('server.test')).toBe(false)
      expect(Buffer.from(one).includes(Buffer.from(stateOf().psk))).toBe(false)
    })

    it('are worth nothing when damaged, cut, or of another server', async () => {
      const tickets = statelessTickets({ crypto, aead, clock })
      const ticket = await tickets.issue(stateOf())
      for (let at = 0; at < ticket.length; at++) {
        const damaged = ticket.slice()
        damaged[at]! ^= 1
        expect(await tickets.redeem(damaged), `byte ${at}`).toBeUndefined()
        expect(await tickets.redeem(ticket.subarray(0, at)), `cut at ${at}`).toBeUndefined()
      }
      const other = statelessTickets({ crypto, aead, clock })
      expect(await other.redeem(ticket)).toBeUndefined()
    })
  })

describe('stateless tickets', () => {
  const { aead } = crypto.cipherSuites[0]!

  it('live for as long as they say, and not before they were issued', async () => {
    const tickets = statelessTickets({ crypto, aead, clock, lifetime: 3600 })
    const ticket = await tickets.issue(stateOf())
    now += 3599 * second
    expect(await tickets.redeem(ticket)).toBeDefined()
    now += second
    expect(await tickets.redeem(ticket)).toBeUndefined()
    now -= 3601 * second
    expect(await tickets.redeem(ticket)).toBeUndefined()
  })

  it('are opened after their key was rotated, until they die; then the key is wiped', async () => {
    const watch = watched()
    const tickets = statelessTickets({
      crypto,
      aead: watch.aead,
      clock,
      lifetime: 100,
      rotation: 50,
    })
    const issue = () => tickets.issue(stateOf({ lifetime: 100 }))
    const first = await issue()
    now += 49 * second
    const same = await issue()
    expect(watch.alive).toBe(1)
    now += second
    const rotated = await issue()
    expect(watch.alive).toBe(2)
    expect(Buffer.from(first).subarray(0, 16).equals(Buffer.from(same).subarray(0, 16))).toBe(true)
    expect(Buffer.from(first).subarray(0, 16).equals(Buffer.from(rotated).subarray(0, 16))).toBe(
      false,
    )
    expect(await tickets.redeem(first)).toBeDefined()
    // The last ticket of the first key was sealed after 49 seconds and lives 100.
    now += 98 * second
    expect(await tickets.redeem(first)).toBeUndefined()
    expect(await tickets.redeem(same)).toBeDefined()
    await issue()
    expect(await tickets.redeem(same)).toBeDefined()
    // No ticket of the first key can live on after rotation and lifetime together.
    now += 52 * second
    await issue()
    expect(await tickets.redeem(same)).toBeUndefined()
    expect(watch.alive).toBe(2)
  })

  it('are shared by servers that have the same key', async () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i)
    const one = statelessTickets({ crypto, aead, clock, key })
    const two = statelessTickets({ crypto, aead, clock, key })
    expect(await two.redeem(await one.issue(stateOf()))).toEqual(stateOf())
    const next = key.map((byte) => byte ^ 0xff)
    await one.rotate(next)
    const rotated = await one.issue(stateOf())
    expect(await two.redeem(rotated)).toBeUndefined()
    await two.rotate(next)
    expect(await two.redeem(rotated)).toEqual(stateOf())
    expect(key[31]).toBe(31)
  })

  it('refuse a key of another length', async () => {
    const bad = { crypto, aead, clock, key: new Uint8Array(31) }
    expect(() => statelessTickets(bad).issue(stateOf())).toThrow(
      'A ticket key for AES-128-GCM has 32 bytes, not 31',
    )
    await expect(
      (async () => statelessTickets({ crypto, aead, clock }).rotate(new Uint8Array(1)))(),
    ).rejects.toMatchObject({ code: 'ERR_BAD_TICKET_KEY' })
  })
})

describe('stateful tickets', () => {
  const make = (store: SessionStore = memoryStore()) => statefulTickets({ crypto, store, clock })

  it('are good for one use', async () => {
    const tickets = make()
    const ticket = await tickets.issue(stateOf())
    expect(ticket).toHaveLength(32)
    expect(await tickets.redeem(ticket)).toEqual(stateOf())
    expect(await tickets.redeem(ticket)).toBeUndefined()
  })

  it('of nobody, or of another length, are worth nothing', async () => {
    const tickets = make()
    await tickets.issue(stateOf())
    for (const length of [0, 1, 32, 60_000])
      expect(await tickets.redeem(new Uint8Array(length))).toBeUndefined()
  })

  it('die', async () => {
    const tickets = make()
    const ticket = await tickets.issue(stateOf({ lifetime: 10 }))
    now += 10 * second
    expect(await tickets.redeem(ticket)).toBeUndefined()
  })

  it('tell the store how long it should keep them', async () => {
    const lifetimes: number[] = []
    const tickets = statefulTickets({
      crypto,
      clock,
      lifetime: 77,
      store: { set: (_, __, lifetime) => void lifetimes.push(lifetime), take: () => undefined },
    })
    await tickets.issue(stateOf())
    expect(tickets.lifetime).toBe(77)
    expect(lifetimes).toEqual([77])
  })

  it('whose store gives back something else are worth nothing', async () => {
    for (const stored of [new Uint8Array(0), new Uint8Array(40), Uint8Array.of(2, 3, 4)]) {
      const tickets = make({ set() {}, take: () => stored })
      expect(await tickets.redeem(new Uint8Array(32))).toBeUndefined()
    }
  })
})

describe('memoryStore', () => {
  const one = Uint8Array.of(1)

  it('holds no more than its capacity, and forgets the oldest', async () => {
    const store = memoryStore(3)
    for (const id of ['a', 'b', 'c', 'd']) await store.set(id, one, 10)
    expect(await store.take('a')).toBeUndefined()
    for (const id of ['b', 'c', 'd']) expect(await store.take(id)).toBe(one)
    expect(await store.take('d')).toBeUndefined()
  })

  it('forgets nothing for what it has already', async () => {
    const store = memoryStore(2)
    await store.set('a', one, 10)
    await store.set('b', one, 10)
    await store.set('b', one, 10)
    expect(await store.take('a')).toBe(one)
  })
})

/** A provider that fails, at once or later: each operation in turn, and for good. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { TlsError } from '../../src/index.ts'
import { interpose } from './interpose.ts'
import { exchange, type Pair, pairOf } from './pair.ts'
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

async function _connectedIn(
  world: LateWorld,
  ...configs: Parameters<typeof pairOf>
): Promise<Pair> {
  const pair = pairIn(world, ...configs)
  await world.settle(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  expect(pair.client.connection.info).toBeDefined()
  expect(pair.server.connection.info).toBeDefined()
  return pair
}

describe('a failure in an answer', () => {
  /** Counts the operations of one end, and breaks one. */
  function faulty(world: LateWorld, breaks: number, how: 'throws' | 'rejects', reason: unknown) {
    const calls = { count: 0, broken: '' }
    const crypto = interpose(nodeProvider, (name, operation) => {
      if (calls.count++ !== breaks)
        return how === 'throws' ? operation() : world.answers.later(operation)
      calls.broken = name
      if (how === 'throws') throw reason
      return world.answers.later(() => {
        throw reason
      })
    })
    return { calls, crypto }
  }

  const reasons: readonly [string, unknown][] = [
    ['an Error', new Error('the HSM is gone')],
    ['undefined', undefined],
  ]
  for (const how of ['throws', 'rejects'] as const)
    for (const [what, reason] of how === 'throws' ? reasons.slice(0, 1) : reasons)
      for (const role of ['client', 'server'] as const)
        it(`${role}: each operation in turn ${how} ${what}`, async () => {
          const seen = new Set<string>()
          // Every operation of the handshake, a KeyUpdate in each direction, data and the end.
          for (let breaks = 0; breaks < 400; breaks++) {
            const world = lateWorld(breaks)
            const { calls, crypto } = faulty(world, breaks, how, reason)
            const pair = pairOf(
              role === 'client' ? { crypto } : {},
              role === 'server' ? { crypto } : {},
            )
            const { connection, events } = pair[role]
            await world.settle(pair)
            if (connection.info !== undefined && connection.error === undefined) {
              connection.updateKeys({ requestPeer: true })
              if (connection.error === undefined) connection.write(bytes('data'))
              await world.settle(pair)
              connection.close()
              await world.settle(pair)
            }
            if (calls.broken === '') {
              expect(breaks).toBeGreaterThan(20)
              expect(connection.error).toBeUndefined()
              break
            }
            seen.add(calls.broken)
            const where = `operation ${breaks}: ${calls.broken}`
            // @handfast/x509 counts a verifier that fails among the reasons against a certificate.
            const blamed =
              connection.error?.verdict === undefined
                ? { code: 'ERR_INTERNAL', blame: 'library', alert: 'internal_error' }
                : { code: 'ERR_CERTIFICATE_REFUSED', alert: 'bad_certificate' }
            expect(connection.error, where).toMatchObject(blamed)
            expect(events.at(-1), where).toEqual({ type: 'failed', error: connection.error })
            expect(() => connection.write(bytes('x')), where).toThrow(connection.error!)
            const other = pair[role === 'client' ? 'server' : 'client'].connection
            // A record that could not be sealed leaves nothing that the peer could open after it.
            if (calls.broken !== 'seal' && !other.closed)
              expect(other.error?.received ?? other.step, where).toBe(connection.error?.alert)
          }
          for (const name of ['seal', 'open', 'hmac', 'digest', 'importKey'])
            expect(seen.has(name), name).toBe(true)
        })
})

/** How often a client's handshake does this. */
function countOf(name: string): number {
  let count = 0
  const crypto = interpose(nodeProvider, (operation, perform) => {
    if (operation === name) count++
    return perform()
  })
  exchange(pairOf({ crypto }))
  return count
}

describe('a provider that fails for good', () => {
  for (const name of ['seal', 'hmac', 'digest'] as const)
    for (const how of ['throws', 'rejects'] as const)
      it(`every ${name} ${how}: the connection fails, and nothing is thrown at its driver`, async () => {
        // Beyond the handshake a digest is not needed, and the others are for each record or KeyUpdate.
        const needed = countOf(name) + (name === 'digest' ? 0 : 20)
        expect(needed).toBeGreaterThan(0)
        const step = Math.ceil(needed / 8)
        for (let after = 0; after < needed; after += step) {
          const world = lateWorld(after)
          let count = 0
          const gone = new Error('gone')
          const crypto = interpose(nodeProvider, (operation, perform) => {
            if (operation !== name || count++ < after) return perform()
            if (how === 'throws') throw gone
            return world.answers.later(() => {
              throw gone
            })
          })
          const pair = pairOf({ crypto })
          const { connection } = pair.client
          await world.settle(pair)
          if (connection.error === undefined) {
            for (let i = 0; i < 70 && connection.error === undefined; i++) {
              connection.write(bytes('x'))
              if (connection.error === undefined) connection.updateKeys()
              await world.settle(pair)
            }
          }
          expect(connection.error).toMatchObject({ code: 'ERR_INTERNAL', cause: gone })
          expect(pair.client.events.at(-1)).toMatchObject({ type: 'failed' })
          connection.cancel()
          connection.close()
          expect(connection.nextEvent()).toBeUndefined()
        }
      })

  it('cancel() ends a connection that cannot seal', async () => {
    let broken = false
    const crypto = interpose(nodeProvider, (operation, perform) => {
      if (operation === 'seal' && broken) throw new Error('gone')
      return perform()
    })
    const pair = pairOf({ crypto })
    exchange(pair)
    broken = true
    pair.client.connection.cancel()
    expect(pair.client.connection.error).toBeInstanceOf(TlsError)
    expect(pair.client.connection.takeOutput()).toEqual([])
  })
})

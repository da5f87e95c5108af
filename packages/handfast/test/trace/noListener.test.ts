/** With no listener the trace costs nothing: no event is made, no name is looked up for one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test, vi } from 'vitest'
import { memoryStore, statefulTickets } from '../../src/session/tickets.ts'

const counts = vi.hoisted(() => ({ names: 0, recorders: 0 }))

vi.mock('../../src/codec/registry.ts', async (original) => {
  const registry = await original<typeof import('../../src/codec/registry.ts')>()
  const nameOf: typeof registry.nameOf = (table, value) => {
    counts.names++
    return registry.nameOf(table, value)
  }
  return { ...registry, nameOf }
})
vi.mock('../../src/codec/fields.ts', async (original) => {
  const fields = await original<typeof import('../../src/codec/fields.ts')>()
  class FieldRecorder extends fields.FieldRecorder {
    constructor(...options: ConstructorParameters<typeof fields.FieldRecorder>) {
      super(...options)
      counts.recorders++
    }
  }
  return { ...fields, FieldRecorder }
})

const { clientConnection, serverConnection } = await import('../../src/index.ts')
const { nodeProvider } = await import('../../src/crypto/node/index.ts')
const { clientConfig, collect, eventsOf, exchange, serverConfig } = await import(
  '../engine/pair.ts'
)
const { annotateMessage } = await import('../../src/trace/index.ts')

type Listener = ((event: object) => void) | undefined

/** A handshake with a ticket, data, a KeyUpdate and a close; counts how often the clock is read: once for each event. */
function converse(trace: Listener): { clockReadings: number } {
  let clockReadings = 0
  const clock = () => {
    clockReadings++
    return Date.now()
  }
  const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock: Date.now })
  const listening = trace === undefined ? {} : { trace }
  const end = (connection: ReturnType<typeof clientConnection>) => ({
    ...{ connection, events: [], trace: [] },
  })
  const pair = {
    client: end(clientConnection({ ...clientConfig({ clock }), ...listening })),
    server: end(serverConnection({ ...serverConfig({ clock, tickets }), ...listening })),
  }
  exchange(pair)
  pair.client.connection.write(new Uint8Array(100))
  pair.server.connection.updateKeys({ requestPeer: true })
  exchange(pair)
  pair.client.connection.close()
  pair.server.connection.close()
  exchange(pair)
  collect(pair.client)
  expect(eventsOf(pair.client, 'handshakeComplete')).toHaveLength(1)
  expect(eventsOf(pair.client, 'session').length).toBeGreaterThan(0)
  expect(eventsOf(pair.server, 'closeNotify')).toHaveLength(1)
  return { clockReadings }
}

beforeEach(() => {
  counts.names = 0
  counts.recorders = 0
})

test('the counters count', () => {
  const types = new Set<unknown>()
  converse((event) => types.add((event as { type: unknown }).type))
  expect(types.size).toBeGreaterThan(8)
  expect(counts.names).toBeGreaterThan(100)
  annotateMessage(Uint8Array.of(20, 0, 0, 0))
  expect(counts.recorders).toBe(1)
})

test('no event is finished without a listener', () => {
  let events = 0
  const heard = converse(() => {
    events++
  })
  const unheard = converse(undefined)
  expect(events).toBeGreaterThan(100)
  expect(unheard.clockReadings).toBeLessThan(10)
  expect(heard.clockReadings).toBe(unheard.clockReadings + events)
})

test('no name is looked up for an event, and no field recorded, without a listener', () => {
  converse(undefined)
  // Five are for the outcome and for errors that might follow: the group's name for `info` and for a bad share, the
  // signature scheme's, and the alert's that each end receives.
  expect(counts.names).toBeLessThanOrEqual(5)
  expect(counts.recorders).toBe(0)
})

test('nothing in the engine calls the trace without asking first whether somebody listens', () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const calls = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^(trace|node)[/\\]/.test(file))
    .flatMap(
      (file) =>
        readFileSync(join(source, file), 'utf8').match(/(?<!get )\btrace(\?\.)?\(.*/g) ?? [],
    )
  expect(calls.length).toBeGreaterThan(10)
  // The one exception is the listener of the key schedule, which is there only where somebody listens.
  expect(calls.filter((call) => !call.startsWith('trace?.('))).toHaveLength(1)
})

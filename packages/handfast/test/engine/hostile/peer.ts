/**
 * A hostile peer: the engine's own handshake, which knows the keys, with its messages changed before they are hashed
 * and sealed, and with a hand on its record layer. What an attacker on the path can do is the exchange's `records`.
 */
import { expect } from 'vitest'
import type { RawExtension } from '../../../src/codec/extension.ts'
import { encodeMessage, messageBodies } from '../../../src/codec/messages.ts'
import { HandshakeType } from '../../../src/codec/registry.ts'
import { decode } from '../../../src/codec/wire.ts'
import type { ClientConfig, ServerConfig } from '../../../src/config.ts'
import type { Connection } from '../../../src/connection.ts'
import type { ConnectionEvent } from '../../../src/connectionEvents.ts'
import { TlsError } from '../../../src/errors.ts'
import { type HandshakeContext, messageName } from '../../../src/handshake/context.ts'
import {
  clientConnectionOf,
  serverConnectionOf,
  tls13Client,
  tls13Server,
} from '../../../src/index.ts'
import type { Role, TraceEvent } from '../../../src/trace/events.ts'
import { clientConfig, type End, serverConfig } from '../pair.ts'
import { preparedClient, preparedServer, shapeMessages } from '../shape.ts'

/** True where the code is that of the lean build, without sentences (conformance/packages). */
export const isLean = process.env.HANDFAST_LEAN === '1'

type Changed = Uint8Array | readonly Uint8Array[] | undefined

export interface Scenario {
  /** Who has to defend itself; the other end is the hostile one. */
  readonly victim: Role
  readonly client?: Partial<ClientConfig>
  readonly server?: Partial<ServerConfig>
  /**
   * By name of message: what the hostile end sends in its place, with its transcript. Undefined leaves it as it is, an
   * empty list leaves it out. A client's first ClientHello is changed on its way only (`hello`).
   */
  readonly messages?: Readonly<
    Record<string, (bytes: Uint8Array, hs: HandshakeContext, nth: number) => Changed>
  >
  /** Changes the first ClientHello, header included, after it was hashed. */
  readonly hello?: (bytes: Uint8Array) => Uint8Array
  /** Has a hand on the hostile end before it sends anything but a ClientHello. */
  readonly prepare?: (hs: HandshakeContext) => void
  /** Changes the hostile end's records on their way, by their number. */
  readonly records?: (record: Uint8Array, index: number) => readonly Uint8Array[]
  /** What happens once nothing moves any more. */
  readonly afterwards?: (run: Run) => void
}

export interface Run {
  readonly victim: End
  readonly hostile: End
  /** The hostile end's handshake: what it sends through its record layer is sealed with the keys in force. */
  readonly hs: HandshakeContext
  /** Carries bytes until neither end has more to say. */
  readonly carry: () => void
}

export interface Expected {
  readonly code: string
  /** By name; undefined where nobody is told. */
  readonly alert: string | undefined
  readonly section: string
  readonly message?: RegExp
}

export function run(scenario: Scenario): Run {
  let context: HandshakeContext | undefined
  const counts = new Map<string, number>()
  const prepare = (hs: HandshakeContext) => {
    context = hs
    shapeMessages(hs, (bytes) => {
      const name = messageName({ type: bytes[0] ?? 0, bytes })
      const nth = counts.get(name) ?? 0
      counts.set(name, nth + 1)
      const change = scenario.messages?.[name]
      if (change === undefined) return [bytes]
      const changed = change(bytes, hs, nth)
      if (changed === undefined) return [bytes]
      return changed instanceof Uint8Array ? [changed] : changed
    })
    scenario.prepare?.(hs)
  }
  const hostileRole: Role = scenario.victim === 'client' ? 'server' : 'client'
  const client = endOf(scenario.client, (trace) =>
    clientConnectionOf(
      [hostileRole === 'client' ? preparedClient(prepare) : tls13Client],
      clientConfig({ ...scenario.client, trace }),
    ),
  )
  const server = endOf(scenario.server, (trace) =>
    serverConnectionOf(
      [hostileRole === 'server' ? preparedServer(prepare) : tls13Server],
      serverConfig({ ...scenario.server, trace }),
    ),
  )
  const victim = scenario.victim === 'client' ? client : server
  const hostile = scenario.victim === 'client' ? server : client
  let sent = 0
  const carry = () => {
    for (let rounds = 0; ; rounds++) {
      if (rounds > 200) throw new Error('The two ends go on and on')
      collect(client)
      collect(server)
      const mine = hostile.connection.takeOutput()
      for (const record of mine) {
        const index = sent++
        const wire =
          index === 0 && scenario.hello !== undefined
            ? helloRecord(scenario.hello(record.subarray(5)))
            : record
        for (const bytes of scenario.records?.(wire, index) ?? [wire])
          victim.connection.receive(bytes)
      }
      collect(victim)
      const theirs = victim.connection.takeOutput()
      for (const record of theirs) hostile.connection.receive(record)
      if (mine.length === 0 && theirs.length === 0) return
    }
  }
  const result: Run = {
    victim,
    hostile,
    get hs() {
      if (context === undefined) throw new Error('The hostile end never came to its handshake')
      return context
    },
    carry,
  }
  carry()
  if (scenario.afterwards !== undefined) {
    scenario.afterwards(result)
    carry()
  }
  return result
}

function endOf(
  _: object | undefined,
  make: (trace: (event: TraceEvent) => void) => Connection,
): End {
  const trace: TraceEvent[] = []
  const events: ConnectionEvent[] = []
  return { connection: make((event) => trace.push(event)), events, trace }
}

function collect({ connection, events }: End): void {
  for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
    // The bytes are views of what was received.
    events.push(event.type === 'data' ? { ...event, data: event.data.slice() } : event)
    if (events.length > 10_000) throw new Error('Events without end')
  }
}

function helloRecord(message: Uint8Array): Uint8Array {
  return recordOf(22, message, 0x0301)
}

/** A record as it stands on the wire without protection. */
export function recordOf(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  const { length } = content
  return Uint8Array.of(type, version >> 8, version & 255, length >> 8, length & 255, ...content)
}

/** The errors that were reached, by message: `reached.test` of the sources reads it. */
export const reached: TlsError[] = []

/** Everything that a failure must be. */
export function expectFailure({ victim, hostile }: Run, expected: Expected): void {
  const { connection, events, trace } = victim
  const { error } = connection
  expect(error, 'the victim failed').toBeInstanceOf(TlsError)
  if (error === undefined) return
  reached.push(error)
  expect({ code: error.code, alert: error.alert, section: error.section }, error.message).toEqual({
    code: expected.code,
    alert: expected.alert,
    section: expected.section,
  })
  if (isLean) expect(error.help).toBe('')
  else {
    if (expected.message !== undefined) expect(error.message).toMatch(expected.message)
    expect(error.help).not.toBe('')
  }
  expect(error.blame).not.toBe('library')
  expect(error.step).not.toBe('')
  expect(events.at(-1)).toEqual({ type: 'failed', error })
  const alerts = trace.flatMap((event) =>
    event.type === 'alert' && event.direction === 'sent' ? [event] : [],
  )
  if (expected.alert === undefined) expect(alerts).toEqual([])
  else expect(alerts.at(-1)).toMatchObject({ level: 'fatal', description: expected.alert })
  // A hostile end that did not fail by its own doing hears why.
  if (hostile.connection.error?.code === 'ERR_ALERT_RECEIVED')
    expect(hostile.connection.error.received).toBe(expected.alert)
  // The failure is sticky: nothing is heard and nothing is said any more.
  connection.receive(recordOf(22, Uint8Array.of(1, 0, 0, 0)))
  expect(connection.nextEvent()).toBeUndefined()
  expect(connection.takeOutput()).toEqual([])
  expect(() => connection.write(Uint8Array.of(1))).toThrow(error)
  expect(() => connection.updateKeys()).toThrow(error)
  connection.close()
  connection.receiveEnd()
  expect(connection.nextEvent()).toBeUndefined()
  expect(connection.takeOutput()).toEqual([])
}

// ── Changing messages ───────────────────────────────────────────────────────────────────────────────────────────────

/** A message of this type with another body; its header fits. */
export function messageWith(type: number, body: Uint8Array): Uint8Array {
  const { length } = body
  return Uint8Array.of(type, length >> 16, (length >> 8) & 255, length & 255, ...body)
}

/** Decodes a message, lets its fields be changed, and encodes it again. */
export function edited(
  bytes: Uint8Array,
  // biome-ignore lint/suspicious/noExplicitAny: the fields of whichever message it is
  change: (fields: any) => object,
): Uint8Array {
  const type = bytes[0] ?? 0
  const wire = messageBodies.get(type)
  if (wire === undefined) throw new Error(`No message has the type ${type}`)
  return encodeMessage(type, wire, change(decode(wire, bytes.subarray(4)))).bytes
}

/** The same for the extensions of a message. */
export function withExtensions(
  bytes: Uint8Array,
  change: (extensions: readonly RawExtension[]) => readonly RawExtension[],
): Uint8Array {
  return edited(bytes, (fields) => ({ ...fields, extensions: change(fields.extensions) }))
}

export function without(type: number) {
  return (bytes: Uint8Array) =>
    withExtensions(bytes, (extensions) => extensions.filter((each) => each.type !== type))
}

export function adding(type: number, data: Uint8Array = new Uint8Array(0)) {
  return (bytes: Uint8Array) =>
    withExtensions(bytes, (extensions) => [...extensions, { type, data }])
}

export function replacing(type: number, data: (before: Uint8Array) => Uint8Array) {
  return (bytes: Uint8Array) =>
    withExtensions(bytes, (extensions) =>
      extensions.map((each) => (each.type === type ? { type, data: data(each.data) } : each)),
    )
}

/** The first extension once more, at the end. */
export function doubling(bytes: Uint8Array): Uint8Array {
  return withExtensions(bytes, (extensions) => [...extensions, extensions[0]!])
}

/** One byte less, and a header that says so. */
export function shortened(bytes: Uint8Array): Uint8Array {
  return messageWith(bytes[0] ?? 0, bytes.subarray(4, bytes.length - 1))
}

/** One byte more, and a header that says so. */
export function lengthened(bytes: Uint8Array): Uint8Array {
  return messageWith(bytes[0] ?? 0, Uint8Array.of(...bytes.subarray(4), 0))
}

/** A message of a type that no version has. */
export const unknownMessage: Uint8Array = messageWith(99, Uint8Array.of(1, 2, 3))
export const keyUpdateMessage: Uint8Array = messageWith(HandshakeType.key_update, Uint8Array.of(0))

export function flipped(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = bytes.slice()
  const index = at < 0 ? copy.length + at : at
  copy[index]! ^= 1 << bit
  return copy
}

export function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]))
}

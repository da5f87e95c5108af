import { readFileSync } from 'node:fs'
import type { Attempt, Check, Failure, TrustAnchor, Verdict } from '@handfast/x509'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Field } from '../../src/codec/fields.ts'
import type { TraceEvent } from '../../src/trace/index.ts'
import { annotate, toJson } from '../../src/trace/index.ts'
import { connections, events } from './connections.ts'
import { certificate, samples } from './samples.ts'

interface ObjectSchema {
  readonly properties: Readonly<Record<string, ObjectSchema & { readonly enum?: unknown }>>
  readonly required: readonly string[]
  readonly items: ObjectSchema
}

const file = new URL('../../src/trace/schema.json', import.meta.url)
const schema = JSON.parse(readFileSync(file, 'utf8'))
const definitions: Readonly<Record<string, ObjectSchema>> = schema.$defs
const validate = new Ajv2020({ strict: true }).compile(schema)

const overTheWire = (event: TraceEvent): unknown => JSON.parse(JSON.stringify(toJson(event)))

function expectValid(value: unknown): void {
  if (!validate(value)) throw new Error(JSON.stringify(validate.errors?.slice(0, 3), null, 1))
}

function of<T extends TraceEvent['type']>(type: T) {
  return events.filter((event) => event.type === type) as Extract<TraceEvent, { type: T }>[]
}

/** Every property of a type, and whether it must be there: the compiler wants this to be whole and right. */
type Keys<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? 'optional' : 'required'
}
const base = { type: 'required', time: 'required', role: 'required' } as const
const check = {
  ...{ what: 'required', against: 'required', result: 'required', section: 'required' },
  ...{ detail: 'optional', depth: 'optional' },
} as const satisfies Keys<Check>

const eventKeys = {
  record: {
    ...{ ...base, direction: 'required', contentType: 'required', innerType: 'required' },
    ...{ protection: 'required', generation: 'required', sequenceNumber: 'required' },
    ...{ bytes: 'required', content: 'required', padding: 'required', nonceLength: 'optional' },
  },
  message: {
    ...{ ...base, direction: 'required', name: 'required', bytes: 'required' },
    ...{ protection: 'required', version: 'optional', keyExchange: 'optional' },
  },
  keySchedule: {
    ...{ ...base, name: 'required', operation: 'required', hash: 'required', from: 'required' },
    ...{ label: 'optional', transcript: 'optional', transcriptHash: 'optional' },
    ...{ length: 'required', value: 'optional' },
  },
  decision: {
    ...{ ...base, what: 'required', by: 'required', offered: 'required', chosen: 'required' },
    ...{ why: 'required', section: 'required' },
  },
  check: { ...base, ...check },
  verdict: { ...base, of: 'required', verdict: 'required' },
  alert: { ...base, direction: 'required', level: 'required', description: 'required' },
  state: { ...base, step: 'required' },
  keys: {
    ...{ ...base, direction: 'required', protection: 'required', generation: 'required' },
    version: 'optional',
  },
  session: {
    ...{ ...base, direction: 'required', lifetime: 'required', ticketLength: 'required' },
    byId: 'optional',
  },
  failure: {
    ...{ ...base, code: 'required', blame: 'required', message: 'required', alert: 'optional' },
    ...{ received: 'optional', section: 'required', help: 'required', step: 'required' },
  },
  transport: { ...base, what: 'required', detail: 'required' },
} as const satisfies { readonly [E in TraceEvent as E['type']]: Keys<E> }

const fieldKeys = {
  ...{ name: 'required', type: 'required', start: 'required', end: 'required' },
  ...{ contentStart: 'optional', value: 'optional', section: 'optional', problem: 'optional' },
  children: 'required',
} as const satisfies Keys<Field>
const verdictKeys = {
  ...{ valid: 'required', path: 'required', anchor: 'optional', checks: 'required' },
  ...{ failures: 'required', attempts: 'required' },
} as const satisfies Keys<Verdict>
const failureKeys = {
  ...{ code: 'required', message: 'required', help: 'required', section: 'required' },
  ...{ certificate: 'optional', depth: 'optional' },
} as const satisfies Keys<Failure>
const anchorKeys = {
  ...{ subject: 'required', subjectPublicKeyInfo: 'required', certificate: 'optional' },
  nameConstraints: 'optional',
} as const satisfies Keys<TrustAnchor>
const attemptKeys = { path: 'required', failure: 'required' } as const satisfies Keys<Attempt>

function expectKeys(object: ObjectSchema | undefined, keys: Readonly<Record<string, string>>) {
  expect(Object.keys(object!.properties).sort()).toEqual(Object.keys(keys).sort())
  const required = Object.keys(keys).filter((key) => keys[key] === 'required')
  expect([...object!.required].sort()).toEqual(required.sort())
}

describe('the schema', () => {
  test.each(Object.keys(eventKeys) as (keyof typeof eventKeys)[])(
    'has every property of the type of %s events, and no other',
    (type) => {
      const keys = eventKeys[type]
      // The one property that JSON adds.
      expectKeys(definitions[type], type === 'message' ? { ...keys, fields: 'required' } : keys)
    },
  )

  test('has every property of what stands within events', () => {
    // In JSON a field without children has none, and a verdict lists its certificates.
    expectKeys(definitions.field, { ...fieldKeys, children: 'optional' })
    const verdict = definitions.verdict!.properties.verdict!
    expectKeys(verdict, { ...verdictKeys, certificates: 'required' })
    expectKeys(verdict.properties.anchor, anchorKeys)
    expectKeys(verdict.properties.checks!.items, check)
    expectKeys(verdict.properties.attempts!.items, attemptKeys)
    expectKeys(definitions.failureOfCertificate, failureKeys)
  })

  test('offers each type of event once', () => {
    const types = schema.oneOf.map(({ $ref }: { $ref: string }) => $ref.replace('#/$defs/', ''))
    expect(types).toEqual(Object.keys(eventKeys))
  })
})

describe('the schema accepts', () => {
  test.each(Object.keys(eventKeys) as (keyof typeof eventKeys)[])('every %s event', (type) => {
    const all = of(type)
    expect(all.length).toBeGreaterThan(0)
    for (const event of all) expectValid(overTheWire(event))
  })

  test('messages of every type, whole and cut short', () => {
    for (const [name, bytes] of Object.entries(samples))
      for (const length of [bytes.length, bytes.length - 1, 5]) {
        const event: TraceEvent = {
          ...({ type: 'message', time: 1.5, role: 'client', direction: 'received' } as const),
          ...({ name, bytes: bytes.subarray(0, length), protection: 'plaintext' } as const),
        }
        expectValid(overTheWire(event))
      }
  })
})

describe('the schema refuses', () => {
  const [message] = of('message')
  const good = overTheWire(message!) as Record<string, unknown>

  test.each([
    ['a type that there is not', { ...good, type: 'messages' }],
    ['a property that there is not', { ...good, secret: 'x' }],
    ['a missing property', { ...good, name: undefined }],
    ['bytes that are not hexadecimal', { ...good, bytes: 'XYZ' }],
    ['upper-case hexadecimal', { ...good, bytes: 'AB' }],
    ['a direction that there is not', { ...good, direction: 'up' }],
    ['a field without a place', { ...good, fields: [{ name: 'random', type: 'x' }] }],
  ])('%s', (_, value) => {
    expect(validate(JSON.parse(JSON.stringify(value)))).toBe(false)
  })
})

describe('toJson', () => {
  test('is the same object each time, in the same order', () => {
    for (const event of events) {
      const text = JSON.stringify(toJson(event))
      expect(text.startsWith(`{"type":"${event.type}","time":`)).toBe(true)
      expect(JSON.stringify(toJson(event))).toBe(text)
    }
  })

  test('keeps bytes as hexadecimal, and fields as annotation gives them', () => {
    const [message] = of('message')
    const json = toJson(message!)
    if (json.type !== 'message') throw new Error('not a message')
    expect(Buffer.from(json.bytes, 'hex')).toEqual(Buffer.from(message!.bytes))
    const names = annotate(message!).map(({ name, value }) => [name, value])
    expect(json.fields.map(({ name, value }) => [name, value])).toEqual(names)
    expect(names[0]).toEqual(['msg_type', 'client_hello'])
  })

  test('opens certificates', () => {
    const message: TraceEvent = {
      ...({ type: 'message', time: 0, role: 'client', direction: 'received' } as const),
      ...({ name: 'Certificate', bytes: samples.Certificate!, protection: 'handshake' } as const),
    }
    const text = JSON.stringify(toJson(message))
    expect(text).toContain('"name":"tbsCertificate"')
    expect(text).toContain(Buffer.from(certificate).toString('hex'))
  })

  test('holds each certificate of a verdict once', () => {
    const verdicts = of('verdict')
    for (const event of verdicts) {
      const json = toJson(event)
      if (json.type !== 'verdict') throw new Error('not a verdict')
      const { certificates, path, failures } = json.verdict
      expect(new Set(certificates.map(({ der }) => der)).size).toBe(certificates.length)
      expect(path.map((number) => certificates[number]!.der)).toEqual(
        event.verdict.path.map(({ der }) => Buffer.from(der).toString('hex')),
      )
      for (const { certificate } of failures)
        if (certificate !== undefined) expect(certificates[certificate]).toBeDefined()
    }
    const refused = connections.wrongName![0]!.client.trace.find(({ type }) => type === 'verdict')
    const json = toJson(refused!)
    if (json.type !== 'verdict') throw new Error('not a verdict')
    const { failures, certificates } = json.verdict
    expect(failures[0]).toMatchObject({ code: 'name-mismatch', certificate: 0 })
    expect(certificates[0]!.subjectAltName).toEqual(['DNS:server.test', 'IP:127.0.0.1'])
    expect(certificates[0]!.notAfter).toMatch(/^\d{4}-.*Z$/)
  })

  test('has secrets only where they were asked for', () => {
    const secretsOf = (name: keyof typeof connections) =>
      connections[name]!.flatMap(({ client, server }) => [client, server]).map(({ trace }) =>
        trace.map(toJson).filter((json) => json.type === 'keySchedule' && 'value' in json),
      )
    const [asked, notAsked] = secretsOf('full')
    expect(asked!.length).toBeGreaterThan(10)
    expect(notAsked).toEqual([])
    for (const [name] of Object.entries(connections))
      if (name !== 'full') expect(secretsOf(name).flat(), name).toEqual([])
    // The secrets of the one side are those of the other, so nothing of them may stand anywhere in its trace.
    const other = JSON.stringify(connections.full![0]!.server.trace.map(toJson))
    for (const json of asked!)
      if (json.type === 'keySchedule' && json.length > 12) expect(other).not.toContain(json.value!)
  })
})

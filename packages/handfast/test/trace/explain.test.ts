import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { encodeMessage, messageBodies, ServerHello } from '../../src/codec/messages.ts'
import { alertDescriptions, extensionTypes, HandshakeType } from '../../src/codec/registry.ts'
import { failureTable } from '../../src/errors.ts'
import type { DecisionEvent, TransportEvent } from '../../src/trace/events.ts'
import { alerts, otherAlert } from '../../src/trace/explain/alerts.ts'
import {
  checks,
  decisions,
  decisions12,
  failures,
  transport,
} from '../../src/trace/explain/decisions.ts'
import { extensions, greaseExtension, otherExtension } from '../../src/trace/explain/extensions.ts'
import { certificateFields, fields } from '../../src/trace/explain/fields.ts'
import {
  keySchedule,
  keyScheduleInputs,
  otherKeyScheduleStep,
} from '../../src/trace/explain/keySchedule.ts'
import {
  keyExchangeMessages,
  messages,
  messages12,
  otherMessage,
} from '../../src/trace/explain/messages.ts'
import type { Field, TraceEvent } from '../../src/trace/index.ts'
import { annotate, annotateMessage, explain, explainField } from '../../src/trace/index.ts'
import { events } from './connections.ts'
import { messages as rfc8448 } from './rfc8448.ts'
import { samples, samples12 } from './samples.ts'

function flat(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...flat(field.children)])
}

function of<T extends TraceEvent['type']>(type: T) {
  return events.filter((event) => event.type === type) as Extract<TraceEvent, { type: T }>[]
}

/** What a pattern finds in all sources of a folder. */
function inSources(folder: string, pattern: RegExp): string[] {
  const root = fileURLToPath(new URL(folder, import.meta.url))
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(pattern)])
    .map(([, name]) => name!)
  return [...new Set(found)].sort()
}

const base = { time: 0, role: 'client', direction: 'received' } as const

describe('there is a sentence of its own for', () => {
  test('every message', () => {
    for (const { type: name } of messageBodies.values()) expect(messages, name).toHaveProperty(name)
    for (const { name } of samples12) expect(messages, name).toHaveProperty(name)
    for (const event of of('message')) expect(explain(event), event.name).not.toBe(otherMessage)
    for (const name of of('keySchedule').flatMap(({ transcript }) => transcript ?? []))
      expect(messages).toHaveProperty(/^\w+/.exec(name)![0])
  })

  test('every extension', () => {
    for (const name of extensionTypes.names.values()) {
      expect(extensions, name).toHaveProperty(name)
      const field = { name: 'Extension', type: 'Extension', value: name }
      expect(explainField(field)).toBe(extensions[name as keyof typeof extensions])
    }
  })

  test('every step of the key schedule that the engine makes', () => {
    const steps = of('keySchedule')
    expect(new Set(steps.map(({ name }) => name)).size).toBeGreaterThan(18)
    for (const event of steps) expect(explain(event), event.name).not.toBe(otherKeyScheduleStep)
    for (const name of steps.flatMap(({ from }) => from)) {
      const known = steps.some((step) => step.name === name) || name in keyScheduleInputs
      expect(known || name === 'PSK', name).toBe(true)
    }
  })

  test('every alert', () => {
    for (const name of alertDescriptions.names.values()) {
      expect(alerts, name).toHaveProperty(name)
      const event: TraceEvent = { ...base, type: 'alert', level: 'fatal', description: name }
      expect(explain(event)).not.toBe(otherAlert)
      expect(explain(event)).not.toContain('{')
    }
  })

  test('every decision, blame and step of a transport', () => {
    // That each has one is checked by their types; that nothing else is said, here.
    const made = inSources('../../src/handshake', /what: '([^']+)'/g)
    expect(made.length).toBeGreaterThan(8)
    for (const what of made) expect(decisions).toHaveProperty(what)
    for (const { blame } of Object.values(failureTable)) expect(failures).toHaveProperty(blame)
    for (const what of ['resolved', 'starttls'] satisfies TransportEvent['what'][])
      expect(explain({ time: 0, role: 'client', type: 'transport', what, detail: '' })).toBe(
        transport[what],
      )
    const what: DecisionEvent['what'] = 'key share'
    expect(decisions[what]).toContain('public keys')
  })

  test('every check, of the handshake and of certificates', () => {
    const ofHandshake = inSources('../../src', /\.checked\(\s*'([^']+)'/g)
    const ofCertificates = inSources(
      '../../../x509/src',
      /(?:\.(?:pass|fail|skip)\(|addFailure\(\s*\w+,|const what =)\s*'([^']+)'/g,
    )
    expect(ofHandshake).toContain('CertificateVerify')
    expect(ofCertificates).toEqual(
      expect.arrayContaining(['name', 'path', 'path length', 'budget']),
    )
    for (const what of [...ofHandshake, ...ofCertificates])
      expect(Object.keys(checks), 'write a sentence in explain/decisions.ts').toContain(what)
    const verdicts = of('verdict').flatMap(({ verdict }) => verdict.checks)
    for (const { what } of [...verdicts, ...of('check')])
      expect(Object.keys(checks), what).toContain(what)
  })

  test('every field of every message, record and alert', () => {
    const all = flat([
      ...Object.values(samples).flatMap(annotateMessage),
      ...samples12.flatMap(({ name, keyExchange, bytes }) =>
        annotate({
          ...base,
          ...{
            type: 'message',
            name,
            bytes,
            version: 0x0303,
            keyExchange,
            protection: 'plaintext',
          },
        } as TraceEvent),
      ),
      ...annotate({
        ...base,
        ...{ type: 'record', contentType: 'handshake', innerType: 'handshake', generation: 0 },
        ...{ protection: 'application', sequenceNumber: 0, bytes: new Uint8Array(45), padding: 0 },
        ...{ content: new Uint8Array(16), nonceLength: 8 },
      } as TraceEvent),
      ...rfc8448.flatMap(({ bytes }) => annotateMessage(bytes)),
      ...events.flatMap(annotate),
      ...annotateMessage(Uint8Array.of(99, 0, 0, 1, 0)),
      ...annotateMessage(samples.ServerHello!.subarray(0, 60)),
    ])
    const names = new Set(all.filter(({ type }) => type !== 'DER').map(({ name }) => name))
    expect(names.size).toBeGreaterThan(80)
    for (const name of names) expect(fields, name).toHaveProperty(name)
    for (const name of Object.keys(fields)) expect([...names], 'never made').toContain(name)
    for (const field of all) expect(explainField(field), field.name).toBeTypeOf('string')
  })

  test('every field of a certificate', () => {
    const ofMessage = flat(annotateMessage(samples.Certificate!))
    const names = new Set(ofMessage.filter(({ type }) => type === 'DER').map(({ name }) => name))
    expect(names.size).toBeGreaterThan(20)
    for (const name of names) expect(certificateFields, name).toHaveProperty(name)
    const source = readFileSync(new URL('../../../x509/src/name.ts', import.meta.url), 'utf8')
    const attributes = [...source.matchAll(/^ {2}'[\d.]+': '(\w+)',$/gm)].map(([, name]) => name!)
    expect(attributes).toEqual(expect.arrayContaining(['CN', 'DC', 'jurisdictionC']))
    for (const name of attributes) expect(certificateFields, name).toHaveProperty(name)
  })
})

describe('the sentences', () => {
  const everySentence = Object.entries({
    ...{ ...messages, ...extensions, ...keySchedule, ...keyScheduleInputs, ...alerts },
    ...{ ...decisions, ...checks, ...failures, ...transport, ...fields, ...certificateFields },
  })

  const ofTls12 = Object.entries({
    ...{ ...messages12, ...decisions12 },
    ...Object.fromEntries(
      Object.entries(keyExchangeMessages).flatMap(([name, texts]) =>
        Object.entries(texts).map(([exchange, text]) => [`${name} of ${exchange}`, text]),
      ),
    ),
  })

  test.each([...everySentence, ...ofTls12])('%s: at most three, whole and short', (_, text) => {
    expect(text).toMatch(/^[A-Z0-9(].*\.$/)
    expect(text.length).toBeLessThan(420)
    expect(text.split(/[.?] (?=[A-Z])/).length).toBeLessThanOrEqual(3)
    expect(text).toMatch(/^[\x20-\x7e]*$/)
  })

  test('leave no gap open', () => {
    for (const event of events) expect(explain(event)).not.toMatch(/[{}]|undefined/)
  })

  test('are other ones where TLS 1.2 is another thing', () => {
    const ofMessage = (version?: number) => (name: string) => ({
      ...{ ...base, type: 'message', name, bytes: new Uint8Array(4), protection: 'plaintext' },
      ...(version !== undefined && { version }),
    })
    const [old, now] = [ofMessage(0x0303), ofMessage()]
    expect(explain(old('Certificate') as TraceEvent)).toContain('an eavesdropper reads it too')
    expect(explain(now('Certificate') as TraceEvent)).toContain('Encrypted')
    const exchange = { ...old('ClientKeyExchange'), keyExchange: 'RSA' } as TraceEvent
    expect(explain(exchange)).toContain('no forward secrecy')
    expect(explain({ ...exchange, keyExchange: 'ECDHE' } as TraceEvent)).toMatch(/fresh public key/)
    const keys = { ...base, type: 'keys', protection: 'application', generation: 0 } as const
    expect(explain({ ...keys, version: 0x0303 })).toContain('first its Finished')
    expect(explain(keys)).toContain('those of the handshake have done their work')
    const suite = { ...base, type: 'decision', what: 'cipher suite', by: 'server' } as const
    const choice = { offered: [], why: '', section: 'RFC 5246 §7.4.1.3' }
    expect(explain({ ...suite, ...choice, chosen: 'TLS_RSA_WITH_AES_128_CBC_SHA' })).toBe(
      decisions12['cipher suite'],
    )
    expect(explain({ ...suite, ...choice, chosen: 'TLS_AES_128_GCM_SHA256' })).toBe(
      decisions['cipher suite'],
    )
  })

  test('say of a ServerHello what is true of its version, which it says itself', () => {
    const hello = (bytes: Uint8Array) =>
      explain({ ...base, type: 'message', name: 'ServerHello', bytes, protection: 'plaintext' })
    expect(hello(samples.ServerHello!)).toBe(messages.ServerHello)
    const { bytes } = encodeMessage(HandshakeType.server_hello, ServerHello, {
      ...{ legacyVersion: 0x0303, random: new Uint8Array(32), cipherSuite: 0xc02b },
      ...{ legacySessionIdEcho: new Uint8Array(0), legacyCompressionMethod: 0, extensions: [] },
    })
    expect(hello(bytes)).toBe(messages12.ServerHello)
    expect(hello(Uint8Array.of(2, 0, 0, 1, 3))).toBe(messages.ServerHello)
  })

  test('say who sends', () => {
    const finished = of('message').filter(({ name }) => name === 'Finished')
    const texts = new Set(finished.map(explain))
    expect(texts.size).toBe(2)
    const [sent] = finished.filter(
      ({ role, direction }) => role === 'client' && direction === 'sent',
    )
    expect(explain(sent!)).toMatch(/^The client closes its part/)
  })

  test('tell what an eavesdropper sees of a record', () => {
    const [open] = of('record').filter(({ protection }) => protection === 'plaintext')
    expect(explain(open!)).toContain('anyone on the path can read it')
    const [hidden] = of('record').filter(({ protection }) => protection === 'application')
    expect(explain(hidden!)).toContain(`sees ${hidden!.bytes.length} bytes`)
  })

  test('of names that nobody knows', () => {
    const field = (value: string) => explainField({ name: 'Extension', type: 'Extension', value })
    expect(field('0x1234')).toBe(otherExtension)
    expect(field('GREASE (0x0a0a)')).toBe(greaseExtension)
    expect(explainField('no such field')).toBeUndefined()
    expect(explainField('toString')).toBeUndefined()
  })

  test('are found by a name alone', () => {
    expect(explainField('key_share')).toBe(extensions.key_share)
    expect(explainField('client_shares')).toBe(fields.client_shares)
    expect(explainField('subjectAltName')).toBe(certificateFields.subjectAltName)
    expect(explainField('Master Secret')).toBe(keySchedule['Master Secret'])
    expect(explainField('Finished')).toMatch(/^The client closes/)
  })
})

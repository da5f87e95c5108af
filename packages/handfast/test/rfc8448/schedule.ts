/** Compares an engine's key schedule with a trace of RFC 8448: by the names of its events, and by its calls of HMAC. */
import { expect } from 'vitest'
import { concat } from '../../src/codec/bytes.ts'
import type { KeyScheduleEvent, TraceEvent } from '../../src/trace/events.ts'
import type { HmacCall } from './doubles.ts'
import { block, type Step, type Trace } from './vectors.ts'

/** What RFC 8448 calls a secret, and what RFC 8446 and our events call it. */
const secretNames: Readonly<Record<string, string>> = {
  early: 'Early Secret',
  handshake: 'Handshake Secret',
  master: 'Master Secret',
  'tls13 derived': 'derived',
  'tls13 c hs traffic': 'client_handshake_traffic_secret',
  'tls13 s hs traffic': 'server_handshake_traffic_secret',
  'tls13 c ap traffic': 'client_application_traffic_secret_0',
  'tls13 s ap traffic': 'server_application_traffic_secret_0',
  'tls13 c e traffic': 'client_early_traffic_secret',
  'tls13 e exp master': 'early_exporter_master_secret',
  'tls13 exp master': 'exporter_master_secret',
  'tls13 res master': 'resumption_master_secret',
  'tls13 finished': 'finished_key',
  'tls13 resumption': 'PSK',
}

/** A value of the schedule that a step of the trace computes. */
interface Expected {
  readonly name: string
  readonly value: Uint8Array
  /** Of Derive-Secret. */
  readonly transcriptHash?: Uint8Array
}

function expectedOf(step: Step): Expected[] {
  const { who, action } = step
  const quoted = /"([^"]+)"/.exec(action)?.[1] ?? ''
  if (action.startsWith('extract secret'))
    return [{ name: secretNames[quoted]!, value: block(step, 'secret') }]
  if (/^derive secret/.test(action))
    return [
      {
        name: secretNames[quoted]!,
        value: block(step, 'expanded'),
        transcriptHash: block(step, 'hash'),
      },
    ]
  if (/^(calculate finished|generate resumption)/.test(action))
    return [{ name: secretNames[quoted]!, value: block(step, 'expanded') }]
  const traffic = /^derive (read|write) traffic keys/.exec(action)
  if (traffic === null) return []
  const other = who === 'client' ? 'server' : 'client'
  const owner = traffic[1] === 'write' ? who : other
  return [
    { name: `${owner}_write_key`, value: block(step, 'key expanded') },
    { name: `${owner}_write_iv`, value: block(step, 'iv expanded') },
  ]
}

/** Inputs and output of the HMACs that a step of the trace makes: HKDF-Extract, or the one block of HKDF-Expand. */
function hmacsOf(step: Step): HmacCall[] {
  const labels = new Set(step.blocks.map(({ label }) => label))
  const bytes = (label: string) => block(step, label)
  const expand = (info: string, output: string) => ({
    key: bytes('PRK'),
    data: concat(bytes(info), Uint8Array.of(1)),
    output: bytes(output),
  })
  if (step.action.startsWith('extract secret'))
    // The trace shows no salt where it is absent: zeros, of the hash's length (RFC 8446 §7.1).
    return [
      {
        key: labels.has('salt') ? bytes('salt') : new Uint8Array(32),
        data: bytes('IKM'),
        output: bytes('secret'),
      },
    ]
  if (labels.has('key info'))
    return [expand('key info', 'key expanded'), expand('iv info', 'iv expanded')]
  if (labels.has('info')) return [expand('info', 'expanded')]
  return []
}

/** @param only the steps that this engine is to have made; default: all of the trace */
export function expectSchedule(
  trace: Trace,
  events: readonly TraceEvent[],
  hmacs: readonly HmacCall[],
  only: (step: Step) => boolean = () => true,
): number {
  const made = events.filter(
    (event): event is KeyScheduleEvent & { type: 'keySchedule' } => event.type === 'keySchedule',
  )
  const steps = trace.steps.filter((step) => step.blocks.length > 0 && only(step))
  let compared = 0
  for (const step of steps) {
    for (const { name, value, transcriptHash } of expectedOf(step)) {
      const found = made.find(
        (event) =>
          event.name === name &&
          event.value !== undefined &&
          Buffer.from(event.value).equals(value),
      )
      expect(found, `§${trace.section}, ${step.who}: ${step.action} → ${name}`).toBeDefined()
      if (transcriptHash !== undefined)
        expect(found?.transcriptHash, `${name}: the transcript hash`).toEqual(transcriptHash)
      compared++
    }
    for (const call of hmacsOf(step))
      expect(
        hmacs.some(
          ({ key, data, output }) =>
            sameUpToZeros(key, call.key) &&
            Buffer.from(data).equals(call.data) &&
            Buffer.from(output.subarray(0, call.output.length)).equals(call.output),
        ),
        `§${trace.section}, ${step.who}: ${step.action}: HMAC with these inputs`,
      ).toBe(true)
  }
  return compared
}

/** HMAC pads its key with zeros (RFC 2104 §2): a salt of zeros may have any length. */
function sameUpToZeros(a: Uint8Array, b: Uint8Array): boolean {
  const stripped = (bytes: Uint8Array) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/(00)+$/, '')
  return stripped(a) === stripped(b)
}

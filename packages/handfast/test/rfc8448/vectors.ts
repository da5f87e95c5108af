/** The traces of RFC 8448, block by block, as data. Nobody here wrote them. */
import { existsSync, readFileSync } from 'node:fs'
import type { Role } from '../../src/trace/events.ts'

export interface Block {
  /** `payload`, `complete record`, `PRK`, `expanded`, the name of a message, … */
  readonly label: string
  readonly bytes: Uint8Array
}

/** One thing that one side does, in the words of the RFC. */
export interface Step {
  readonly who: Role
  readonly action: string
  readonly blocks: readonly Block[]
}

export interface Trace {
  readonly section: string
  readonly title: string
  readonly steps: readonly Step[]
}

interface Stored {
  readonly section: number
  readonly title: string
  readonly steps: readonly {
    readonly who: Role
    readonly action: string
    readonly blocks: readonly { readonly label: string; readonly hex: string }[]
  }[]
}

const file = new URL('../../../../../shared/vectors/rfc8448.json', import.meta.url)

/** False on a machine without the file: the tests that need it are then skipped, by name. */
export const haveVectors = existsSync(file)

const traces: readonly Trace[] = haveVectors
  ? (JSON.parse(readFileSync(file, 'utf8')) as Stored[]).map(({ section, title, steps }) => ({
      section: String(section),
      title,
      steps: steps.map(({ who, action, blocks }) => ({
        who,
        action,
        blocks: blocks.map(({ label, hex }) => ({
          label,
          bytes: Uint8Array.from(Buffer.from(hex, 'hex')),
        })),
      })),
    }))
  : []

export function traceOf(section: string): Trace {
  const found = traces.find((trace) => trace.section === section)
  if (found === undefined) throw new Error(`RFC 8448 has no trace §${section}`)
  return found
}

/** The block of a step. */
export function block(step: Step, label: string): Uint8Array {
  const found = step.blocks.find((candidate) => candidate.label === label)
  if (found === undefined) throw new Error(`"${step.action}" has no block "${label}"`)
  return found.bytes
}

/** The steps of one side whose action fits, with what they carry. */
export function stepsOf(trace: Trace, who: Role | undefined, action: RegExp): readonly Step[] {
  return trace.steps.filter(
    (step) =>
      (who === undefined || step.who === who) && step.blocks.length > 0 && action.test(step.action),
  )
}

/** A handshake message that one side constructs, header included. @param nth from 0, where there are several */
export function messageOf(trace: Trace, who: Role, name: string, nth = 0): Uint8Array {
  const step = stepsOf(trace, who, new RegExp(`^construct an? ${name} `))[nth]
  if (step === undefined) throw new Error(`§${trace.section}: the ${who} sends no ${name}`)
  return block(step, name)
}

/** What crosses the wire, in order. */
export interface SentRecord {
  readonly from: Role
  readonly kind: 'handshake' | 'change_cipher_spec' | 'application_data' | 'alert'
  readonly payload: Uint8Array
  readonly record: Uint8Array
}

export function recordsOf(trace: Trace): readonly SentRecord[] {
  return stepsOf(trace, undefined, /^send \w+ record:$/).map((step) => ({
    from: step.who,
    kind: step.action.split(' ')[1] as SentRecord['kind'],
    payload: block(step, 'payload'),
    record: block(step, 'complete record'),
  }))
}

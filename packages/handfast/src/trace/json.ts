/**
 * Events as JSON, one object for each; `schema.json` beside this file describes them. Bytes are lower-case hexadecimal.
 * A secret is in it only where the event has one (`traceSecrets`).
 */
import { hexOf } from '../codec/bytes.ts'
import type { Field } from '../codec/fields.ts'
import { annotate } from './annotate.ts'
import type { MessageEvent, TraceEvent, VerdictEvent } from './events.ts'
import { type JsonVerdict, verdictToJson } from './verdictJson.ts'

/** A field of a message, as `annotate` gives it. */
export interface JsonField {
  readonly name: string
  readonly type: string
  /** Bytes from the start of the message, `start` included and `end` excluded. */
  readonly start: number
  readonly end: number
  /** Where the content of a vector begins, behind its length. */
  readonly contentStart?: number
  readonly value?: string
  readonly section?: string
  readonly problem?: string
  readonly children?: readonly JsonField[]
}

type JsonOf<E> = {
  [K in keyof E]: E[K] extends Uint8Array | undefined ? string : E[K]
}
type JsonEventOf<E> = E extends VerdictEvent
  ? JsonOf<Omit<E, 'verdict'>> & { readonly verdict: JsonVerdict }
  : E extends MessageEvent
    ? JsonOf<E> & { readonly fields: readonly JsonField[] }
    : JsonOf<E>

/** What `toJson` makes: each event with its bytes in hexadecimal, messages with their fields. */
export type JsonEvent = JsonEventOf<TraceEvent>

/**
 * An event as an object for `JSON.stringify`. The same event gives the same object, its properties in the same order:
 * `type`, `time` and `role` first, then as the engine says them.
 */
export function toJson(event: TraceEvent): JsonEvent {
  const { type, time, role, ...others } = event
  const json: Record<string, unknown> = { type, time, role }
  for (const [key, value] of Object.entries(others))
    if (value !== undefined) json[key] = value instanceof Uint8Array ? hexOf(value) : value
  if (event.type === 'message') json.fields = fieldsToJson(annotate(event))
  if (event.type === 'verdict') json.verdict = verdictToJson(event.verdict)
  return json as unknown as JsonEvent
}

/** Fields for `JSON.stringify`: those of annotation, without empty lists of children. */
export function fieldsToJson(fields: readonly Field[]): JsonField[] {
  return fields.map(
    ({ name, type, start, end, contentStart, value, section, problem, children }) => ({
      name,
      type,
      start,
      end,
      ...(contentStart === undefined ? {} : { contentStart }),
      ...(value === undefined ? {} : { value }),
      ...(section === undefined ? {} : { section }),
      ...(problem === undefined ? {} : { problem }),
      ...(children.length === 0 ? {} : { children: fieldsToJson(children) }),
    }),
  )
}

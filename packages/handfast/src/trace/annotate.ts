/**
 * The bytes of an event as named fields, by the descriptions that the engine itself encodes and decodes with
 * (`codec/`): the explanation of a byte cannot drift from its parser.
 *
 * Offsets are bytes from the start of the event's `bytes`. Every byte belongs to exactly one field without children.
 */
import { DecodeError, type Field, FieldRecorder } from '../codec/fields.ts'
import { HandshakeHeader, handshakeHeaderLength, messageBodies } from '../codec/messages.ts'
import { formsOf } from '../codec/messages10.ts'
import { classicBodies } from '../codec/messages12.ts'
import { Alert, ChangeCipherSpec, CiphertextHeader, PlaintextHeader } from '../codec/record.ts'
import { AlertDescription, AlertLevel } from '../codec/registry.ts'
import { type AnyWire, count, decode, encode, named, rest, type Wire } from '../codec/wire.ts'
import { recordHeaderLength } from '../record/framing.ts'
import type { AlertEvent, MessageEvent, RecordEvent, TraceEvent } from './events.ts'
import { finishFields } from './finishFields.ts'

/**
 * The fields of an event that has bytes: a message, a record or an alert (its two bytes, level and description). An
 * event of another type has none.
 *
 * What does not decode is not an error here: the fields that were reached are given, the one that broke says why
 * (`problem`), and what follows it is called `undecoded`.
 */
export function annotate(event: TraceEvent): Field[] {
  switch (event.type) {
    case 'message':
      return annotateBody(
        event.bytes,
        event.version === undefined
          ? messageBodies
          : classicBodies(formsOf(event.version), event.keyExchange),
      )
    case 'record':
      return annotateRecord(event)
    case 'alert':
      return annotateAlert(event)
    default:
      return []
  }
}

/** The fields of a handshake message of TLS 1.3. @param bytes header and body (RFC 8446 §4) */
export function annotateMessage(bytes: MessageEvent['bytes']): Field[] {
  return annotateBody(bytes, messageBodies)
}

function annotateBody(bytes: Uint8Array, bodies: ReadonlyMap<number, AnyWire>): Field[] {
  const header = bytes.subarray(0, handshakeHeaderLength)
  const fields = fieldsOf(HandshakeHeader, header, 0)
  const body = bytes.subarray(handshakeHeaderLength)
  const announced = header[1]! * 65_536 + header[2]! * 256 + header[3]!
  const length = fields.find(({ name }) => name === 'length')
  if (length !== undefined && announced !== body.length)
    length.problem ??= `${announced} announced, ${count(body.length, 'byte')} there`
  if (body.length > 0) {
    const wire = bodies.get(header[0]!) ?? named('body', rest)
    fields.push(...fieldsOf(wire, body, handshakeHeaderLength))
  }
  return finishFields(fields, bytes)
}

/**
 * The fields of a record: its header, and what the fragment holds. In a protected one the places of content, type,
 * padding and tag are shown as they stand in the ciphertext: every AEAD of TLS 1.3 keeps them (RFC 8446 §5.2).
 */
function annotateRecord(event: RecordEvent): Field[] {
  const { bytes } = event
  const header = bytes.subarray(0, recordHeaderLength)
  const fragment = bytes.subarray(recordHeaderLength)
  const fields =
    event.protection === 'plaintext'
      ? [
          ...fieldsOf(PlaintextHeader, header, 0),
          ...fieldsOf(fragmentOf(event), fragment, recordHeaderLength),
        ]
      : event.nonceLength === undefined
        ? [...fieldsOf(CiphertextHeader, header, 0), encryptedRecord(event, fragment.length)]
        : [...fieldsOf(PlaintextHeader, header, 0), classicRecord(event, fragment.length)]
  return finishFields(fields, bytes)
}

function fragmentOf({ contentType }: RecordEvent): Wire<unknown> {
  if (contentType === 'alert') return Alert
  if (contentType === 'change_cipher_spec') return ChangeCipherSpec
  return named('fragment', rest)
}

type Part = readonly [name: string, size: number, value: string]

function encryptedRecord({ content, padding, innerType }: RecordEvent, length: number): Field {
  const tag = length - content.length - 1 - padding
  return fragmentOfParts(length, 'RFC 8446 §5.2', [
    ['content', content.length, `${count(content.length, 'byte')} of ${innerType}, encrypted`],
    ['type', 1, `${innerType}, encrypted`],
    ['zeros', padding, `${count(padding, 'byte')} of padding, encrypted`],
    ['tag', tag, `${count(tag, 'byte')} that prove the record unchanged`],
  ])
}

/** RFC 5246 §6.2.3: what stands before the content, and what stands behind: a tag, or a MAC and padding. */
function classicRecord(event: RecordEvent, length: number): Field {
  const { content, innerType, nonceLength = 0 } = event
  const tag = length - nonceLength - content.length
  return fragmentOfParts(length, 'RFC 5246 §6.2.3', [
    ['nonce', nonceLength, `${count(nonceLength, 'byte')} that differ from record to record`],
    ['content', content.length, `${count(content.length, 'byte')} of ${innerType}, encrypted`],
    ['tag', tag, `${count(tag, 'byte')} that prove the record unchanged`],
  ])
}

function fragmentOfParts(length: number, section: string, parts: readonly Part[]): Field {
  let at = recordHeaderLength
  const children = parts.map(([name, size, value]): Field => {
    const start = at
    at += size
    return { name, type: `opaque[${size}]`, start, end: at, value, section, children: [] }
  })
  return {
    name: 'encrypted_record',
    type: `opaque[${length}]`,
    start: recordHeaderLength,
    end: recordHeaderLength + length,
    section,
    children: children.filter(({ start, end }) => end > start),
  }
}

/** An alert's event has names only: they are put back into the two bytes that they were. */
function annotateAlert(event: AlertEvent): Field[] {
  const bytes = encode(Alert, {
    level: codeOf(AlertLevel, event.level),
    description: codeOf(AlertDescription, event.description),
  })
  return finishFields(fieldsOf(Alert, bytes, 0), bytes)
}

/** The number of a name, or of its hexadecimal form where it has none. */
function codeOf(table: Readonly<Record<string, number>>, name: string): number {
  return table[name] ?? Number(name)
}

/** @param base where the first of `bytes` stands in what is annotated */
function fieldsOf(wire: Wire<unknown>, bytes: Uint8Array, base: number): Field[] {
  const recorder = new FieldRecorder({ base })
  try {
    decode(wire, bytes, recorder)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    recorder.breakOff(error, bytes.length)
  }
  return recorder.fields
}

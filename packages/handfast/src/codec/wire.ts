/**
 * The presentation language of RFC 8446 §3 as values. A structure is described once; that description decodes,
 * encodes and annotates, so that the explanation of a byte cannot drift from its parser.
 *
 * Annotation is decoding with a `FieldRecorder` in the reader: it notes where each field began and ended.
 */
import { DecodeError, FieldRecorder } from './fields.ts'
import { nameOf, type Registry } from './registry.ts'

/** A cursor over bytes. What runs over its end is the peer's fault: `decode_error`. */
export class Reader {
  readonly bytes: Uint8Array
  at: number
  end: number
  readonly recorder: FieldRecorder | undefined

  constructor(bytes: Uint8Array, recorder?: FieldRecorder) {
    this.bytes = bytes
    this.at = 0
    this.end = bytes.length
    this.recorder = recorder
  }

  get remaining(): number {
    return this.end - this.at
  }

  uint(size: number): number {
    if (this.remaining < size) this.#failShort(size)
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.at++]!
    return value
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    if (this.remaining < length) this.#failShort(length)
    const start = this.at
    this.at += length
    return this.bytes.subarray(start, this.at)
  }

  #failShort(length: number): never {
    this.fail(`${count(length, 'byte')} wanted, ${this.remaining} left`)
  }

  fail(why: string): never {
    throw new DecodeError('These bytes', why, this.at, this.end)
  }
}

/** Most messages fit, in bytes; a writer that has grown beyond is not kept for the next. */
const keptWriterLength = 4096

/** Bytes that grow. */
export class Writer {
  #bytes: Uint8Array = new Uint8Array(keptWriterLength)
  #length = 0

  uint(value: number, size: number): void {
    this.#reserve(size)
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = value % 256
      value = Math.floor(value / 256)
    }
    this.#length += size
  }

  put(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Leaves room for a length of `size` bytes and returns the mark that `close` wants. */
  open(size: number): number {
    this.uint(0, size)
    return this.#length
  }

  /** Fills in the length of what was written since `open`. @returns that length */
  close(mark: number, size: number): number {
    const length = this.#length - mark
    refuseOverlong(length, size)
    const here = this.#length
    this.#length = mark - size
    this.uint(length, size)
    this.#length = here
    return length
  }

  /** A copy of what was written. @param memory for it; new memory if absent */
  finish(memory?: (length: number) => Uint8Array): Uint8Array {
    if (memory === undefined) return this.#bytes.slice(0, this.#length)
    const copy = memory(this.#length)
    copy.set(this.#bytes.subarray(0, this.#length))
    return copy
  }

  /** Empties it and wipes what it held. @returns false where it has grown too large to be kept */
  reset(): boolean {
    this.#bytes.fill(0, 0, this.#length)
    this.#length = 0
    return this.#bytes.length <= keptWriterLength
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** What is ours to send and longer than its length can say would go out as something else. */
function refuseOverlong(length: number, size: number): void {
  if (length >= 256 ** size)
    throw new RangeError(`${length} bytes do not fit a length of ${count(size, 'byte')}`)
}

/** One structure or field of the wire. */
export interface Wire<T> {
  /** The RFC's words for it. */
  readonly type: string
  decode(reader: Reader): T
  encode(writer: Writer, value: T): void
  /** The value in words, for display. */
  show?(value: T): string
}

/** A description of whatever value, where only that it is one counts. */
// biome-ignore lint/suspicious/noExplicitAny: a Wire is invariant in its value; no other type stands for all of them
export type AnyWire = Wire<any>

export type ValueOf<W> = W extends Wire<infer T> ? T : never

/**
 * Decodes the whole of `bytes`.
 * @param recorder hears of the fields; after a failure it holds those that were reached
 * @param where says what the bytes are, for the error: `ClientHello.extensions.key_share`
 * @throws TlsError `ERR_DECODE` on anything missing, out of range or left over; it names the field
 */
export function decode<T>(
  wire: Wire<T>,
  bytes: Uint8Array,
  recorder?: FieldRecorder,
  where?: () => string,
): T {
  try {
    return readWhole(wire, new Reader(bytes, recorder))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw located(error, wire, bytes, recorder, where?.() ?? wire.type)
  }
}

function readWhole<T>(wire: Wire<T>, reader: Reader): T {
  const value = wire.decode(reader)
  if (reader.remaining > 0) reader.fail(`${count(reader.remaining, 'byte')} left over`)
  return value
}

/** The same failure with the name of the field, for which the bytes are read once more, with a recorder. */
function located<T>(
  error: DecodeError,
  wire: Wire<T>,
  bytes: Uint8Array,
  recorder: FieldRecorder | undefined,
  where: string,
): DecodeError {
  const { why, at, limit } = error
  if (recorder !== undefined) return new DecodeError(where + recorder.path, why, at, limit)
  const names = new FieldRecorder({ keeps: false })
  try {
    readWhole(wire, new Reader(bytes, names))
  } catch {}
  return new DecodeError(where + names.path, why, at, limit)
}

/**
 * Reads `length` bytes as `wire`, for annotation: where they are not that, the fields say so and reading goes on behind
 * them. @param reader with a recorder
 */
export function annotateWithin(reader: Reader, length: number, wire: Wire<unknown>): void {
  const outer = reader.end
  const { recorder } = reader
  const depth = recorder?.depth ?? 0
  reader.end = reader.at + length
  const { end } = reader
  try {
    readWhole(wire, reader)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    recorder?.breakOff(error, end, depth)
  }
  reader.at = end
  reader.end = outer
}

/** The one writer that stays: making its buffer costs more than most structures. Undefined while it is in use. */
let idleWriter: Writer | undefined

/** @returns a copy of what `write` wrote. @param memory as of `Writer.finish` */
export function written(
  write: (writer: Writer) => void,
  memory?: (length: number) => Uint8Array,
): Uint8Array {
  // A structure whose encoding comes here again finds none, and gets one of its own.
  const writer = idleWriter ?? new Writer()
  idleWriter = undefined
  try {
    write(writer)
    return writer.finish(memory)
  } finally {
    if (writer.reset()) idleWriter = writer
  }
}

export function encode<T>(wire: Wire<T>, value: T): Uint8Array {
  return written((writer) => wire.encode(writer, value))
}

/** Reads one named field, and notes it where somebody listens. */
export function readField<T>(reader: Reader, name: string, wire: Wire<T>, section?: string): T {
  const { recorder } = reader
  if (recorder === undefined) return wire.decode(reader)
  recorder.enter(name, wire.type, reader.at, section)
  const value = wire.decode(reader)
  recorder.leave(reader.at, recorder.keeps ? wire.show?.(value) : undefined)
  return value
}

function uint(size: number, type: string): Wire<number> {
  return {
    type,
    decode: (reader) => reader.uint(size),
    encode: (writer, value) => writer.uint(value, size),
    show: (value) => String(value),
  }
}

/** `1 byte`, `2 bytes`: a number with its unit. */
export function count(value: number, unit: string): string {
  return `${value} ${unit}${value === 1 ? '' : 's'}`
}

/** The same structure with other words for its value. */
export function shown<T>(wire: Wire<T>, show: (value: T) => string): Wire<T> {
  return { ...wire, show }
}

/** A number of something, shown with its unit. @param unit in the singular */
export function quantity(
  wire: Wire<number>,
  unit: 'byte' | 'second' | 'millisecond',
): Wire<number> {
  return shown(wire, (value) => count(value, unit))
}

/** A structure of one field, in the RFC's words; its value is that field's. */
export function named<T>(name: string, wire: Wire<T>): Wire<T> {
  return { ...wire, decode: (reader) => readField(reader, name, wire) }
}

export const uint8: Wire<number> = uint(1, 'uint8')
export const uint16: Wire<number> = uint(2, 'uint16')
export const uint24: Wire<number> = uint(3, 'uint24')
export const uint32: Wire<number> = uint(4, 'uint32')
/** What is 2^53 or more loses its last digits: `Number.isSafeInteger` tells it. */
export const uint64: Wire<number> = uint(8, 'uint64')

/** A number that has a name in a registry. */
export function enumerated(table: Registry): Wire<number> {
  return {
    ...uint(table.digits / 2, table.title),
    show: (value) => nameOf(table, value),
  }
}

/** `opaque name[length]` */
export function fixed(length: number): Wire<Uint8Array> {
  return {
    type: `opaque[${length}]`,
    decode: (reader) => reader.take(length),
    encode: (writer, value) => writer.put(value),
  }
}

/** All that is left. */
export const rest: Wire<Uint8Array> = {
  type: 'opaque[…]',
  decode: (reader) => reader.take(reader.remaining),
  encode: (writer, value) => writer.put(value),
}

/** Nothing at all: the body of a flag extension. */
export const empty: Wire<true> = {
  type: 'Empty',
  decode: () => true,
  encode: () => {},
}

/** Bytes that a length of a vector takes: enough for its maximum. */
function prefixSize(max: number): number {
  return max < 0x100 ? 1 : max < 0x1_0000 ? 2 : 3
}

function readLength(reader: Reader, min: number, max: number): number {
  const length = reader.uint(prefixSize(max))
  reader.recorder?.content(reader.at)
  if (length < min || length > max)
    reader.fail(`a length of ${length} is outside of ${min}..${max}`)
  if (length > reader.remaining)
    reader.fail(`a length of ${count(length, 'byte')} is announced, ${reader.remaining} left`)
  return length
}

/** The length of a vector whose elements are fields: a field itself. */
export function readLengthField(reader: Reader, min: number, max: number): number {
  const { recorder } = reader
  if (recorder === undefined) return readLength(reader, min, max)
  const size = prefixSize(max)
  const start = reader.at
  recorder.enter('length', `uint${size * 8}`, start)
  const length = reader.uint(size)
  recorder.leave(reader.at, count(length, 'byte'))
  recorder.content(reader.at)
  reader.at = start
  return readLength(reader, min, max)
}

/** `opaque name<min..max>`; with `text`, shown as ASCII. */
export function opaque(min: number, max: number, text = false): Wire<Uint8Array> {
  const size = prefixSize(max)
  return {
    type: `opaque<${min}..${max}>`,
    decode: (reader) => reader.take(readLength(reader, min, max)),
    encode: (writer, value) => {
      refuseOverlong(value.length, size)
      writer.uint(value.length, size)
      writer.put(value)
    },
    ...(text ? { show: asciiOf } : {}),
  }
}

/** An opaque vector whose content has a structure of its own, looked into by annotation only. */
export function opaqueHolding(inner: Wire<unknown>, min: number, max: number): Wire<Uint8Array> {
  const vector = opaque(min, max)
  return {
    ...vector,
    decode: (reader) => {
      if (reader.recorder === undefined) return vector.decode(reader)
      const length = readLengthField(reader, min, max)
      const content = reader.bytes.subarray(reader.at, reader.at + length)
      annotateWithin(reader, length, inner)
      return content
    },
  }
}

/** ASCII to text, other bytes as \xNN. */
export function asciiOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes)
    text +=
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`
  return text
}

/** `Element name<min..max>`: lengths are bytes, as in the RFC. */
export function list<T>(element: Wire<T>, min: number, max: number, name?: string): Wire<T[]> {
  const size = prefixSize(max)
  const elementName = name ?? element.type
  return {
    type: `${element.type}<${min}..${max}>`,
    decode: (reader) => {
      const length = readLengthField(reader, min, max)
      const outer = reader.end
      reader.end = reader.at + length
      const values: T[] = []
      while (reader.at < reader.end) values.push(readField(reader, elementName, element))
      reader.end = outer
      return values
    },
    encode: (writer, values) => {
      const mark = writer.open(size)
      for (const value of values) element.encode(writer, value)
      writer.close(mark, size)
    },
    ...(element.show === undefined
      ? {}
      : { show: (values: T[]) => values.map((value) => element.show?.(value)).join(', ') }),
  }
}

type Shape = Readonly<Record<string, Wire<never> | Wire<unknown>>>
export type StructOf<S> = { [K in keyof S]: ValueOf<S[K]> }

/**
 * `struct { … } Type`: fields in the order of the object's keys, which are the RFC's names in camelCase.
 * @param section where it is defined
 */
export function struct<S extends Record<string, AnyWire>>(
  type: string,
  section: string,
  shape: S,
): Wire<StructOf<S>> {
  const fields = Object.entries(shape as Shape).map(([key, wire]) => ({
    key,
    name: snakeCase(key),
    wire: wire as Wire<unknown>,
  }))
  return {
    type,
    decode: (reader) => {
      const value: Record<string, unknown> = {}
      for (const { key, name, wire } of fields) value[key] = readField(reader, name, wire, section)
      return value as StructOf<S>
    },
    encode: (writer, value) => {
      for (const { key, wire } of fields)
        wire.encode(writer, (value as Record<string, unknown>)[key])
    },
  }
}

/** `legacySessionId` to the RFC's `legacy_session_id`. */
function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

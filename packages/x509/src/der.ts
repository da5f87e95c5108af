/**
 * A strict reader of DER (ITU-T X.690): what BER allows and DER does not is an error, and so is anything left over.
 *
 * A reader walks one level of a structure. `next` moves to the following element and leaves its tag and bounds in the
 * reader itself, so that walking allocates nothing; `enter` gives a reader for what is inside.
 */
import { X509Error } from './errors.ts'
import { Remembered } from './remembered.ts'
import type { Span } from './types.ts'

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** The identifier octet of `[number]` in an IMPLICIT primitive type. */
export const contextPrimitive = (number: number): number => 0x80 | number
/** The identifier octet of `[number]` in an EXPLICIT or constructed type. */
export const contextConstructed = (number: number): number => 0xa0 | number

export class DerReader {
  readonly bytes: Uint8Array
  /** Where the next element begins. */
  position: number
  readonly end: number
  /** Of the element read last: its identifier octet and its bounds in `bytes`. */
  tag = 0
  start = 0
  contentStart = 0
  contentEnd = 0
  /** For messages: the structure this reader is inside of. */
  readonly #parent: DerReader | undefined
  readonly #field: string

  constructor(
    bytes: Uint8Array,
    field: string,
    position = 0,
    end = bytes.length,
    parent?: DerReader,
  ) {
    this.bytes = bytes
    this.position = position
    this.end = end
    this.#field = field
    this.#parent = parent
  }

  /** Another reader at this place: for content that is read when asked for, perhaps more than once. */
  fork(): DerReader {
    return new DerReader(this.bytes, this.#field, this.position, this.end, this.#parent)
  }

  get atEnd(): boolean {
    return this.position === this.end
  }

  /** Identifier octet of the next element, or -1 at the end. */
  peek(): number {
    return this.position < this.end ? this.bytes[this.position]! : -1
  }

  /** The path of field names down to this structure. */
  path(child?: string): string {
    const names = child === undefined || child === '' ? [this.#field] : [child, this.#field]
    for (let reader = this.#parent; reader !== undefined; reader = reader.#parent) {
      names.push(reader.#field)
    }
    return names.reverse().join('.')
  }

  /** An error about this structure. */
  error(message: string, field?: string, offset = this.start): X509Error {
    return new X509Error('malformed', message, { offset, field: this.path(field) })
  }

  /** Moves to the next element, whatever it is. */
  next(field: string): void {
    const { bytes, end } = this
    const start = this.position
    this.start = start
    if (start + 2 > end) {
      throw this.error(start === end ? 'element is missing' : 'element is cut short', field)
    }
    const tag = bytes[start]!
    // No type of X.509 has a tag number above 30, so the long form of identifiers is never needed.
    if ((tag & 0x1f) === 0x1f) throw this.error('tag number above 30', field)
    // X.690 §8.1.5: universal 0 only ends an indefinite length.
    if ((tag & 0xdf) === 0) throw this.error('tag 0 is no type', field)
    const first = bytes[start + 1]!
    let contentStart = start + 2
    let length = first
    if (first >= 0x80) {
      // X.690 §10.1: definite form, in the fewest octets.
      if (first === 0x80) throw this.error('indefinite length is not DER', field)
      const count = first & 0x7f
      if (count > 4) throw this.error('length of more than four bytes', field)
      if (contentStart + count > end) throw this.error('length is cut short', field)
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + bytes[contentStart + i]!
      if (length < 0x80 || bytes[contentStart] === 0) {
        throw this.error('length is not in its shortest form', field)
      }
      contentStart += count
    }
    const contentEnd = contentStart + length
    if (contentEnd > end) throw this.error('element is longer than what contains it', field)
    this.tag = tag
    this.contentStart = contentStart
    this.contentEnd = contentEnd
    this.position = contentEnd
  }

  /** Moves to the next element, which must have this tag. */
  expect(tag: number, field: string): void {
    const found = this.peek()
    if (found !== tag) {
      const is =
        found === -1 ? 'is missing' : `has tag ${hexByte(found)} instead of ${hexByte(tag)}`
      throw this.error(`element ${is}`, field, this.position)
    }
    this.next(field)
  }

  /** Moves to the next element if it has this tag. */
  optional(tag: number, field: string): boolean {
    if (this.peek() !== tag) return false
    this.next(field)
    return true
  }

  /** A reader for the content of the element read last. */
  inside(field: string): DerReader {
    return new DerReader(this.bytes, field, this.contentStart, this.contentEnd, this)
  }

  /** Moves to the next element, which must have this tag, and gives a reader for its content. */
  enter(tag: number, field: string): DerReader {
    this.expect(tag, field)
    return this.inside(field)
  }

  /** Nothing may be left. */
  finish(): void {
    if (this.position !== this.end) {
      throw this.error('bytes are left over', undefined, this.position)
    }
  }

  /** Content of the element read last; shares memory. */
  content(): Uint8Array {
    return this.bytes.subarray(this.contentStart, this.contentEnd)
  }

  /** The element read last, header included; shares memory. */
  element(): Uint8Array {
    return this.bytes.subarray(this.start, this.contentEnd)
  }

  span(): Span {
    return { start: this.start, end: this.contentEnd }
  }

  /** BOOLEAN: one byte, 0x00 or 0xFF (X.690 §11.1). */
  boolean(field: string, tag: number = tags.boolean): boolean {
    this.expect(tag, field)
    const value = this.bytes[this.contentStart]
    if (this.contentEnd - this.contentStart !== 1 || (value !== 0 && value !== 0xff)) {
      throw this.error('BOOLEAN is neither 00 nor FF', field)
    }
    return value === 0xff
  }

  /** BOOLEAN DEFAULT FALSE: absent for false (X.690 §11.5). */
  booleanDefaultFalse(field: string, tag: number = tags.boolean): boolean {
    if (this.peek() !== tag) return false
    if (!this.boolean(field, tag)) throw this.error('default value FALSE is encoded', field)
    return true
  }

  /** INTEGER of any size: its two's-complement content, in the fewest bytes (X.690 §8.3.2). */
  integer(field: string, tag: number = tags.integer): Uint8Array {
    this.expect(tag, field)
    const { bytes, contentStart, contentEnd } = this
    const length = contentEnd - contentStart
    if (length === 0) throw this.error('INTEGER is empty', field)
    if (length > 1) {
      const first = bytes[contentStart]!
      const sign = bytes[contentStart + 1]! & 0x80
      if ((first === 0 && sign === 0) || (first === 0xff && sign !== 0)) {
        throw this.error('INTEGER is not in its shortest form', field)
      }
    }
    return this.content()
  }

  /** A non-negative INTEGER that is at most 2^31 - 1; more is an error, for nothing here counts so far. */
  smallInteger(field: string, tag: number = tags.integer): number {
    const content = this.integer(field, tag)
    if (content[0]! >= 0x80) throw this.error('INTEGER is negative', field)
    if (content.length > 4) throw this.error('INTEGER is out of range', field)
    let value = 0
    for (const byte of content) value = value * 256 + byte
    return value
  }

  /** BIT STRING in whole bytes: its bits; shares memory. */
  bitStringBytes(field: string, tag: number = tags.bitString): Uint8Array {
    this.expect(tag, field)
    if (this.contentEnd === this.contentStart || this.bytes[this.contentStart] !== 0) {
      throw this.error('BIT STRING is not a whole number of bytes', field)
    }
    return this.bytes.subarray(this.contentStart + 1, this.contentEnd)
  }

  /**
   * BIT STRING of named bits, first bit most significant. DER drops trailing zero bits (X.690 §11.2.2), but roots that
   * every platform trusts keep them, and they change nothing: they are let pass.
   */
  namedBits(field: string, tag: number = tags.bitString): Uint8Array {
    this.expect(tag, field)
    const length = this.contentEnd - this.contentStart
    const unused = this.bytes[this.contentStart] ?? 0
    if (length === 0 || unused > 7 || (length === 1 && unused !== 0)) {
      throw this.error('BIT STRING has a wrong count of unused bits', field)
    }
    if (length > 1 && (this.bytes[this.contentEnd - 1]! & ((1 << unused) - 1)) !== 0) {
      throw this.error('BIT STRING has unused bits that are not zero', field)
    }
    return this.bytes.subarray(this.contentStart + 1, this.contentEnd)
  }

  octetString(field: string, tag: number = tags.octetString): Uint8Array {
    this.expect(tag, field)
    return this.content()
  }

  /** OBJECT IDENTIFIER in dotted form. */
  objectIdentifier(field: string, tag: number = tags.objectIdentifier): string {
    this.expect(tag, field)
    const dotted = dottedObjectIdentifier(this.bytes, this.contentStart, this.contentEnd)
    if (dotted === undefined) throw this.error('OBJECT IDENTIFIER is malformed', field)
    return dotted
  }
}

/** A reader of one whole structure with nothing after it: `bytes` must be exactly one element with this tag. */
export function readWhole(bytes: Uint8Array, tag: number, field: string): DerReader {
  const outer = new DerReader(bytes, field)
  outer.expect(tag, '')
  if (!outer.atEnd) throw outer.error('bytes are left over', undefined, outer.position)
  return new DerReader(bytes, field, outer.contentStart, outer.contentEnd)
}

const identifiers = /* @__PURE__ */ new Remembered<string>()

function dottedObjectIdentifier(bytes: Uint8Array, start: number, end: number): string | undefined {
  const known = identifiers.find(bytes, start, end)
  if (known !== undefined) return known
  const dotted = decodeObjectIdentifier(bytes, start, end)
  if (dotted !== undefined) identifiers.keep(bytes, start, end, dotted)
  return dotted
}

function decodeObjectIdentifier(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start === end || bytes[end - 1]! >= 0x80) return undefined
  let dotted = ''
  let arcStart = start
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) continue
    if (bytes[arcStart] === 0x80) return undefined // X.690 §8.19.2: no leading zero digits
    const arc = readArc(bytes, arcStart, i + 1)
    if (dotted !== '') dotted += `.${arc}`
    else if (arc < 80) dotted = arc < 40 ? `0.${arc}` : `1.${Number(arc) - 40}`
    else dotted = `2.${typeof arc === 'bigint' ? arc - 80n : arc - 80}`
    arcStart = i + 1
  }
  return dotted
}

/** One arc in base 128. Arcs made from UUIDs (2.25) have 128 bits, more than a number holds. */
function readArc(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start > 7) {
    let arc = 0n
    for (let i = start; i < end; i++) arc = (arc << 7n) | BigInt(bytes[i]! & 0x7f)
    return arc
  }
  let arc = 0
  for (let i = start; i < end; i++) arc = arc * 128 + (bytes[i]! & 0x7f)
  return arc
}

export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}

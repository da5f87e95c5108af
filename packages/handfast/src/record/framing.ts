/** Cutting a stream of bytes into records (RFC 8446 §5.1). */
import { plainBytes } from '../codec/bytes.ts'
import { ContentType, contentTypes, nameOf } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'

/** type (1 byte), legacy_record_version (2), length (2) */
export const recordHeaderLength = 5

const none = new Uint8Array(0)

/** For a record that arrives in parts: the memory of one that was done with. There is one for all connections. */
let spare: Uint8Array = none
/** Bytes from which on it is used: whoever waits for the rest of a small record holds no more than that. */
const spareFrom = 4096

function allocate(length: number): Uint8Array {
  if (length < spareFrom || spare.length < length) return new Uint8Array(length)
  const memory = spare.subarray(0, length)
  spare = none
  return memory
}

/**
 * Collects what arrives and hands out whole records. A record that lies whole in what was received is handed out as a
 * view of it; only the tail of an input, less than one record, is ever copied.
 */
export class RecordFramer {
  /** What was received and not yet handed out. */
  #input: Uint8Array = none
  /** The beginning of a record whose end has not arrived: a buffer of its final length (or of a header's) and how much of it is there. */
  #partial: Uint8Array = none
  #filled = 0
  /** The record handed out last, where it arrived in parts. */
  #joined: Uint8Array | undefined
  #any = false
  /** The input is our own copy. */
  #owned = true

  /** True where nothing of a further record has arrived. */
  get empty(): boolean {
    return this.#input.length === 0 && this.#filled === 0
  }

  receive(bytes: Uint8Array): void {
    if (this.#input.length === 0) {
      this.#input = plainBytes(bytes)
      this.#owned = false
    } else {
      const both = new Uint8Array(this.#input.length + bytes.length)
      both.set(this.#input)
      both.set(bytes, this.#input.length)
      this.#input = both
      this.#owned = true
    }
  }

  /** Takes a copy of what was received and not yet handed out: its owner is about to use it again. */
  keep(): void {
    if (this.#owned) return
    this.#input = this.#input.slice()
    this.#owned = true
  }

  /**
   * The next whole record, header included; undefined where more bytes are needed: then what was received is no longer
   * referred to.
   * @param expansion bytes by which records that are encrypted now may be longer than their content; 0 where none are
   * @param everyType whether that holds for every type of record, as up to TLS 1.2, or for application_data only
   */
  next(expansion: number, everyType = false): Uint8Array | undefined {
    this.#joined = undefined
    if (this.#filled === 0 && this.#input.length >= recordHeaderLength) {
      const length = this.#recordLength(this.#input, expansion, everyType)
      if (this.#input.length >= length) return this.#consume(length)
    }
    if (this.#filled < recordHeaderLength) {
      this.#fill(recordHeaderLength)
      if (this.#filled < recordHeaderLength) return undefined
    }
    const length = this.#recordLength(this.#partial, expansion, everyType)
    this.#fill(length)
    if (this.#filled < length) return undefined
    const record = this.#partial
    this.#partial = none
    this.#filled = 0
    this.#joined = record
    return record
  }

  /** Nobody refers any more to the record that was handed out last: its memory may be used again. */
  release(record: Uint8Array): void {
    if (record === this.#joined && record.length >= spareFrom) spare = new Uint8Array(record.buffer)
  }

  #consume(length: number): Uint8Array {
    const record = this.#input.subarray(0, length)
    this.#input = length === this.#input.length ? none : this.#input.subarray(length)
    return record
  }

  /** Moves bytes from the input into the partial record until that has `length` bytes, or the input is used up. */
  #fill(length: number): void {
    if (this.#input.length === 0) return
    if (this.#partial.length < length) {
      const grown = allocate(length)
      grown.set(this.#partial.subarray(0, this.#filled))
      this.#partial = grown
    }
    const piece = this.#consume(Math.min(length - this.#filled, this.#input.length))
    this.#partial.set(piece, this.#filled)
    this.#filled += piece.length
  }

  #recordLength(bytes: Uint8Array, expansion: number, everyType: boolean): number {
    const type = bytes[0]!
    const length = bytes[3]! * 256 + bytes[4]!
    if (!contentTypes.names.has(type) || (!this.#any && bytes[1] !== 3)) {
      if (!this.#any) throw new TlsError('ERR_NOT_TLS', notTls(bytes))
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        `A record has the type ${nameOf(contentTypes, type)}, which TLS does not have`,
        { section: 'RFC 8446 §5' },
      )
    }
    this.#any = true
    const max =
      everyType || type === ContentType.application_data
        ? maxPlaintextLength + expansion
        : maxPlaintextLength
    if (length > max)
      throw new TlsError(
        'ERR_RECORD_OVERFLOW',
        `A record announces ${length} bytes; ${max} are the most`,
      )
    return recordHeaderLength + length
  }
}

function notTls(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, recordHeaderLength))
  if (/^(HTTP\/|[A-Z]{3,5}[ /])/.test(start)) return 'The peer speaks plain HTTP, not TLS'
  if (/^(220|\* OK|\+OK)/.test(start))
    return 'The peer greets in plain text (mail or FTP): it wants STARTTLS before TLS'
  // RFC 5246 §E.2: two bytes of length with the first bit set, a message type, a version.
  if (bytes[0]! >= 0x80 && bytes[2] === 1 && (bytes[3] === 0 || bytes[3] === 3))
    return 'The peer greets in the format of SSL 2.0, which nobody may use any more (RFC 6176): its ClientHello has no place for extensions'
  if (start.startsWith('SSH-')) return 'The peer speaks SSH, not TLS'
  return 'The first bytes from the peer are not a TLS record'
}

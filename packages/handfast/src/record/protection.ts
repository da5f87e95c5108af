/** Protection of records: what the record layer asks of it, and that by an AEAD (RFC 8446 §5.2, §5.3). */

import { ContentType } from '../codec/registry.ts'
import type { AeadKey, MaybePromise } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { maxCiphertextExpansion, maxPlaintextLength } from '../limits.ts'
import { recordHeaderLength } from './framing.ts'

export type ProtectionName = 'plaintext' | 'early' | 'handshake' | 'application'

/** What was inside of a record. */
export interface OpenedRecord {
  readonly type: number
  readonly content: Uint8Array
  /** Zeros after the content type, in bytes. */
  readonly padding: number
}

/** The keys of one direction, and the count of the records that they have protected. */
export interface Protection {
  readonly name: ProtectionName
  readonly generation: number
  /** The number of the next record under these keys. */
  readonly sequenceNumber: number
  /** TLS 1.3 marks all protected records as application_data, and never protects change_cipher_spec; others protect all. */
  readonly hidesType: boolean
  /** Bytes that protection may add to the largest content. */
  readonly expansion: number
  /** Bytes of a nonce or IV that stand at the start of each fragment; TLS 1.3 has none, and says nothing. */
  readonly nonceLength?: number | undefined
  /**
   * The IV of the next record is known before its content (TLS 1.0 and before): who can choose content could test guesses
   * of what was sent (BEAST). One byte of data goes ahead alone, and its MAC makes the next IV one that nobody chose.
   */
  readonly splitsData?: boolean
  /** @returns the record, header included. @param padding zeros to add, where the version can */
  seal(type: number, content: Uint8Array, padding: number): MaybePromise<Uint8Array>
  /** Room for a record that `sealInto` writes, in bytes; undefined where this protection has only `seal`. */
  roomFor?(contentLength: number, padding: number): number | undefined
  /** `seal` at once, into bytes that are there. @param target a record's room from `offset` on */
  sealInto?(
    type: number,
    content: Uint8Array,
    padding: number,
    target: Uint8Array,
    offset: number,
  ): void
  /**
   * @param record header included
   * @returns what is inside; undefined where it does not verify
   */
  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined>
  /** The last record that did not verify was not ours to open: it takes no number. */
  forgetLast(): void
  destroy(): void
}

/** The keys of one direction in TLS 1.3; TLS 1.2 differs in what is protected of it (protection12.ts). */
export class RecordProtection implements Protection {
  readonly hidesType: boolean = true
  readonly expansion: number = maxCiphertextExpansion
  readonly name: ProtectionName
  readonly generation: number
  /** The number of the next record under these keys. */
  sequenceNumber = 0
  readonly #tagLength: number
  readonly #key: AeadKey
  /** What stands before the ciphertext, of the record that was begun last under whatever keys. */
  readonly #head: Uint8Array
  /** The IV as three numbers: it is read for each record, and an array of twelve bytes takes two hundred. */
  #iv0: number
  #iv1: number
  #iv2: number

  /** @param iv of 12 bytes, less those of the nonce that stand in each record; it is wiped */
  constructor(
    name: 'early' | 'handshake' | 'application',
    generation: number,
    key: AeadKey,
    iv: Uint8Array,
    tagLength: number,
  ) {
    this.name = name
    this.generation = generation
    this.#tagLength = tagLength
    this.#key = key
    this.#head = iv.length < nonce.length ? headWithNonce : header
    this.#iv0 = wordOf(iv, 0)
    this.#iv1 = wordOf(iv, 4)
    this.#iv2 = wordOf(iv, 8)
    iv.fill(0)
  }

  /** What is authenticated beside what is encrypted. The next call may write over it. */
  protected additionalData(
    header: Uint8Array,
    _sequenceNumber: number,
    _innerLength: number,
  ): Uint8Array {
    return header
  }

  /** What is encrypted behind the content: its type, and zeros (RFC 8446 §5.2). */
  protected tail(type: number, padding: number): Uint8Array {
    if (padding === 0) return tails[type]!
    const tail = new Uint8Array(1 + padding)
    tail[0] = type
    return tail
  }

  /** TLSInnerPlaintext: content, type, zeros (RFC 8446 §5.4). @param _type that of the header */
  protected split(_type: number, inner: Uint8Array): OpenedRecord {
    if (inner.length > maxPlaintextLength + 1)
      throw new TlsError(
        'ERR_RECORD_OVERFLOW',
        `A record holds ${inner.length} bytes when opened`,
        { section: 'RFC 8446 §5.2' },
      )
    let end = inner.length
    while (end > 0 && inner[end - 1] === 0) end--
    if (end === 0)
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        'A protected record holds zeros only: it has no content type',
        { section: 'RFC 8446 §5.4' },
      )
    return {
      type: inner[end - 1]!,
      content: inner.subarray(0, end - 1),
      padding: inner.length - end,
    }
  }

  /** @returns the record, header included */
  seal(type: number, content: Uint8Array, padding: number): MaybePromise<Uint8Array> {
    const tail = this.tail(type, padding)
    const data = this.#begin(type, content.length + tail.length)
    const head = this.#head.slice()
    const finish = (record: Uint8Array) => {
      record.set(head)
      return record
    }
    const sealed = this.#key.seal(nonce, data, [content, tail], head.length)
    return sealed instanceof Uint8Array ? finish(sealed) : sealed.then(finish)
  }

  roomFor(contentLength: number, padding: number): number | undefined {
    if (this.#key.sealInto === undefined) return undefined
    return this.#head.length + contentLength + this.tail(0, padding).length + this.#tagLength
  }

  sealInto(
    type: number,
    content: Uint8Array,
    padding: number,
    target: Uint8Array,
    offset: number,
  ): void {
    const tail = this.tail(type, padding)
    const data = this.#begin(type, content.length + tail.length)
    target.set(this.#head, offset)
    this.#key.sealInto!(nonce, data, [content, tail], target, offset + this.#head.length)
  }

  /**
   * @param record header included
   * @returns what is inside; undefined where the tag does not fit
   */
  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const start = this.#head.length
    const innerLength = record.length - start - this.#tagLength
    const sequence = this.#nonce()
    if (innerLength < this.tail(0, 0).length) return undefined
    for (let i = 0; i < start; i++) headWithNonce[i] = record[i]!
    if (start > recordHeaderLength) nonceEnd.set(headEnd)
    const data = this.additionalData(header, sequence, innerLength)
    const opened = this.#key.open(nonce, data, record.subarray(start))
    const type = record[0]!
    if (opened instanceof Uint8Array) return this.split(type, opened)
    return opened?.then((inner) => inner && this.split(type, inner))
  }

  /** A record that was not ours to open (rejected early data) takes no number. */
  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#key.destroy()
    this.#iv0 = this.#iv1 = this.#iv2 = 0
  }

  /** Makes the nonce of the next record and its head. @returns what is authenticated */
  #begin(type: number, innerLength: number): Uint8Array {
    const sequence = this.#nonce()
    const length = this.#head.length - recordHeaderLength + innerLength + this.#tagLength
    header[0] = this.hidesType ? ContentType.application_data : type
    // The legacy_record_version of RFC 8446 §5.1, and the version of TLS 1.2.
    header[1] = header[2] = 3
    header[3] = length >> 8
    header[4] = length & 0xff
    headEnd.set(nonceEnd)
    return this.additionalData(header, sequence, innerLength)
  }

  /**
   * The sequence number, padded to the length of the IV, XORed with it (RFC 8446 §5.3, RFC 7905 §2). Behind an IV of four
   * bytes it is the number alone, which is as good as any other that comes but once (RFC 5288 §3).
   */
  #nonce(): number {
    const sequence = this.sequenceNumber++
    nonceWords.setInt32(0, this.#iv0)
    nonceWords.setInt32(4, this.#iv1 ^ Math.floor(sequence / 0x1_0000_0000))
    nonceWords.setInt32(8, this.#iv2 ^ (sequence >>> 0))
    return sequence
  }
}

/** One for all records: the provider takes what it needs before it answers (crypto/provider.ts). */
const nonce = new Uint8Array(12)
const nonceWords = new DataView(nonce.buffer)
/** What of it stands in a record of TLS 1.2, behind the header. */
const nonceEnd = nonce.subarray(4)
const headWithNonce = new Uint8Array(recordHeaderLength + nonceEnd.length)
const header = headWithNonce.subarray(0, recordHeaderLength)
const headEnd = headWithNonce.subarray(recordHeaderLength)
/** What stands behind a content without padding, by its type. */
const tails = Array.from({ length: 256 }, (_, type) => Uint8Array.of(type))

/** The legacy_record_version is 0x0303 (RFC 8446 §5.1), but for an initial ClientHello. */
export function recordHeader(type: number, length: number, version = 0x0303): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff)
}

/** 32 bits, big-endian; zero beyond the end. */
function wordOf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

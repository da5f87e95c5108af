/** Protection of records: what the record layer asks of it, and that of TLS 1.3 (RFC 8446 §5.2, §5.3). */

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
  readonly nonceLength?: number
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

/** The keys of one direction in TLS 1.3. */
export class RecordProtection implements Protection {
  readonly hidesType = true
  readonly expansion = maxCiphertextExpansion
  readonly name: ProtectionName
  readonly generation: number
  /** The number of the next record under these keys. */
  sequenceNumber = 0
  readonly tagLength: number
  readonly #key: AeadKey
  /** The IV as three numbers: it is read for each record, and an array of twelve bytes takes two hundred. */
  #iv0: number
  #iv1: number
  #iv2: number

  /** @param iv of 12 bytes; it is wiped */
  constructor(
    name: 'early' | 'handshake' | 'application',
    generation: number,
    key: AeadKey,
    iv: Uint8Array,
    tagLength: number,
  ) {
    this.name = name
    this.generation = generation
    this.tagLength = tagLength
    this.#key = key
    this.#iv0 = wordOf(iv, 0)
    this.#iv1 = wordOf(iv, 4)
    this.#iv2 = wordOf(iv, 8)
    iv.fill(0)
  }

  /** @returns the record, header included */
  seal(type: number, content: Uint8Array, padding: number): MaybePromise<Uint8Array> {
    const tail = tailOf(type, padding)
    const header = recordHeader(
      ContentType.application_data,
      content.length + tail.length + this.tagLength,
    )
    const sealed = this.#key.seal(this.#nonce(), header, [content, tail], recordHeaderLength)
    if (sealed instanceof Uint8Array) return withHeader(sealed, header)
    return sealed.then((record) => withHeader(record, header))
  }

  roomFor(contentLength: number, padding: number): number | undefined {
    if (this.#key.sealInto === undefined) return undefined
    return recordHeaderLength + contentLength + 1 + padding + this.tagLength
  }

  sealInto(
    type: number,
    content: Uint8Array,
    padding: number,
    target: Uint8Array,
    offset: number,
  ): void {
    const tail = tailOf(type, padding)
    const length = content.length + tail.length + this.tagLength
    header[3] = length >> 8
    header[4] = length & 0xff
    target.set(header, offset)
    this.#key.sealInto!(this.#nonce(), header, [content, tail], target, offset + recordHeaderLength)
  }

  /**
   * @param record header included
   * @returns what is inside; undefined where the tag does not fit
   */
  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const ciphertext = record.subarray(recordHeaderLength)
    const nonce = this.#nonce()
    if (ciphertext.length <= this.tagLength) return undefined
    const opened = this.#key.open(nonce, record.subarray(0, recordHeaderLength), ciphertext)
    if (opened === undefined || opened instanceof Uint8Array) return splitInner(opened)
    return opened.then(splitInner)
  }

  /** A record that was not ours to open (rejected early data) takes no number. */
  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#key.destroy()
    this.#iv0 = this.#iv1 = this.#iv2 = 0
  }

  /** RFC 8446 §5.3: the sequence number, padded to the length of the IV, XORed with it. The next call writes over it. */
  #nonce(): Uint8Array {
    const sequence = this.sequenceNumber++
    nonceWords.setInt32(0, this.#iv0)
    nonceWords.setInt32(4, this.#iv1 ^ Math.floor(sequence / 0x1_0000_0000))
    nonceWords.setInt32(8, this.#iv2 ^ (sequence >>> 0))
    return nonce
  }
}

/** Of every AEAD of TLS 1.3, in bytes. */
const nonceLength = 12
/** One for all records: the provider takes what it needs before it answers (crypto/provider.ts). */
const nonce = new Uint8Array(nonceLength)
const nonceWords = new DataView(nonce.buffer)
/** For records that are sealed at once; their length is written into it. */
const header = recordHeader(ContentType.application_data, 0)
/** What stands behind a content without padding, by its type. */
const tails = Array.from({ length: 256 }, (_, type) => Uint8Array.of(type))

/** The legacy_record_version is 0x0303 (RFC 8446 §5.1), but for an initial ClientHello. */
export function recordHeader(type: number, length: number, version = 0x0303): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff)
}

/** 32 bits, big-endian. */
function wordOf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** What TLSInnerPlaintext has behind its content (RFC 8446 §5.2). */
function tailOf(type: number, padding: number): Uint8Array {
  if (padding === 0) return tails[type]!
  const tail = new Uint8Array(1 + padding)
  tail[0] = type
  return tail
}

function withHeader(record: Uint8Array, header: Uint8Array): Uint8Array {
  record.set(header)
  return record
}

/** TLSInnerPlaintext: content, type, zeros (RFC 8446 §5.4). */
function splitInner(inner: Uint8Array | undefined): OpenedRecord | undefined {
  if (inner === undefined) return undefined
  if (inner.length > maxPlaintextLength + 1)
    throw new TlsError('ERR_RECORD_OVERFLOW', `A record holds ${inner.length} bytes when opened`, {
      section: 'RFC 8446 §5.2',
    })
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

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

/** What the versions that have AEADs differ in. */
export interface AeadForm {
  /** Content is followed by its type and by padding (RFC 8446 §5.2); else it is all that is encrypted. */
  readonly hidesType: boolean
  readonly expansion: number
  /** What is authenticated beside what is encrypted. The next call may write over it. */
  additionalData(header: Uint8Array, sequenceNumber: number, innerLength: number): Uint8Array
  /** @param type that of the header. @param inner what was encrypted */
  read(type: number, inner: Uint8Array): OpenedRecord
}

const form13: AeadForm = {
  hidesType: true,
  expansion: maxCiphertextExpansion,
  additionalData: (header) => header,
  read: (_type, inner) => splitInner(inner),
}

/** An AEAD's keys of one direction, in the form of TLS 1.3 or that of TLS 1.2 (protection12.ts). */
export class RecordProtection implements Protection {
  readonly name: ProtectionName
  readonly generation: number
  /** The number of the next record under these keys. */
  sequenceNumber = 0
  readonly tagLength: number
  readonly #key: AeadKey
  readonly #form: AeadForm
  /** Bytes of the nonce that stand in each record. */
  readonly #shown: number
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
    form: AeadForm = form13,
  ) {
    this.name = name
    this.generation = generation
    this.tagLength = tagLength
    this.#key = key
    this.#form = form
    this.#shown = nonce.length - iv.length
    this.#iv0 = wordOf(iv, 0)
    this.#iv1 = wordOf(iv, 4)
    this.#iv2 = wordOf(iv, 8)
    iv.fill(0)
  }

  get hidesType(): boolean {
    return this.#form.hidesType
  }

  get expansion(): number {
    return this.#form.expansion
  }

  get nonceLength(): number | undefined {
    return this.hidesType ? undefined : this.#shown
  }

  /** @returns the record, header included */
  seal(type: number, content: Uint8Array, padding: number): MaybePromise<Uint8Array> {
    const innerLength = this.#innerLength(content.length, padding)
    const head = this.#head(type, innerLength)
    const sealed = this.#key.seal(
      nonce,
      this.#form.additionalData(header, this.sequenceNumber++, innerLength),
      this.#inner(type, content, padding),
      head.length,
    )
    if (sealed instanceof Uint8Array) return withHead(sealed, head)
    const kept = head.slice()
    return sealed.then((record) => withHead(record, kept))
  }

  roomFor(contentLength: number, padding: number): number | undefined {
    if (this.#key.sealInto === undefined) return undefined
    const innerLength = this.#innerLength(contentLength, padding)
    return recordHeaderLength + this.#shown + innerLength + this.tagLength
  }

  sealInto(
    type: number,
    content: Uint8Array,
    padding: number,
    target: Uint8Array,
    offset: number,
  ): void {
    const innerLength = this.#innerLength(content.length, padding)
    const head = this.#head(type, innerLength)
    target.set(head, offset)
    this.#key.sealInto!(
      nonce,
      this.#form.additionalData(header, this.sequenceNumber++, innerLength),
      this.#inner(type, content, padding),
      target,
      offset + head.length,
    )
  }

  /**
   * @param record header included
   * @returns what is inside; undefined where the tag does not fit
   */
  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const sequence = this.sequenceNumber++
    const start = recordHeaderLength + this.#shown
    const innerLength = record.length - start - this.tagLength
    if (innerLength < this.#innerLength(0, 0)) return undefined
    this.#nonce(sequence)
    for (let i = recordHeaderLength; i < start; i++) nonce[nonce.length - start + i] = record[i]!
    for (let i = 0; i < recordHeaderLength; i++) header[i] = record[i]!
    const opened = this.#key.open(
      nonce,
      this.#form.additionalData(header, sequence, innerLength),
      record.subarray(start),
    )
    const type = record[0]!
    if (opened === undefined) return undefined
    if (opened instanceof Uint8Array) return this.#form.read(type, opened)
    return opened.then((inner) => inner && this.#form.read(type, inner))
  }

  /** A record that was not ours to open (rejected early data) takes no number. */
  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#key.destroy()
    this.#iv0 = this.#iv1 = this.#iv2 = 0
  }

  #innerLength(contentLength: number, padding: number): number {
    return this.hidesType ? contentLength + 1 + padding : contentLength
  }

  #inner(type: number, content: Uint8Array, padding: number): readonly Uint8Array[] {
    return this.hidesType ? [content, tailOf(type, padding)] : [content]
  }

  /** Makes the nonce of the next record. @returns what stands before its ciphertext; the next call writes over both */
  #head(type: number, innerLength: number): Uint8Array {
    this.#nonce(this.sequenceNumber)
    const length = this.#shown + innerLength + this.tagLength
    header[0] = this.hidesType ? ContentType.application_data : type
    // The legacy_record_version of RFC 8446 §5.1, and the version of TLS 1.2.
    header[1] = header[2] = 3
    header[3] = length >> 8
    header[4] = length & 0xff
    if (this.#shown === 0) return header
    headWithNonce.set(shownNonce, recordHeaderLength)
    return headWithNonce
  }

  /**
   * The sequence number, padded to the length of the IV, XORed with it (RFC 8446 §5.3, RFC 7905 §2). Behind an IV of four
   * bytes it is the number itself, which is as good as any other that never comes again (RFC 5288 §3).
   */
  #nonce(sequence: number): void {
    nonceWords.setInt32(0, this.#iv0)
    nonceWords.setInt32(4, this.#iv1 ^ Math.floor(sequence / 0x1_0000_0000))
    nonceWords.setInt32(8, this.#iv2 ^ (sequence >>> 0))
  }
}

/** One for all records: the provider takes what it needs before it answers (crypto/provider.ts). */
const nonce = new Uint8Array(12)
const nonceWords = new DataView(nonce.buffer)
/** What of it stands in a record of TLS 1.2, behind the header. */
const shownNonce = nonce.subarray(4)
const headWithNonce = new Uint8Array(recordHeaderLength + shownNonce.length)
const header = headWithNonce.subarray(0, recordHeaderLength)
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

/** What TLSInnerPlaintext has behind its content (RFC 8446 §5.2). */
function tailOf(type: number, padding: number): Uint8Array {
  if (padding === 0) return tails[type]!
  const tail = new Uint8Array(1 + padding)
  tail[0] = type
  return tail
}

function withHead(record: Uint8Array, head: Uint8Array): Uint8Array {
  record.set(head)
  return record
}

/** TLSInnerPlaintext: content, type, zeros (RFC 8446 §5.4). */
function splitInner(inner: Uint8Array): OpenedRecord {
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

/**
 * Protection of TLS 1.2 records by an AEAD (RFC 5246 §6.2.3.3).
 *
 * The nonce is formed in one of two ways. AES-GCM and AES-CCM: 4 bytes of the key block, and 8 that stand in the record,
 * for which the sequence number is taken (RFC 5288 §3, RFC 6655 §3). ChaCha20-Poly1305: 12 bytes of the key block, XORed
 * with the sequence number; nothing stands in the record (RFC 7905 §2).
 */
import type { AeadKey, MaybePromise } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import { recordHeaderLength } from './framing.ts'
import { type OpenedRecord, type Protection, recordHeader } from './protection.ts'

/** Bytes by which a protected record may be longer than its content (RFC 5246 §6.2.3). */
export const classicExpansion = 2048

/** seq_num + type + version + length: what is authenticated beside the content (RFC 5246 §6.2.3.3). @param header public */
export function additionalData12(
  sequenceNumber: number,
  header: Uint8Array,
  contentLength: number,
): Uint8Array {
  const data = new Uint8Array(13)
  putNumber(data, sequenceNumber, 8)
  data.set(header.subarray(0, 3), 8)
  data[11] = contentLength >> 8
  data[12] = contentLength & 0xff
  return data
}

/** Writes a number, big-endian, into the first `size` bytes. */
function putNumber(target: Uint8Array, value: number, size: number): void {
  for (let i = size - 1; value > 0; i--) {
    target[i] = value & 0xff
    value = Math.floor(value / 256)
  }
}

/** @throws TlsError for a content that is longer than a record may hold */
export function openedRecord(type: number, content: Uint8Array): OpenedRecord {
  if (content.length > maxPlaintextLength)
    throw new TlsError(
      'ERR_RECORD_OVERFLOW',
      `A record holds ${content.length} bytes when opened`,
      { section: 'RFC 5246 §6.2.1' },
    )
  return { type, content, padding: 0 }
}

export interface AeadKeys12 {
  readonly key: AeadKey
  /** Of the key block: 4 bytes, or 12 where no part of the nonce stands in the record. */
  readonly iv: Uint8Array
  readonly tagLength: number
}

export class AeadProtection12 implements Protection {
  readonly name = 'application'
  readonly generation = 0
  readonly hidesType = false
  readonly expansion = classicExpansion
  /** Of the part of the nonce that stands in each record, in bytes. */
  readonly nonceLength: number
  sequenceNumber = 0
  readonly #key: AeadKey
  readonly #iv: Uint8Array
  readonly #tagLength: number

  constructor({ key, iv, tagLength }: AeadKeys12) {
    this.#key = key
    this.#iv = iv
    this.#tagLength = tagLength
    this.nonceLength = 12 - iv.length
  }

  seal(type: number, content: Uint8Array): MaybePromise<Uint8Array> {
    const { nonceLength } = this
    const header = recordHeader(type, nonceLength + content.length + this.#tagLength)
    const sequence = this.sequenceNumber++
    const nonce = this.#nonce(sequence)
    const reserve = recordHeaderLength + nonceLength
    const data = additionalData12(sequence, header, content.length)
    const finish = (record: Uint8Array) => {
      record.set(header)
      record.set(nonce.subarray(12 - nonceLength), recordHeaderLength)
      return record
    }
    const sealed = this.#key.seal(nonce, data, [content], reserve)
    return sealed instanceof Uint8Array ? finish(sealed) : sealed.then(finish)
  }

  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const fragment = record.subarray(recordHeaderLength)
    const contentLength = fragment.length - this.nonceLength - this.#tagLength
    if (contentLength < 0) return undefined
    const sequence = this.sequenceNumber++
    const nonce = this.#nonce(sequence)
    nonce.set(fragment.subarray(0, this.nonceLength), 12 - this.nonceLength)
    const data = additionalData12(sequence, record, contentLength)
    const finish = (content: Uint8Array | undefined) => content && openedRecord(record[0]!, content)
    const opened = this.#key.open(nonce, data, fragment.subarray(this.nonceLength))
    return opened === undefined || opened instanceof Uint8Array
      ? finish(opened)
      : opened.then(finish)
  }

  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#key.destroy()
    this.#iv.fill(0)
  }

  /** With the sequence number in its place: behind the part of the key block, or over it. */
  #nonce(sequence: number): Uint8Array {
    const nonce = new Uint8Array(12)
    putNumber(nonce.subarray(4), sequence, 8)
    for (let i = 0; i < this.#iv.length; i++) nonce[i]! ^= this.#iv[i]!
    return nonce
  }
}

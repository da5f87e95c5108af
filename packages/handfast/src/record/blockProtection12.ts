/**
 * Protection of TLS 1.2 records by a block cipher in CBC mode and HMAC (RFC 5246 §6.2.3.2).
 *
 * With encrypt_then_mac (RFC 7366) the MAC is of the ciphertext and is checked before anything is decrypted: nothing can
 * be learned from the padding. Without it the MAC is within the ciphertext, and whoever can tell a bad padding from a bad
 * MAC, by the alert or by the time, can decrypt records (Vaudenay 2002, Lucky 13 2013). So every record that is long enough
 * takes one path: the padding is read without a branch, the MAC is computed over what would be the content, as many blocks
 * are hashed as for the longest content that the record could hold, and one comparison decides. JavaScript can promise no
 * more: its engine and its garbage collector have times of their own, and a hash call costs a little for each of its bytes.
 * That is one of the reasons why these suites are off by default.
 */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { concat } from '../codec/bytes.ts'
import type { BlockCipherKey, CryptoProvider, HashFunction } from '../crypto/provider.ts'
import { recordHeaderLength } from './framing.ts'
import { type OpenedRecord, type Protection, recordHeader } from './protection.ts'
import { additionalData12, classicExpansion, openedRecord } from './protection12.ts'

export interface BlockKeys12 {
  readonly key: BlockCipherKey
  readonly blockLength: number
  readonly mac: HashFunction
  readonly macKey: Uint8Array
  readonly encryptThenMac: boolean
  readonly crypto: Pick<CryptoProvider, 'random' | 'equal'>
}

export class BlockProtection12 implements Protection {
  readonly name = 'application'
  readonly generation = 0
  readonly hidesType = false
  readonly expansion = classicExpansion
  /** Of the IV that stands in each record, in bytes. */
  readonly nonceLength: number
  sequenceNumber = 0
  readonly #keys: BlockKeys12

  constructor(keys: BlockKeys12) {
    this.#keys = keys
    this.nonceLength = keys.blockLength
  }

  seal(type: number, content: Uint8Array): MaybePromise<Uint8Array> {
    const { encryptThenMac, crypto, blockLength } = this.#keys
    const iv = crypto.random(blockLength)
    const sequence = this.sequenceNumber++
    // Whoever answers later takes what it needs of `content` only then: it is the caller's.
    return runSteps(
      encryptThenMac
        ? this.#sealThenMac(type, padded(content, blockLength), iv, sequence)
        : this.#macThenSeal(type, content, iv, sequence),
    )
  }

  *#macThenSeal(
    type: number,
    content: Uint8Array,
    iv: Uint8Array,
    sequence: number,
  ): Steps<Uint8Array> {
    const { key, mac, macKey, blockLength } = this.#keys
    const data = additionalData12(sequence, recordHeader(type, 0), content.length)
    const input = concat(data, content)
    const code = yield* settle(mac.hmac(macKey, input))
    const plaintext = padded(concat(input.subarray(data.length), code), blockLength)
    const ciphertext = yield* settle(key.encrypt(iv, plaintext))
    return concat(recordHeader(type, iv.length + ciphertext.length), iv, ciphertext)
  }

  *#sealThenMac(
    type: number,
    plaintext: Uint8Array,
    iv: Uint8Array,
    sequence: number,
  ): Steps<Uint8Array> {
    const { key, mac, macKey } = this.#keys
    const ciphertext = yield* settle(key.encrypt(iv, plaintext))
    const length = iv.length + ciphertext.length
    const data = additionalData12(sequence, recordHeader(type, 0), length)
    const code = yield* settle(mac.hmac(macKey, concat(data, iv, ciphertext)))
    return concat(recordHeader(type, length + code.length), iv, ciphertext, code)
  }

  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const { encryptThenMac, blockLength, mac } = this.#keys
    // One for the IV; the content may be empty, but not its MAC and its padding.
    const outside = encryptThenMac ? mac.outputLength : 0
    const least = encryptThenMac ? 1 : mac.outputLength + 1
    const encrypted = record.length - recordHeaderLength - blockLength - outside
    if (encrypted < least || encrypted % blockLength !== 0) return undefined
    const sequence = this.sequenceNumber++
    return runSteps(
      encryptThenMac
        ? this.#openAfterMac(record.slice(), sequence)
        : this.#openWithMac(record.slice(), sequence),
    )
  }

  *#openAfterMac(record: Uint8Array, sequence: number): Steps<OpenedRecord | undefined> {
    const { key, mac, macKey, blockLength, crypto } = this.#keys
    const fragment = record.subarray(recordHeaderLength, record.length - mac.outputLength)
    const data = additionalData12(sequence, record, fragment.length)
    const expected = yield* settle(mac.hmac(macKey, concat(data, fragment)))
    if (!crypto.equal(expected, record.subarray(record.length - mac.outputLength))) return undefined
    const iv = fragment.subarray(0, blockLength)
    const plaintext = yield* settle(key.decrypt(iv, fragment.subarray(blockLength)))
    // Only the owner of the MAC key can have made a bad padding now; it is refused like a bad MAC all the same.
    const { good, length } = readPadding(plaintext, 0)
    return good === 0 ? undefined : openedRecord(record[0]!, plaintext.subarray(0, length))
  }

  *#openWithMac(record: Uint8Array, sequence: number): Steps<OpenedRecord | undefined> {
    const { key, mac, macKey, blockLength, crypto } = this.#keys
    const iv = record.subarray(recordHeaderLength, recordHeaderLength + blockLength)
    const ciphertext = record.subarray(recordHeaderLength + blockLength)
    const plaintext = yield* settle(key.decrypt(iv, ciphertext))
    const { good, length } = readPadding(plaintext, mac.outputLength)
    const contentLength = length - mac.outputLength
    const received = copyMac(plaintext, contentLength, mac.outputLength)
    const data = additionalData12(sequence, record, contentLength)
    const input = concat(data, plaintext.subarray(0, contentLength))
    const expected = yield* settle(mac.hmac(macKey, input))
    yield* settle(mac.digest(evening(mac, contentLength, plaintext.length - mac.outputLength - 1)))
    const genuine = crypto.equal(expected, received)
    return !genuine || good === 0
      ? undefined
      : openedRecord(record[0]!, plaintext.subarray(0, contentLength))
  }

  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#keys.key.destroy()
    this.#keys.macKey.fill(0)
  }
}

/** RFC 5246 §6.2.3.2: the least padding that fills a block, each of its bytes the number of the others. */
function padded(content: Uint8Array, blockLength: number): Uint8Array {
  const padding = blockLength - (content.length % blockLength)
  const whole = new Uint8Array(content.length + padding).fill(padding - 1, content.length)
  whole.set(content)
  return whole
}

/** All ones where a < b, else zero; both below 2^31, without a branch. */
function less(a: number, b: number): number {
  return (a - b) >> 31
}

/**
 * What of a plaintext is not padding, in bytes, and all ones where the padding is good. Bad padding counts as none. The
 * bytes that are read, and the work that is done, depend on the length of the plaintext only.
 * @param behind bytes that must be left when the padding is taken away
 */
export function readPadding(
  plaintext: Uint8Array,
  behind: number,
): { readonly good: number; readonly length: number } {
  const last = plaintext.length - 1
  const value = plaintext[last]!
  let good = ~less(last - behind, value)
  const scanned = Math.min(256, plaintext.length)
  let wrong = 0
  for (let i = 0; i < scanned; i++) wrong |= less(i, value + 1) & (plaintext[last - i]! ^ value)
  good &= ~((wrong | -wrong) >> 31)
  return { good, length: last - (value & good) }
}

/** The MAC, from a place that is a secret: each byte is picked from all the places where it could stand. */
function copyMac(plaintext: Uint8Array, start: number, length: number): Uint8Array {
  const code = new Uint8Array(length)
  // Padding has 256 bytes at the most, and the MAC stands before it.
  const first = Math.max(0, plaintext.length - length - 256)
  for (let i = 0; i < length; i++) {
    let byte = 0
    for (let at = first + i; at + length - i < plaintext.length; at++) {
      const difference = at ^ (start + i)
      byte |= plaintext[at]! & ~((difference | -difference) >> 31)
    }
    code[i] = byte
  }
  return code
}

/**
 * Bytes to hash after the MAC of a content, so that together as many blocks are hashed as for the longest content and one
 * more: RFC 5246 §6.2.3.2 asks for a time that is the same for every padding.
 */
export function evening(hash: HashFunction, contentLength: number, longest: number): Uint8Array {
  const block = hash.outputLength > 32 ? 128 : 64
  // The bit 1 and the length of the message, with which a hash ends.
  const tail = hash.outputLength > 32 ? 17 : 9
  const blocks = (length: number) => Math.ceil((length + 13 + tail) / block)
  const missing = blocks(longest) - blocks(contentLength) + 1
  return new Uint8Array(missing * block - tail)
}

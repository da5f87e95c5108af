/**
 * Protection of records up to TLS 1.2 by a block cipher in CBC mode and a MAC (RFC 5246 §6.2.3.2).
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

/** How the MAC of a record is made and its padding read: by HMAC, or as SSL 3.0 does. */
export interface BlockRules {
  /** @param data what is authenticated beside the content: see `additionalData12` */
  mac(
    hash: HashFunction,
    macKey: Uint8Array,
    data: Uint8Array,
    content: Uint8Array,
  ): MaybePromise<Uint8Array>
  readonly readPadding: typeof readPadding
  /** What `mac` hashes before the content, modulo the block of the hash, in bytes. */
  readonly hashedBefore: number
}

export const rules12: BlockRules = {
  mac: (hash, macKey, data, content) => hash.hmac(macKey, concat(data, content)),
  readPadding,
  hashedBefore: 13,
}

/** What differs between versions. */
export interface BlockOptions {
  readonly encryptThenMac: boolean
  /** In the headers of records. Default: TLS 1.2. */
  readonly version?: number
  /**
   * Up to TLS 1.0 no IV stands in the record: the first is of the key block, each other the last block before it (RFC 2246
   * §6.2.3.2).
   */
  readonly firstIv?: Uint8Array
  /** Default: those of TLS. */
  readonly rules?: BlockRules
}

export interface BlockKeys12 extends BlockOptions {
  readonly key: BlockCipherKey
  readonly blockLength: number
  readonly mac: HashFunction
  readonly macKey: Uint8Array
  readonly crypto: Pick<CryptoProvider, 'random' | 'equal'>
}

const none = new Uint8Array(0)

export class BlockProtection12 implements Protection {
  readonly name = 'application'
  readonly generation = 0
  readonly hidesType = false
  readonly expansion = classicExpansion
  readonly splitsData: boolean
  /** Of the IV that stands in each record, in bytes. */
  readonly nonceLength: number
  sequenceNumber = 0
  readonly #keys: BlockKeys12
  readonly #rules: BlockRules
  /** The IVs of the next records, one of which will be used, where they are chained. */
  #sendIv: MaybePromise<Uint8Array> | undefined
  #receiveIv: Uint8Array | undefined
  /** Records that are being sealed in steps: each is sealed whole, and only then the keys are forgotten. */
  #sealing = 0
  #forgotten = false

  constructor(keys: BlockKeys12) {
    this.#keys = keys
    this.#rules = keys.rules ?? rules12
    this.#sendIv = keys.firstIv
    this.#receiveIv = keys.firstIv
    this.splitsData = keys.firstIv !== undefined
    this.nonceLength = this.splitsData ? 0 : keys.blockLength
  }

  seal(type: number, content: Uint8Array): MaybePromise<Uint8Array> {
    const { encryptThenMac, crypto, blockLength, mac } = this.#keys
    const chained = this.#sendIv
    const iv = chained ?? crypto.random(blockLength)
    const sequence = this.sequenceNumber++
    // Whoever answers later takes what it needs of `content` only then: it is the caller's.
    const sealed = runSteps(
      encryptThenMac
        ? this.#sealThenMac(type, padded(content, blockLength), iv, sequence)
        : this.#macThenSeal(type, content, iv, sequence),
    )
    if (!(sealed instanceof Uint8Array)) {
      this.#sealing++
      const done = () => {
        this.#sealing--
        if (this.#forgotten) this.destroy()
      }
      sealed.then(done, done)
    }
    if (chained !== undefined) {
      const lastBlock = (record: Uint8Array) => {
        const end = record.length - (encryptThenMac ? mac.outputLength : 0)
        return record.slice(end - blockLength, end)
      }
      if (sealed instanceof Uint8Array) this.#sendIv = lastBlock(sealed)
      else {
        this.#sendIv = sealed.then(lastBlock)
        // Whoever waits for the record learns of a failure, and perhaps there is no next one that would.
        this.#sendIv.then(undefined, () => {})
      }
    }
    return sealed
  }

  *#macThenSeal(
    type: number,
    content: Uint8Array,
    iv: MaybePromise<Uint8Array>,
    sequence: number,
  ): Steps<Uint8Array> {
    const { mac, macKey, blockLength, version } = this.#keys
    const data = additionalData12(sequence, recordHeader(type, 0, version), content.length)
    const copy = content.slice()
    const code = yield* settle(this.#rules.mac(mac, macKey, data, copy))
    return yield* this.#encrypt(type, yield* settle(iv), padded(concat(copy, code), blockLength))
  }

  *#sealThenMac(
    type: number,
    plaintext: Uint8Array,
    iv: MaybePromise<Uint8Array>,
    sequence: number,
  ): Steps<Uint8Array> {
    const { mac, macKey, version } = this.#keys
    const record = yield* this.#encrypt(type, yield* settle(iv), plaintext)
    const fragment = record.subarray(recordHeaderLength)
    const data = additionalData12(sequence, recordHeader(type, 0, version), fragment.length)
    const code = yield* settle(this.#rules.mac(mac, macKey, data, fragment))
    const header = recordHeader(type, fragment.length + code.length, version)
    return concat(header, fragment, code)
  }

  /** @returns a record, with the IV where it stands there */
  *#encrypt(type: number, iv: Uint8Array, plaintext: Uint8Array): Steps<Uint8Array> {
    const ciphertext = yield* settle(this.#keys.key.encrypt(iv, plaintext))
    const shown = this.splitsData ? none : iv
    const header = recordHeader(type, shown.length + ciphertext.length, this.#keys.version)
    return concat(header, shown, ciphertext)
  }

  open(record: Uint8Array): MaybePromise<OpenedRecord | undefined> {
    const { encryptThenMac, blockLength, mac } = this.#keys
    // One for the padding's length; the content may be empty, but not its MAC and its padding.
    const outside = encryptThenMac ? mac.outputLength : 0
    const least = encryptThenMac ? 1 : mac.outputLength + 1
    const start = recordHeaderLength + this.nonceLength
    const encrypted = record.length - start - outside
    if (encrypted < least || encrypted % blockLength !== 0) return undefined
    const sequence = this.sequenceNumber++
    const copy = record.slice()
    const ciphertext = copy.subarray(start, copy.length - outside)
    const iv = this.#receiveIv ?? copy.subarray(recordHeaderLength, start)
    if (this.#receiveIv !== undefined) this.#receiveIv = ciphertext.slice(-blockLength)
    return runSteps(
      encryptThenMac
        ? this.#openAfterMac(copy, iv, ciphertext, sequence)
        : this.#openWithMac(copy, iv, ciphertext, sequence),
    )
  }

  *#openAfterMac(
    record: Uint8Array,
    iv: Uint8Array,
    ciphertext: Uint8Array,
    sequence: number,
  ): Steps<OpenedRecord | undefined> {
    const { key, mac, macKey, crypto } = this.#keys
    const fragment = record.subarray(recordHeaderLength, record.length - mac.outputLength)
    const data = additionalData12(sequence, record, fragment.length)
    const expected = yield* settle(this.#rules.mac(mac, macKey, data, fragment))
    if (!crypto.equal(expected, record.subarray(record.length - mac.outputLength))) return undefined
    const plaintext = yield* settle(key.decrypt(iv, ciphertext))
    // Only the owner of the MAC key can have made a bad padding now; it is refused like a bad MAC all the same.
    const { good, length } = this.#rules.readPadding(plaintext, 0, this.#keys.blockLength)
    return good === 0 ? undefined : openedRecord(record[0]!, plaintext.subarray(0, length))
  }

  *#openWithMac(
    record: Uint8Array,
    iv: Uint8Array,
    ciphertext: Uint8Array,
    sequence: number,
  ): Steps<OpenedRecord | undefined> {
    const { key, mac, macKey, blockLength, crypto } = this.#keys
    const { readPadding, hashedBefore } = this.#rules
    const plaintext = yield* settle(key.decrypt(iv, ciphertext))
    const { good, length } = readPadding(plaintext, mac.outputLength, blockLength)
    const contentLength = length - mac.outputLength
    const received = copyMac(plaintext, contentLength, mac.outputLength)
    const data = additionalData12(sequence, record, contentLength)
    const content = plaintext.subarray(0, contentLength)
    const expected = yield* settle(this.#rules.mac(mac, macKey, data, content))
    const longest = plaintext.length - mac.outputLength - 1
    yield* settle(mac.digest(evening(mac, contentLength, longest, hashedBefore)))
    const genuine = crypto.equal(expected, received)
    return !genuine || good === 0 ? undefined : openedRecord(record[0]!, content)
  }

  forgetLast(): void {
    this.sequenceNumber--
  }

  destroy(): void {
    this.#forgotten = true
    if (this.#sealing > 0) return
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
export function less(a: number, b: number): number {
  return (a - b) >> 31
}

/**
 * What of a plaintext is not padding, in bytes, and all ones where the padding is good. Bad padding counts as none. The
 * bytes that are read, and the work that is done, depend on the length of the plaintext only.
 * @param behind bytes that must be left when the padding is taken away. @param _blockLength for other rules than these
 */
export function readPadding(
  plaintext: Uint8Array,
  behind: number,
  _blockLength: number,
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
export function evening(
  hash: HashFunction,
  contentLength: number,
  longest: number,
  hashedBefore: number,
): Uint8Array {
  const block = hash.outputLength > 32 ? 128 : 64
  // The bit 1 and the length of the message, with which a hash ends.
  const tail = hash.outputLength > 32 ? 17 : 9
  const blocks = (length: number) => Math.ceil((hashedBefore + length + tail) / block)
  const missing = blocks(longest) - blocks(contentLength) + 1
  return new Uint8Array(missing * block - tail)
}

/**
 * The AEADs of TLS 1.3 and 1.2 over node:crypto.
 *
 * One cipher object for each record is what the platform has: the nonce changes and node:crypto cannot set a new one
 * on an object that exists. A key is bytes where making a KeyObject costs more than a record, up to Node 22; from Node 24
 * on it is a KeyObject, because there it takes ten times longer to begin with bytes (bench/NOTES.md). Its memory is
 * native, and Node wipes it when the object is collected; bytes are wiped here.
 */
import {
  type CipherCCM,
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherCCM,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto'
import {
  aesCcmConfidentialityLimit,
  aesGcmConfidentialityLimit,
  chacha20Poly1305ConfidentialityLimit,
} from '../limits.ts'
import type { Aead, AeadKey } from '../provider.ts'
import { plain, stayingInput } from './bytes.ts'
import { freeMemory } from './freeMemory.ts'
import { prefersKeyObjects } from './platform.ts'

/** An AEAD, as one object for all its keys. */
interface AeadShape extends NamedAead {
  readonly options: { readonly authTagLength: number }
}

interface NamedAead {
  readonly name: string
  /** OpenSSL's name. */
  readonly cipher: string
  readonly keyLength: number
  readonly tagLength: number
  readonly confidentialityLimit: number
  /** CCM wants the length before the data, and the data in one piece (RFC 3610 §2.2). */
  readonly lengthFirst: boolean
}

/** Up to so many bytes, copying the parts together first costs less than one more call into OpenSSL. */
const stagingLength = 4096

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0
  for (const part of parts) length += part.length
  return length
}

function gather(parts: readonly Uint8Array[], target: Uint8Array, offset: number): void {
  let at = offset
  for (const part of parts) {
    target.set(part, at)
    at += part.length
  }
}

/**
 * Copies what `update` answered to its place, and frees the memory that it came in: the next record gets the same, which is
 * still in the cache, and the collector has nothing to do (bench/NOTES.md).
 */
function moveInto(target: Uint8Array, offset: number, answer: Uint8Array): void {
  target.set(answer, offset)
  freeMemory(answer)
}

/** The nonce of every AEAD in TLS 1.3, in bytes. */
const nonceLength = 12

const nonceInput = /* @__PURE__ */ stayingInput(nonceLength)
/** What is authenticated with a record: its header, with its number up to TLS 1.2; a ticket's name. In bytes. */
const additionalInput = /* @__PURE__ */ stayingInput(16)

class NodeAeadKey implements AeadKey {
  readonly #shape: AeadShape
  #key: KeyObject | Uint8Array | undefined

  constructor(shape: AeadShape, key: KeyObject | Uint8Array) {
    this.#shape = shape
    this.#key = key
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    reserve: number,
  ): Uint8Array {
    const sealed = new Uint8Array(reserve + lengthOf(plaintext) + this.#shape.tagLength)
    this.sealInto(nonce, additionalData, plaintext, sealed, reserve)
    return sealed
  }

  sealInto(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    target: Uint8Array,
    offset: number,
  ): void {
    const { cipher: name, lengthFirst, options } = this.#shape
    const cipher = createCipheriv(
      name as 'aes-128-gcm',
      this.#liveKey(),
      nonceInput(nonce),
      options,
    ) as CipherGCM & CipherCCM
    const length = lengthOf(plaintext)
    const end = offset + length
    const additional = additionalInput(additionalData)
    if (lengthFirst) cipher.setAAD(additional, { plaintextLength: length })
    else cipher.setAAD(additional)
    if (lengthFirst || length <= stagingLength) {
      gather(plaintext, target, offset)
      moveInto(target, offset, cipher.update(target.subarray(offset, end)))
    } else {
      let at = offset
      for (const part of plaintext) {
        // Nothing stands behind the content in TLS 1.2, and a call costs as much as a short record.
        if (part.length === 0) continue
        moveInto(target, at, cipher.update(part))
        at += part.length
      }
    }
    cipher.final()
    target.set(cipher.getAuthTag(), end)
  }

  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined {
    const { cipher: name, tagLength, lengthFirst, options } = this.#shape
    const length = ciphertext.length - tagLength
    if (length < 0) return undefined
    const decipher = createDecipheriv(
      name as 'aes-128-gcm',
      this.#liveKey(),
      nonceInput(nonce),
      options,
    ) as DecipherGCM & DecipherCCM
    decipher.setAuthTag(ciphertext.subarray(length))
    const additional = additionalInput(additionalData)
    if (lengthFirst) decipher.setAAD(additional, { plaintextLength: length })
    else decipher.setAAD(additional)
    let plaintext: Uint8Array | undefined
    try {
      plaintext = decipher.update(ciphertext.subarray(0, length))
      decipher.final()
    } catch {
      // What was decrypted before the tag was compared must not be seen by anybody.
      plaintext?.fill(0)
      return undefined
    }
    return plain(plaintext)
  }

  destroy(): void {
    if (this.#key instanceof Uint8Array) this.#key.fill(0)
    this.#key = undefined
  }

  #liveKey(): KeyObject | Uint8Array {
    if (this.#key === undefined) throw new Error(`${this.#shape.name}: the key was destroyed`)
    return this.#key
  }
}

/** Outside of V8's heap, where it stays: a collector that moves an object leaves its bytes behind. */
function nativeCopy(key: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(key.length))
  copy.set(key)
  return copy
}

function aead(named: NamedAead): Aead {
  const { name, keyLength, tagLength, confidentialityLimit } = named
  const shape: AeadShape = { ...named, options: { authTagLength: tagLength } }
  return {
    name,
    keyLength,
    nonceLength,
    tagLength,
    confidentialityLimit,
    importKey(key) {
      if (key.length !== keyLength) {
        throw new RangeError(`${name} takes a key of ${keyLength} bytes, not ${key.length}`)
      }
      return new NodeAeadKey(shape, prefersKeyObjects ? createSecretKey(key) : nativeCopy(key))
    },
  }
}

export const aes128Gcm: Aead = /* @__PURE__ */ aead({
  name: 'AES-128-GCM',
  cipher: 'aes-128-gcm',
  keyLength: 16,
  tagLength: 16,
  confidentialityLimit: aesGcmConfidentialityLimit,
  lengthFirst: false,
})

export const aes256Gcm: Aead = /* @__PURE__ */ aead({
  name: 'AES-256-GCM',
  cipher: 'aes-256-gcm',
  keyLength: 32,
  tagLength: 16,
  confidentialityLimit: aesGcmConfidentialityLimit,
  lengthFirst: false,
})

export const chacha20Poly1305: Aead = /* @__PURE__ */ aead({
  name: 'ChaCha20-Poly1305',
  cipher: 'chacha20-poly1305',
  keyLength: 32,
  tagLength: 16,
  confidentialityLimit: chacha20Poly1305ConfidentialityLimit,
  lengthFirst: false,
})

export const aes128Ccm: Aead = /* @__PURE__ */ aead({
  name: 'AES-128-CCM',
  cipher: 'aes-128-ccm',
  keyLength: 16,
  tagLength: 16,
  confidentialityLimit: aesCcmConfidentialityLimit,
  lengthFirst: true,
})

export const aes128Ccm8: Aead = /* @__PURE__ */ aead({
  name: 'AES-128-CCM-8',
  cipher: 'aes-128-ccm',
  keyLength: 16,
  tagLength: 8,
  confidentialityLimit: aesCcmConfidentialityLimit,
  lengthFirst: true,
})

/** For TLS 1.2 only (RFC 6655), as is the next. */
export const aes256Ccm: Aead = /* @__PURE__ */ aead({
  name: 'AES-256-CCM',
  cipher: 'aes-256-ccm',
  keyLength: 32,
  tagLength: 16,
  confidentialityLimit: aesCcmConfidentialityLimit,
  lengthFirst: true,
})

export const aes256Ccm8: Aead = /* @__PURE__ */ aead({
  name: 'AES-256-CCM-8',
  cipher: 'aes-256-ccm',
  keyLength: 32,
  tagLength: 8,
  confidentialityLimit: aesCcmConfidentialityLimit,
  lengthFirst: true,
})

/**
 * The AEADs of TLS 1.3 over @noble/ciphers: AES-GCM and ChaCha20-Poly1305. It has no CCM, and so this provider has
 * none of the CCM suites.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { aesGcmConfidentialityLimit, chacha20Poly1305ConfidentialityLimit } from '../limits.ts'
import type { Aead, AeadKey } from '../provider.ts'

interface NobleCipher {
  encrypt(plaintext: Uint8Array): Uint8Array
  decrypt(ciphertext: Uint8Array): Uint8Array
}
type NewNobleCipher = (
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
) => NobleCipher

/** Bytes; the same for both. */
const nonceLength = 12
const tagLength = 16

class NobleAeadKey implements AeadKey {
  readonly #name: string
  readonly #newCipher: NewNobleCipher
  #key: Uint8Array | undefined

  constructor(name: string, newCipher: NewNobleCipher, key: Uint8Array) {
    this.#name = name
    this.#newCipher = newCipher
    this.#key = key
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    reserve: number,
  ): Uint8Array {
    let length = 0
    for (const part of plaintext) length += part.length
    const whole = new Uint8Array(length)
    let offset = 0
    for (const part of plaintext) {
      whole.set(part, offset)
      offset += part.length
    }
    const ciphertext = this.#cipher(nonce, additionalData).encrypt(whole)
    const sealed = new Uint8Array(reserve + ciphertext.length)
    sealed.set(ciphertext, reserve)
    return sealed
  }

  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined {
    if (ciphertext.length < tagLength) return undefined
    const cipher = this.#cipher(nonce, additionalData)
    try {
      return cipher.decrypt(ciphertext)
    } catch {
      return undefined
    }
  }

  destroy(): void {
    this.#key?.fill(0)
    this.#key = undefined
  }

  #cipher(nonce: Uint8Array, additionalData: Uint8Array): NobleCipher {
    if (this.#key === undefined) throw new Error(`${this.#name}: the key was destroyed`)
    return this.#newCipher(this.#key, nonce, additionalData)
  }
}

function aead(
  name: string,
  keyLength: number,
  confidentialityLimit: number,
  newCipher: NewNobleCipher,
): Aead {
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
      return new NobleAeadKey(name, newCipher, new Uint8Array(key))
    },
  }
}

export const aes128Gcm: Aead = /* @__PURE__ */ aead(
  'AES-128-GCM',
  16,
  aesGcmConfidentialityLimit,
  gcm,
)

export const aes256Gcm: Aead = /* @__PURE__ */ aead(
  'AES-256-GCM',
  32,
  aesGcmConfidentialityLimit,
  gcm,
)

export const chacha20Poly1305: Aead = /* @__PURE__ */ aead(
  'ChaCha20-Poly1305',
  32,
  chacha20Poly1305ConfidentialityLimit,
  chacha20poly1305,
)

/** Block ciphers in CBC mode over node:crypto, without padding: records up to TLS 1.2 bring their own. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { BlockCipher, BlockCipherKey } from '../provider.ts'
import { plain } from './bytes.ts'

class CbcKey implements BlockCipherKey {
  readonly #cipher: string
  #key: KeyObject | undefined

  constructor(cipher: string, key: KeyObject) {
    this.#cipher = cipher
    this.#key = key
  }

  encrypt(iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const cipher = createCipheriv(this.#cipher, this.#liveKey(), iv)
    cipher.setAutoPadding(false)
    const ciphertext = plain(cipher.update(plaintext))
    cipher.final()
    return ciphertext
  }

  decrypt(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const decipher = createDecipheriv(this.#cipher, this.#liveKey(), iv)
    decipher.setAutoPadding(false)
    const plaintext = plain(decipher.update(ciphertext))
    decipher.final()
    return plaintext
  }

  destroy(): void {
    this.#key = undefined
  }

  #liveKey(): KeyObject {
    if (this.#key === undefined) throw new Error(`${this.#cipher}: the key was destroyed`)
    return this.#key
  }
}

export function cbc(
  name: string,
  cipher: string,
  keyLength: number,
  blockLength = 16,
): BlockCipher {
  return {
    name,
    keyLength,
    blockLength,
    importKey(key) {
      if (key.length !== keyLength)
        throw new RangeError(`${name} takes a key of ${keyLength} bytes, not ${key.length}`)
      return new CbcKey(cipher, createSecretKey(key))
    },
  }
}

export const aes128Cbc: BlockCipher = /* @__PURE__ */ cbc('AES-128-CBC', 'aes-128-cbc', 16)
export const aes256Cbc: BlockCipher = /* @__PURE__ */ cbc('AES-256-CBC', 'aes-256-cbc', 32)

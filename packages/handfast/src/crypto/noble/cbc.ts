/** AES in CBC mode over @noble/ciphers, without padding: records up to TLS 1.2 bring their own. */
import { cbc } from '@noble/ciphers/aes.js'
import type { BlockCipher, BlockCipherKey } from '../provider.ts'

const options = { disablePadding: true }

class CbcKey implements BlockCipherKey {
  readonly #name: string
  #key: Uint8Array | undefined

  constructor(name: string, key: Uint8Array) {
    this.#name = name
    this.#key = key
  }

  encrypt(iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return cbc(this.#liveKey(), iv, options).encrypt(plaintext)
  }

  decrypt(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    return cbc(this.#liveKey(), iv, options).decrypt(ciphertext)
  }

  destroy(): void {
    this.#key?.fill(0)
    this.#key = undefined
  }

  #liveKey(): Uint8Array {
    if (this.#key === undefined) throw new Error(`${this.#name}: the key was destroyed`)
    return this.#key
  }
}

function aesCbc(name: string, keyLength: number): BlockCipher {
  return {
    name,
    keyLength,
    blockLength: 16,
    importKey(key) {
      if (key.length !== keyLength)
        throw new RangeError(`${name} takes a key of ${keyLength} bytes, not ${key.length}`)
      return new CbcKey(name, new Uint8Array(key))
    },
  }
}

export const aes128Cbc: BlockCipher = /* @__PURE__ */ aesCbc('AES-128-CBC', 16)
export const aes256Cbc: BlockCipher = /* @__PURE__ */ aesCbc('AES-256-CBC', 32)

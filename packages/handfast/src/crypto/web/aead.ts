/** AES-GCM over WebCrypto. It has no ChaCha20-Poly1305 and no CCM. */
import { concat } from '../../codec/bytes.ts'
import { aesGcmConfidentialityLimit } from '../limits.ts'
import type { Aead, AeadKey } from '../provider.ts'
import { type PlatformKey, subtle } from '../webCrypto.ts'

/** Bytes. */
const nonceLength = 12
const tagLength = 16

class WebAeadKey implements AeadKey {
  readonly #name: string
  #key: PlatformKey | undefined

  constructor(name: string, key: PlatformKey) {
    this.#name = name
    this.#key = key
  }

  async seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    reserve: number,
  ): Promise<Uint8Array> {
    const sealed = await subtle().encrypt(
      algorithm(nonce, additionalData),
      this.#live(),
      concat(...plaintext),
    )
    const record = new Uint8Array(reserve + sealed.byteLength)
    record.set(new Uint8Array(sealed), reserve)
    return record
  }

  async open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const key = this.#live()
    try {
      const parameters = algorithm(nonce, additionalData)
      return new Uint8Array(await subtle().decrypt(parameters, key, ciphertext))
    } catch {
      // The tag does not fit: WebCrypto says OperationError, and nothing more.
      return undefined
    }
  }

  /** What the platform keeps goes with its garbage. */
  destroy(): void {
    this.#key = undefined
  }

  #live(): PlatformKey {
    if (this.#key === undefined) throw new Error(`${this.#name}: the key was destroyed`)
    return this.#key
  }
}

function algorithm(iv: Uint8Array, additionalData: Uint8Array) {
  return { name: 'AES-GCM', iv, additionalData, tagLength: tagLength * 8 }
}

function aesGcm(name: string, keyLength: number): Aead {
  return {
    name,
    keyLength,
    nonceLength,
    tagLength,
    confidentialityLimit: aesGcmConfidentialityLimit,
    importKey(key) {
      if (key.length !== keyLength)
        throw new RangeError(`${name} takes a key of ${keyLength} bytes, not ${key.length}`)
      return subtle()
        .importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
        .then((imported) => new WebAeadKey(name, imported))
    },
  }
}

export const aes128Gcm: Aead = /* @__PURE__ */ aesGcm('AES-128-GCM', 16)
export const aes256Gcm: Aead = /* @__PURE__ */ aesGcm('AES-256-GCM', 32)

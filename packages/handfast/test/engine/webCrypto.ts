/** AEAD, hash and HMAC over `crypto.subtle`, which answers by promises only: a provider that a browser could have. */
import type { webcrypto } from 'node:crypto'
import type {
  Aead,
  AeadKey,
  CipherSuite,
  CryptoProvider,
  HashFunction,
} from '../../src/crypto/provider.ts'

const { subtle } = globalThis.crypto
const hashNames = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }

export class WebCryptoCalls {
  /** Calls that have not answered yet. */
  underWay = 0

  /** AES-GCM, the hashes and HMAC by WebCrypto; the rest as it is. */
  provider(rest: CryptoProvider): CryptoProvider {
    const { sha256, sha384, sha512 } = rest.hashes
    const hashes = {
      sha256: this.#hash(sha256),
      sha384: this.#hash(sha384),
      sha512: this.#hash(sha512),
    }
    const ours = (hash: HashFunction) => (hash === sha384 ? hashes.sha384 : hashes.sha256)
    return {
      ...rest,
      name: 'WebCrypto',
      random: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
      hashes,
      cipherSuites: rest.cipherSuites
        .filter(({ aead }) => aead.name.endsWith('GCM'))
        .map(
          (suite): CipherSuite => ({
            ...suite,
            hash: ours(suite.hash),
            aead: this.#aesGcm(suite.aead),
          }),
        ),
    }
  }

  async #call<T>(promise: Promise<T>): Promise<T> {
    this.underWay++
    try {
      return await promise
    } finally {
      this.underWay--
    }
  }

  #hash({ name, outputLength }: HashFunction): HashFunction {
    const algorithm = hashNames[name]
    return {
      name,
      outputLength,
      digest: (data) => this.#call(subtle.digest(algorithm, copy(data)).then(bytes)),
      hmac: (key, data) => this.#call(hmac(algorithm, copy(key), copy(data))),
    }
  }

  #aesGcm(shape: Aead): Aead {
    return {
      ...shape,
      importKey: (raw) =>
        this.#call(
          subtle
            .importKey('raw', copy(raw), 'AES-GCM', false, ['encrypt', 'decrypt'])
            .then((key) => this.#key(key)),
        ),
    }
  }

  #key(key: webcrypto.CryptoKey): AeadKey {
    const params = (iv: Uint8Array, additionalData: Uint8Array) => ({
      name: 'AES-GCM',
      iv: copy(iv),
      additionalData: copy(additionalData),
    })
    return {
      seal: (nonce, additionalData, plaintext, reserve) =>
        this.#call(
          subtle
            .encrypt(params(nonce, additionalData), key, Buffer.concat(plaintext))
            .then((sealed) => {
              const record = new Uint8Array(reserve + sealed.byteLength)
              record.set(bytes(sealed), reserve)
              return record
            }),
        ),
      open: (nonce, additionalData, ciphertext) =>
        this.#call(
          subtle.decrypt(params(nonce, additionalData), key, copy(ciphertext)).then(
            bytes,
            // The tag does not fit: WebCrypto says OperationError, and nothing more.
            () => undefined,
          ),
        ),
      destroy() {},
    }
  }
}

async function hmac(
  hash: string,
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign'])
  return bytes(await subtle.sign('HMAC', imported, data))
}

function bytes(buffer: ArrayBuffer): Uint8Array {
  return new Uint8Array(buffer)
}

/** What is handed in may be wiped as soon as the call has returned. */
function copy(view: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(view)
}

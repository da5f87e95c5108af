/** The parts of a provider that TLS 1.2 uses, with answers that come later. */
import type {
  Aead,
  BlockCipher,
  ClassicCipherSuite,
  CryptoProvider,
  HashFunction,
  MaybePromise,
} from '../../src/crypto/provider.ts'
import { exchange, type Pair } from '../engine/pair.ts'

export interface LateWorld12 {
  readonly crypto: CryptoProvider
  /** Carries bytes and answers until it is `done`, and nothing moves any more. */
  settle(pair: Pair, done: () => boolean): Promise<void>
}

/** @param later gets what computes, as `LateAnswers.later` does */
export function interposeClassic(
  provider: CryptoProvider,
  later: <T>(operation: () => MaybePromise<T>) => Promise<T>,
): CryptoProvider {
  const hash = (inner: HashFunction): HashFunction => ({
    ...inner,
    digest: (data) => later(() => inner.digest(data)),
    hmac: (key, data) => later(() => inner.hmac(key, data)),
  })
  const aead = (inner: Aead): Aead => ({
    ...inner,
    importKey: (raw) => {
      const imported = inner.importKey(raw.slice())
      return later(async () => {
        const key = await imported
        return {
          seal: (...parts) => later(() => key.seal(...parts)),
          open: (...parts) => later(() => key.open(...parts)),
          destroy: () => key.destroy(),
        }
      })
    },
  })
  const cipher = (inner: BlockCipher): BlockCipher => ({
    ...inner,
    importKey: (raw) => {
      const imported = inner.importKey(raw.slice())
      return later(async () => {
        const key = await imported
        return {
          encrypt: (...parts) => later(() => key.encrypt(...parts)),
          decrypt: (...parts) => later(() => key.decrypt(...parts)),
          destroy: () => key.destroy(),
        }
      })
    },
  })
  const suite = (inner: ClassicCipherSuite): ClassicCipherSuite => {
    const { protection } = inner
    return {
      ...inner,
      hash: hash(inner.hash),
      protection:
        protection.kind === 'aead'
          ? { ...protection, aead: aead(protection.aead) }
          : { ...protection, cipher: cipher(protection.cipher), mac: hash(protection.mac) },
    }
  }
  const { rsaEncrypt } = provider
  return {
    ...provider,
    classicCipherSuites: (provider.classicCipherSuites ?? []).map(suite),
    ...(rsaEncrypt && {
      rsaEncrypt: (spki: Uint8Array, message: Uint8Array) => later(() => rsaEncrypt(spki, message)),
    }),
  }
}

/** Every operation computes at once, as WebCrypto takes a copy of its inputs at once, and answers in a later task. */
export function late12(provider: CryptoProvider): LateWorld12 {
  let underWay = 0
  const crypto = interposeClassic(provider, async (operation) => {
    underWay++
    try {
      const result = await operation()
      await new Promise((resolve) => setImmediate(resolve))
      return result
    } finally {
      underWay--
    }
  })
  return {
    crypto,
    async settle(pair, done) {
      // Signatures of RSA with noble are WebCrypto's, which are not counted.
      const end = Date.now() + 20_000
      while ((underWay > 0 || !done()) && Date.now() < end) {
        exchange(pair)
        await new Promise((resolve) =>
          underWay > 0 ? setImmediate(resolve) : setTimeout(resolve, 1),
        )
      }
    },
  }
}

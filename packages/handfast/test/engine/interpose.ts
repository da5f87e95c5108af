/** A provider with something between it and the engine: answers that come later, faults, a count of the calls. */
import type { SignatureVerifiers } from '@handfast/x509'
import type {
  Aead,
  CipherSuite,
  CryptoProvider,
  HashFunction,
  KeyExchangeGroup,
  MaybePromise,
  SigningKey,
} from '../../src/crypto/provider.ts'

/** Stands around each operation that may answer later. @param name of the operation, `seal`, `hmac` */
export type Around = <T>(name: string, operation: () => MaybePromise<T>) => MaybePromise<T>

export function interpose(provider: CryptoProvider, around: Around): CryptoProvider {
  // Suites are compared by their hash: each is wrapped once.
  const hashes = new Map<HashFunction, HashFunction>()
  const hash = (inner: HashFunction): HashFunction => {
    const known = hashes.get(inner)
    if (known !== undefined) return known
    const wrapped: HashFunction = {
      ...inner,
      digest: (data) => around('digest', () => inner.digest(data)),
      hmac: (key, data) => around('hmac', () => inner.hmac(key, data)),
    }
    hashes.set(inner, wrapped)
    return wrapped
  }
  const { sha256, sha384, sha512 } = provider.hashes
  const verifiers = Object.entries(provider.signatureVerifiers).map(
    ([algorithm, verify]) =>
      [
        algorithm,
        (spki: Uint8Array, data: Uint8Array, signature: Uint8Array) =>
          around('verify', () => verify(spki, data, signature)),
      ] as const,
  )
  return {
    ...provider,
    name: `${provider.name}, interposed`,
    hashes: { sha256: hash(sha256), sha384: hash(sha384), sha512: hash(sha512) },
    cipherSuites: provider.cipherSuites.map(
      (suite): CipherSuite => ({
        ...suite,
        hash: hash(suite.hash),
        aead: aeadOf(suite.aead, around),
      }),
    ),
    groups: provider.groups.map((group) => groupOf(group, around)),
    signatureVerifiers: Object.fromEntries(verifiers) as SignatureVerifiers,
    importPrivateKey: (pkcs8) => around('importPrivateKey', () => provider.importPrivateKey(pkcs8)),
  }
}

function aeadOf(inner: Aead, around: Around): Aead {
  return {
    ...inner,
    importKey: (key) =>
      around(
        'importKey',
        async_(inner.importKey(key), (imported) => ({
          seal: (...parts: Parameters<typeof imported.seal>) =>
            around('seal', () => imported.seal(...parts)),
          open: (...parts: Parameters<typeof imported.open>) =>
            around('open', () => imported.open(...parts)),
          destroy: () => imported.destroy(),
        })),
      ),
  }
}

/** Applies `then` to a value that may come later. */
function async_<T, U>(value: MaybePromise<T>, then: (value: T) => U): () => MaybePromise<U> {
  return () => (value instanceof Promise ? value.then(then) : then(value as T))
}

function groupOf(inner: KeyExchangeGroup, around: Around): KeyExchangeGroup {
  return {
    ...inner,
    generate: () =>
      around(
        'generate',
        async_(inner.generate(), (pair) => ({
          share: pair.share,
          decapsulate: (share: Uint8Array) => around('decapsulate', () => pair.decapsulate(share)),
          destroy: () => pair.destroy(),
        })),
      ),
    encapsulate: (share) => around('encapsulate', () => inner.encapsulate(share)),
  }
}

export function interposeSigner(inner: SigningKey, around: Around): SigningKey {
  return { schemes: inner.schemes, sign: (...args) => around('sign', () => inner.sign(...args)) }
}

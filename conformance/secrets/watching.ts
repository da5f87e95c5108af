/** A provider that keeps references to every array of bytes that was secret when it was handed out or taken in. */
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type {
  Aead,
  AeadKey,
  CryptoProvider,
  HashFunction,
  KeyExchangeGroup,
} from '../../packages/handfast/src/crypto/provider.ts'

export interface Secret {
  readonly what: string
  /** The array itself, which the engine has too. */
  readonly bytes: Uint8Array
  /** What it held. */
  readonly copy: Buffer
}

export class WatchedSecrets {
  readonly all: Secret[] = []
  readonly #live = new Set<AeadKey>()
  /** Pairs that were compared in constant time. */
  compared = 0
  readonly crypto: CryptoProvider

  constructor() {
    const hashes = new Map<HashFunction, HashFunction>()
    const hash = (inner: HashFunction): HashFunction => {
      const known = hashes.get(inner)
      if (known !== undefined) return known
      const watched: HashFunction = {
        ...inner,
        hmac: (key, data) => {
          this.#keep('key of an HMAC', key)
          const result = inner.hmac(key, data) as Uint8Array
          this.#keep('result of an HMAC', result)
          return result
        },
      }
      hashes.set(inner, watched)
      return watched
    }
    const aead = (inner: Aead): Aead => ({
      ...inner,
      importKey: (key) => {
        this.#keep('record key', key)
        const imported = inner.importKey(key) as AeadKey
        const live: AeadKey = {
          seal: (...parts) => imported.seal(...parts),
          open: (...parts) => imported.open(...parts),
          destroy: () => {
            this.#live.delete(live)
            imported.destroy()
          },
        }
        this.#live.add(live)
        return live
      },
    })
    const group = (inner: KeyExchangeGroup): KeyExchangeGroup => ({
      ...inner,
      generate: () => {
        const pair = inner.generate() as Exclude<
          ReturnType<typeof inner.generate>,
          PromiseLike<unknown>
        >
        return {
          share: pair.share,
          decapsulate: (share) => {
            const secret = pair.decapsulate(share) as Uint8Array | undefined
            if (secret !== undefined) this.#keep('shared secret', secret)
            return secret
          },
          destroy: () => pair.destroy(),
        }
      },
      encapsulate: (share) => {
        const result = inner.encapsulate(share) as Exclude<
          Awaited<ReturnType<typeof inner.encapsulate>>,
          undefined
        >
        if (result !== undefined) this.#keep('shared secret', result.secret)
        return result
      },
    })
    const { sha256, sha384, sha512 } = nodeProvider.hashes
    this.crypto = {
      ...nodeProvider,
      name: 'watching',
      hashes: { sha256: hash(sha256), sha384: hash(sha384), sha512: hash(sha512) },
      equal: (a, b) => {
        this.compared++
        return nodeProvider.equal(a, b)
      },
      groups: nodeProvider.groups.map(group),
      cipherSuites: nodeProvider.cipherSuites.map((suite) => ({
        ...suite,
        hash: hash(suite.hash),
        aead: aead(suite.aead),
      })),
      classicCipherSuites: (nodeProvider.classicCipherSuites ?? []).map((suite) => ({
        ...suite,
        hash: hash(suite.hash),
        protection:
          suite.protection.kind === 'aead'
            ? { ...suite.protection, aead: aead(suite.protection.aead) }
            : suite.protection,
      })),
    }
  }

  #keep(what: string, bytes: Uint8Array): void {
    // Short ones are found anywhere by chance; zeros are RFC 8446 §7.1's own.
    if (bytes.length >= 16 && bytes.some((byte) => byte !== 0))
      this.all.push({ what, bytes, copy: Buffer.from(bytes) })
  }

  /** Keys of records that nobody destroyed. */
  get liveKeys(): number {
    return this.#live.size
  }

  /** Secrets that still hold what they held. @param except contents that are public */
  left(except: readonly Buffer[] = []): readonly Secret[] {
    return this.all.filter(
      ({ bytes, copy }) => copy.equals(bytes) && !except.some((known) => known.equals(copy)),
    )
  }
}

/**
 * Wycheproof's vectors of key exchange have private keys, and a provider makes its own. Here the sources of those keys
 * are replaced: node:crypto's generation, WebCrypto's, and the platform's random bytes for noble.
 */
import * as crypto from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DerTag, derElement, derInteger } from '../../src/crypto/der.ts'
import { groupOf, providers } from './providers.ts'
import { haveVectors, hex, readVectors, type Vector, vectorsNote } from './vectors.ts'

const forced = vi.hoisted(() => ({ privateKey: undefined as Uint8Array | undefined }))

vi.mock('node:crypto', async (importActual) => {
  const actual = await importActual<typeof import('node:crypto')>()
  return {
    // What Node 20 lacks: asked for by name, the mock would throw rather than answer undefined.
    encapsulate: undefined,
    decapsulate: undefined,
    ...actual,
    createECDH(curve: string) {
      const own = actual.createECDH(curve)
      if (forced.privateKey !== undefined) {
        const scalar = forced.privateKey
        own.generateKeys = (() => {
          own.setPrivateKey(scalar)
          return own.getPublicKey()
        }) as typeof own.generateKeys
      }
      return own
    },
    generateKeyPairSync(
      type: string,
      options: { namedCurve?: string; publicKeyEncoding?: object },
    ) {
      if (forced.privateKey === undefined) {
        return actual.generateKeyPairSync(type as 'ec', options as { namedCurve: string })
      }
      const privateKey = actual.createPrivateKey({
        key: Buffer.from(toPkcs8(type, options?.namedCurve, forced.privateKey)),
        format: 'der',
        type: 'pkcs8',
      })
      const publicKey = actual.createPublicKey(privateKey)
      const encoded = options?.publicKeyEncoding !== undefined
      return { privateKey, publicKey: encoded ? publicKey.export({ format: 'jwk' }) : publicKey }
    },
  }
})

afterEach(() => {
  forced.privateKey = undefined
  vi.unstubAllGlobals()
})

const algorithms: Record<string, string> = {
  secp256r1: '301306072a8648ce3d020106082a8648ce3d030107',
  secp384r1: '301006072a8648ce3d020106052b81040022',
  secp521r1: '301006072a8648ce3d020106052b81040023',
  x25519: '300506032b656e',
  x448: '300506032b656f',
}

function toPkcs8(type: string, curve: string | undefined, secret: Uint8Array): Uint8Array {
  const octets = derElement(DerTag.octetString, secret)
  const key =
    type === 'ec' ? derElement(DerTag.sequence, derInteger(Uint8Array.of(1)), octets) : octets
  return derElement(
    DerTag.sequence,
    derInteger(Uint8Array.of(0)),
    hex(algorithms[curve ?? type]!),
    derElement(DerTag.octetString, key),
  )
}

/** What noble is to draw at random so that it arrives at this key. */
function nobleSeed(group: string, secret: Uint8Array): Uint8Array {
  if (group.startsWith('x')) return secret
  // A seed one half longer than the order is reduced modulo (order - 1), plus one (FIPS 186-5 §A.2.1).
  return numberToBytesBE(
    bytesToNumberBE(secret) - 1n,
    { secp256r1: 48, secp384r1: 72, secp521r1: 99 }[group]!,
  )
}

const publicKeys: Record<string, (secret: Uint8Array) => Uint8Array> = {
  secp256r1: (secret) => p256.getPublicKey(secret, false),
  secp384r1: (secret) => p384.getPublicKey(secret, false),
  secp521r1: (secret) => p521.getPublicKey(secret, false),
  x25519: (secret) => x25519.getPublicKey(secret),
}

/** WebCrypto as it is, but that it generates this key. */
function forceWebKey(group: string, secret: Uint8Array): void {
  const { subtle } = globalThis.crypto
  const pkcs8 = Uint8Array.from(toPkcs8(group === 'x25519' ? 'x25519' : 'ec', group, secret))
  const share = Uint8Array.from(publicKeys[group]!(secret))
  const generateKey = async (algorithm: string) => ({
    privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['deriveBits']),
    publicKey: await subtle.importKey('raw', share, algorithm, true, []),
  })
  const replaced = new Proxy(subtle, {
    get(target, name: keyof typeof subtle) {
      return name === 'generateKey' ? generateKey : (target[name] as () => unknown).bind(target)
    },
  })
  const getRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto)
  vi.stubGlobal('crypto', { subtle: replaced, getRandomValues })
}

function forceKey(provider: string, group: string, secret: Uint8Array): void {
  if (provider === 'node') {
    forced.privateKey = secret
    return
  }
  if (provider === 'web' && group in publicKeys) {
    forceWebKey(group, secret)
    return
  }
  const seed = nobleSeed(group, secret)
  const platform = globalThis.crypto
  let isFirst = true
  vi.stubGlobal('crypto', {
    getRandomValues(array: Uint8Array) {
      // The key is drawn first; what follows blinds the multiplication.
      if (!isFirst) return platform.getRandomValues(array)
      isFirst = false
      if (array.length !== seed.length) throw new Error(`${array.length} random bytes asked for`)
      array.set(seed)
      return array
    },
  })
}

interface ExchangeVector extends Vector {
  public: string
  private: string
  shared: string
}

/** All that others refuse, and some of each kind of the rest: the arithmetic is the libraries', and tested there. */
function sample(vectors: readonly ExchangeVector[]): readonly ExchangeVector[] {
  const seen = new Map<string, number>()
  return vectors.filter(({ flags, result }) => {
    const kind = flags.join()
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    return result !== 'valid' || count <= 12
  })
}

const curveVectors = [
  { group: 'x25519', file: 'x25519', least: 30 },
  { group: 'x448', file: 'x448', least: 30 },
  { group: 'secp256r1', file: 'ecdh_secp256r1_ecpoint', least: 30 },
  { group: 'secp384r1', file: 'ecdh_secp384r1_ecpoint', least: 30 },
  { group: 'secp521r1', file: 'ecdh_secp521r1_ecpoint', least: 30 },
]

describe.skipIf(!haveVectors).each(providers)(
  `Wycheproof's exchanges over $name${vectorsNote}`,
  (provider) => {
    it.each(curveVectors)('$group', { timeout: 60_000 }, async ({ group: name, file, least }) => {
      const group = groupOf(provider, name)
      let agreed = 0
      for (const vectors of readVectors<ExchangeVector>(file)) {
        for (const vector of sample(vectors.tests)) {
          const note = `tcId ${vector.tcId}`
          const share = hex(vector.public)
          const scalar = hex(vector.private)
          const length =
            name === 'x25519' ? 32 : name === 'x448' ? 56 : (group.clientShareLength - 1) / 2
          // Private keys are DER integers: with a zero in front, or short.
          const secret = new Uint8Array(length)
          const significant = scalar.subarray(Math.max(0, scalar.length - length))
          secret.set(significant, length - significant.length)
          forceKey(provider.name, name, secret)
          const pair = await group.generate()
          const shared = await pair.decapsulate(share)
          vi.unstubAllGlobals()
          const isRefused =
            vector.result === 'invalid' ||
            vector.flags.includes('ZeroSharedSecret') ||
            // Valid for others, but TLS has no compressed points (RFC 8446 §4.2.8.2).
            vector.flags.includes('CompressedPoint') ||
            vector.flags.includes('CompressedPublic')
          if (isRefused) {
            expect(shared, note).toBeUndefined()
          } else {
            expect(shared, note).toEqual(hex(vector.shared))
            agreed++
          }
        }
      }
      expect(agreed).toBeGreaterThanOrEqual(least)
    })

    it('the replaced source is really used', async () => {
      const [vectors] = readVectors<ExchangeVector>('x25519')
      forceKey(provider.name, 'x25519', hex(vectors!.tests[0]!.private))
      const group = groupOf(provider, 'x25519')
      const { share } = await group.generate()
      forceKey(provider.name, 'x25519', hex(vectors!.tests[0]!.private))
      expect((await group.generate()).share).toEqual(share)
    })
  },
)

interface EncapsulationVector extends Vector {
  ek: string
}
interface KemVector extends Vector {
  seed: string
  ek: string
  c: string
  K: string
}

describe.skipIf(!haveVectors).each(providers)(
  `Wycheproof's ML-KEM-768 within the hybrid of $name${vectorsNote}`,
  (provider) => {
    it('refuses keys with a coefficient that is not below q, and takes the others', async () => {
      const group = groupOf(provider, 'X25519MLKEM768')
      const { share } = await groupOf(provider, 'x25519').generate()
      const seen = { valid: 0, invalid: 0 }
      for (const vectors of readVectors<EncapsulationVector>('mlkem_768_encaps')) {
        for (const { ek, result, tcId } of vectors.tests) {
          const made = await group.encapsulate(Uint8Array.of(...hex(ek), ...share))
          expect(made !== undefined, `tcId ${tcId}`).toBe(result === 'valid')
          seen[result as 'valid' | 'invalid']++
        }
      }
      expect(seen.invalid).toBeGreaterThan(130)
    })

    it('encapsulates to keys that others made', async () => {
      const group = groupOf(provider, 'X25519MLKEM768')
      const curve = await groupOf(provider, 'x25519').generate()
      let count = 0
      for (const vectors of readVectors<KemVector>('mlkem_768')) {
        for (const { seed, ek, result } of vectors.tests.slice(0, 40)) {
          if (result !== 'valid' || ek === undefined) continue
          const made = (await group.encapsulate(Uint8Array.of(...hex(ek), ...curve.share)))!
          const { publicKey, secretKey } = ml_kem768.keygen(hex(seed))
          expect(publicKey).toEqual(hex(ek))
          const kemSecret = ml_kem768.decapsulate(made.share.subarray(0, 1088), secretKey)
          expect(made.secret.subarray(0, 32)).toEqual(kemSecret)
          count++
        }
      }
      expect(count).toBeGreaterThan(30)
    })
  },
)

it('the mock lets other calls of node:crypto through', () => {
  expect(crypto.createHash('sha256').update('').digest('hex')).toMatch(/^e3b0c442/)
})

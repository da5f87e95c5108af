import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import {
  ffdhe2048Parameters,
  ffdhe3072Parameters,
  isValidFfdheShare,
} from '../../src/crypto/ffdhe.ts'
import { hybridGroup } from '../../src/crypto/hybrid.ts'
import type { KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { flip, groupOf, pairs, providers } from './providers.ts'
import { hex } from './vectors.ts'

/** Client's and server's `key_exchange`, and the secret, in bytes: RFC 8446 §4.2.8, draft-ietf-tls-ecdhe-mlkem §4. */
const lengths: Record<string, readonly [number, number, number]> = {
  x25519: [32, 32, 32],
  x448: [56, 56, 56],
  secp256r1: [65, 65, 32],
  secp384r1: [97, 97, 48],
  secp521r1: [133, 133, 66],
  ffdhe2048: [256, 256, 256],
  ffdhe3072: [384, 384, 384],
  MLKEM768: [1184, 1088, 32],
  MLKEM1024: [1568, 1568, 32],
  X25519MLKEM768: [1216, 1120, 64],
  SecP256r1MLKEM768: [1249, 1153, 64],
  SecP384r1MLKEM1024: [1665, 1665, 80],
}

describe.each(providers)('groups of $name', (provider) => {
  it('has every group of the table, under its code point', () => {
    const names = provider.groups.map(({ name }) => name)
    expect([...names].sort()).toEqual(Object.keys(lengths).sort())
    for (const { id, name } of provider.groups) {
      expect(id).toBe(NamedGroup[name as keyof typeof NamedGroup])
    }
    expect(names[0]).toBe('X25519MLKEM768')
  })

  describe.each(provider.groups)('$name', (group) => {
    it('has shares and secrets of the right length, new ones each time', async () => {
      const [client, server, secretLength] = lengths[group.name]!
      expect([group.clientShareLength, group.serverShareLength]).toEqual([client, server])
      const pair = await group.generate()
      expect(pair.share.length).toBe(client)
      expect(pair.share.constructor).toBe(Uint8Array)
      const one = (await group.encapsulate(pair.share))!
      const two = (await group.encapsulate(pair.share))!
      expect(one.share.length).toBe(server)
      expect(one.secret.length).toBe(secretLength)
      expect(one.share).not.toEqual(two.share)
      expect(one.secret).not.toEqual(two.secret)
      expect(await pair.decapsulate(two.share)).toEqual(two.secret)
      expect((await group.generate()).share).not.toEqual(pair.share)
    })

    it('refuses shares of another length', async () => {
      const pair = await group.generate()
      const { share } = (await group.encapsulate(pair.share))!
      for (const bad of [new Uint8Array(0), share.subarray(1), Uint8Array.of(...share, 0)]) {
        expect(await pair.decapsulate(bad)).toBeUndefined()
      }
      for (const bad of [
        new Uint8Array(0),
        pair.share.subarray(1),
        Uint8Array.of(...pair.share, 0),
      ]) {
        expect(await group.encapsulate(bad)).toBeUndefined()
      }
    })

    it('refuses shares of zeros, and those of ones that are no element', async () => {
      const pair = await group.generate()
      const { clientShareLength, serverShareLength } = group
      // Zeros are a key of ML-KEM, and any bytes a ciphertext (FIPS 203 §6.3, §7.2).
      if (!/^MLKEM/.test(group.name)) {
        expect(await group.encapsulate(new Uint8Array(clientShareLength))).toBeUndefined()
        expect(await pair.decapsulate(new Uint8Array(serverShareLength))).toBeUndefined()
      }
      if (!/^x(25519|448)$/.test(group.name)) {
        expect(
          await group.encapsulate(new Uint8Array(clientShareLength).fill(0xff)),
        ).toBeUndefined()
      }
    })

    it('throws for a key that was destroyed', async () => {
      const pair = await group.generate()
      const { share } = (await group.encapsulate(pair.share))!
      pair.destroy()
      await expect(async () => pair.decapsulate(share)).rejects.toThrow(/destroyed/)
    })
  })

  it.each(['secp256r1', 'secp384r1', 'secp521r1'])(
    '%s: refuses compressed, hybrid and infinite points, and points off the curve',
    async (name) => {
      const group = groupOf(provider, name)
      const { share } = await group.generate()
      const x = share.subarray(1, (share.length + 1) / 2)
      const parity = share.at(-1)! & 1
      const bad = [
        Uint8Array.of(2 + parity, ...x),
        Uint8Array.of(6 + parity, ...share.subarray(1)),
        Uint8Array.of(0),
        flip(share, share.length - 1),
        flip(share, 5),
        Uint8Array.of(0, ...share.subarray(1)),
      ]
      const pair = await group.generate()
      for (const point of bad) {
        expect(await group.encapsulate(point)).toBeUndefined()
        expect(await pair.decapsulate(point)).toBeUndefined()
      }
    },
  )

  it('x25519: refuses every point of low order (RFC 7748 §6.1)', async () => {
    const group = groupOf(provider, 'x25519')
    const pair = await group.generate()
    // The orders 1, 2, 4 and 8 on the curve and on its twist, and the same numbers plus p.
    const lowOrder = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ]
    for (const point of lowOrder.map(hex)) {
      expect(await group.encapsulate(point)).toBeUndefined()
      expect(await pair.decapsulate(point)).toBeUndefined()
      expect(await pair.decapsulate(flip(point, 31, 7))).toBeUndefined()
    }
  })

  it('x448: refuses points of low order', async () => {
    const group = groupOf(provider, 'x448')
    const pair = await group.generate()
    const p = hex(`${'ff'.repeat(28)}fe${'ff'.repeat(27)}`)
    const lowOrder = [
      new Uint8Array(56),
      Uint8Array.of(1, ...new Uint8Array(55)),
      flip(p, 0, 0),
      p,
      Uint8Array.of(...new Uint8Array(28), ...new Uint8Array(28).fill(0xff)),
    ]
    for (const point of lowOrder) {
      expect(await group.encapsulate(point)).toBeUndefined()
      expect(await pair.decapsulate(point)).toBeUndefined()
    }
  })

  it.each([ffdhe2048Parameters, ffdhe3072Parameters])(
    '$name: takes 1 < Y < p - 1 only (RFC 8446 §4.2.8.1)',
    async ({ name, primeHex }) => {
      const group = groupOf(provider, name)
      const prime = hex(primeHex)
      const pair = await group.generate()
      const minusOne = flip(prime, prime.length - 1)
      const one = new Uint8Array(prime.length)
      one[prime.length - 1] = 1
      for (const bad of [new Uint8Array(prime.length), one, minusOne, prime]) {
        expect(await group.encapsulate(bad)).toBeUndefined()
        expect(await pair.decapsulate(bad)).toBeUndefined()
      }
      // Y = 4 = 2^2 is in the subgroup, and its share is nearly all padding.
      const four = new Uint8Array(prime.length)
      four[prime.length - 1] = 4
      expect((await group.encapsulate(four))?.secret.length).toBe(prime.length)
    },
  )
})

describe('ffdhe', () => {
  /** e in fixed point with so many bits behind the point: the sum of 1/n!. */
  function euler(bits: bigint): bigint {
    const guard = 64n
    let term = 1n << (bits + guard)
    let sum = 0n
    for (let n = 1n; term > 0n; n++) {
      sum += term
      term /= n
    }
    return sum >> guard
  }

  it.each([
    [ffdhe2048Parameters, 2048n, 560316n],
    [ffdhe3072Parameters, 3072n, 2625351n],
  ])('$0.name has the prime of the formula in RFC 7919 Appendix A', (parameters, bits, offset) => {
    const p = 2n ** bits - 2n ** (bits - 64n) + (euler(bits - 130n) + offset) * 2n ** 64n - 1n
    expect(parameters.primeHex).toBe(p.toString(16))
    expect(parameters.length).toBe(Number(bits) / 8)
  })

  it('knows the least and the greatest share', () => {
    const prime = Uint8Array.of(0xff, 0x80, 0xff)
    const isValid = (...share: number[]) => isValidFfdheShare(Uint8Array.of(...share), prime)
    expect(isValid(0, 0, 0)).toBe(false)
    expect(isValid(0, 0, 1)).toBe(false)
    expect(isValid(0, 0, 2)).toBe(true)
    expect(isValid(0, 1, 0)).toBe(true)
    expect(isValid(0xff, 0x7f, 0xff)).toBe(true)
    expect(isValid(0xff, 0x80, 0xfd)).toBe(true)
    expect(isValid(0xff, 0x80, 0xfe)).toBe(false)
    expect(isValid(0xff, 0x80, 0xff)).toBe(false)
    expect(isValid(0xff, 0x81, 0)).toBe(false)
    expect(isValid(2, 0)).toBe(false)
    expect(isValid(0, 0, 0, 2)).toBe(false)
  })

  it('pads secrets and shares on the left', { timeout: 60_000 }, async () => {
    // A secret begins with a zero byte once in 256 times: enough exchanges to meet one, surely.
    const [node] = providers
    const group = groupOf(node!, 'ffdhe2048')
    let short = 0
    for (let i = 0; i < 4000 && short === 0; i++) {
      const { share, secret } = (await group.encapsulate((await group.generate()).share))!
      expect([share.length, secret.length]).toEqual([256, 256])
      if (share[0] === 0 || secret[0] === 0) short++
    }
    expect(short).toBe(1)
  })
})

describe.each(pairs)('$0.name generates, $1.name encapsulates', (client, server) => {
  it.each(client.groups)('$name', async (group) => {
    for (let i = 0; i < 3; i++) {
      const pair = await group.generate()
      const made = (await groupOf(server, group.name).encapsulate(pair.share))!
      expect(await pair.decapsulate(made.share)).toEqual(made.secret)
    }
  })
})

/** The hybrids taken apart by hand, with the parts' own libraries: the order of shares and secrets is what is tested. */
describe.each(providers)('hybrids of $name', (provider) => {
  it('X25519MLKEM768 is ML-KEM, then X25519', async () => {
    const kem = ml_kem768.keygen()
    const curve = nobleX25519.keygen()
    const share = Uint8Array.of(...kem.publicKey, ...curve.publicKey)
    const made = (await groupOf(provider, 'X25519MLKEM768').encapsulate(share))!
    const kemSecret = ml_kem768.decapsulate(made.share.subarray(0, 1088), kem.secretKey)
    const curveSecret = nobleX25519.getSharedSecret(curve.secretKey, made.share.subarray(1088))
    expect(made.secret).toEqual(Uint8Array.of(...kemSecret, ...curveSecret))
  })

  it('SecP256r1MLKEM768 is P-256, then ML-KEM', async () => {
    const kem = ml_kem768.keygen()
    const secretKey = p256.utils.randomSecretKey()
    const share = Uint8Array.of(...p256.getPublicKey(secretKey, false), ...kem.publicKey)
    const made = (await groupOf(provider, 'SecP256r1MLKEM768').encapsulate(share))!
    const curveSecret = p256.getSharedSecret(secretKey, made.share.subarray(0, 65)).slice(1)
    const kemSecret = ml_kem768.decapsulate(made.share.subarray(65), kem.secretKey)
    expect(made.secret).toEqual(Uint8Array.of(...curveSecret, ...kemSecret))
  })

  it('SecP384r1MLKEM1024 is P-384, then ML-KEM', async () => {
    const kem = ml_kem1024.keygen()
    const secretKey = p384.utils.randomSecretKey()
    const share = Uint8Array.of(...p384.getPublicKey(secretKey, false), ...kem.publicKey)
    const made = (await groupOf(provider, 'SecP384r1MLKEM1024').encapsulate(share))!
    const curveSecret = p384.getSharedSecret(secretKey, made.share.subarray(0, 97)).slice(1)
    const kemSecret = ml_kem1024.decapsulate(made.share.subarray(97), kem.secretKey)
    expect(made.secret).toEqual(Uint8Array.of(...curveSecret, ...kemSecret))
  })

  it('is valid only where both parts are', async () => {
    const group = groupOf(provider, 'X25519MLKEM768')
    const pair = await group.generate()
    const lowOrder = Uint8Array.from(pair.share)
    lowOrder.fill(0, 1184)
    expect(await group.encapsulate(lowOrder)).toBeUndefined()
    // FIPS 203 §7.2: the first coefficient, 12 bits, made 4095, which is not below 3329.
    const overflow = Uint8Array.from(pair.share)
    overflow[0] = 0xff
    overflow[1]! |= 0x0f
    expect(await group.encapsulate(overflow)).toBeUndefined()
    const { share } = (await group.encapsulate(pair.share))!
    expect(await pair.decapsulate(Uint8Array.from(share).fill(0, 1088))).toBeUndefined()
  })

  it('a changed ciphertext makes another secret, silently (FIPS 203 §6.3)', async () => {
    const group = groupOf(provider, 'X25519MLKEM768')
    const pair = await group.generate()
    const { share, secret } = (await group.encapsulate(pair.share))!
    const other = (await pair.decapsulate(flip(share, 0)))!
    expect(other.length).toBe(64)
    expect(other.subarray(0, 32)).not.toEqual(secret.subarray(0, 32))
    expect(other.subarray(32)).toEqual(secret.subarray(32))
  })

  it('waits for a part that answers later', async () => {
    const x25519 = groupOf(provider, 'x25519')
    const later: KeyExchangeGroup = {
      ...x25519,
      async generate() {
        const pair = await x25519.generate()
        return { ...pair, decapsulate: async (share) => pair.decapsulate(share) }
      },
      encapsulate: async (share) => x25519.encapsulate(share),
    }
    const group = hybridGroup(1, 'two', later, x25519)
    const pair = await group.generate()
    const made = (await group.encapsulate(pair.share))!
    expect(await pair.decapsulate(made.share)).toEqual(made.secret)
    expect(await group.encapsulate(new Uint8Array(64))).toBeUndefined()
  })
})

it('the public half of an x25519 share is what OpenSSL computes', () => {
  // The base-point shortcut of the node provider rests on this.
  const pkcs8 = Buffer.from(`302e020100300506032b656e04220420${'77'.repeat(32)}`, 'hex')
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const base = Buffer.from(`302a300506032b656e03210009${'00'.repeat(31)}`, 'hex')
  const publicKey = createPublicKey({ key: base, format: 'der', type: 'spki' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  expect(diffieHellman({ privateKey, publicKey })).toEqual(spki.subarray(12))
})

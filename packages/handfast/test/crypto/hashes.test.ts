import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { providers } from './providers.ts'
import { haveVectors, hex, readVectors, type Vector, vectorsNote } from './vectors.ts'

interface MacVector extends Vector {
  key: string
  msg: string
  tag: string
}

interface HkdfVector extends Vector {
  ikm: string
  salt: string
  info: string
  size: number
  okm: string
}

describe.each(providers)('hashes of $name', ({ hashes, random, equal }) => {
  it.each(Object.values(hashes))('$name: digests are those of node:crypto', async (hash) => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 20_000]) {
      const data = random(length)
      const expected = createHash(hash.name).update(data).digest()
      expect(await hash.digest(data)).toEqual(Uint8Array.from(expected))
      expect(expected.length).toBe(hash.outputLength)
    }
  })

  it.each(Object.values(hashes))('$name: HMACs are those of node:crypto', async (hash) => {
    for (const keyLength of [0, 1, 20, 32, 48, 63, 64, 65, 127, 128, 129, 300]) {
      for (const length of [0, 1, 32, 100, 511, 512, 513, 2000]) {
        const key = random(keyLength)
        const data = random(length)
        const expected = createHmac(hash.name, key).update(data).digest()
        expect(await hash.hmac(key, data)).toEqual(Uint8Array.from(expected))
      }
    }
  })

  it('answers arrays that own their meaning: plain, and not changed by the next call', async () => {
    const data = Uint8Array.of(1, 2, 3)
    const digest = await hashes.sha256.digest(data)
    const mac = await hashes.sha256.hmac(data, data)
    const copies = [Uint8Array.from(digest), Uint8Array.from(mac)]
    await hashes.sha256.digest(random(64))
    await hashes.sha256.hmac(random(64), random(64))
    expect([digest, mac]).toEqual(copies)
    expect(digest.constructor).toBe(Uint8Array)
    expect(mac.constructor).toBe(Uint8Array)
  })

  it('leaves key and data as they are', async () => {
    const key = random(32)
    const data = random(32)
    const before = [Uint8Array.from(key), Uint8Array.from(data)]
    await hashes.sha384.hmac(key, data)
    expect([key, data]).toEqual(before)
  })

  it.skipIf(!haveVectors)(`HMAC-SHA-256 agrees with Wycheproof${vectorsNote}`, async () => {
    let count = 0
    for (const group of readVectors<MacVector>('hmac_sha256')) {
      for (const { key, msg, tag, result, tcId } of group.tests) {
        const mac = await hashes.sha256.hmac(hex(key), hex(msg))
        const isSame = equal(mac.subarray(0, tag.length / 2), hex(tag))
        expect(isSame, `tcId ${tcId}`).toBe(result === 'valid')
        count++
      }
    }
    expect(count).toBeGreaterThan(170)
  })

  it.skipIf(!haveVectors).each(['sha256', 'sha384'] as const)(
    `HKDF made of its HMAC agrees with Wycheproof: %s${vectorsNote}`,
    async (name) => {
      const hash = hashes[name]
      let count = 0
      for (const group of readVectors<HkdfVector>(`hkdf_${name}`)) {
        for (const { ikm, salt, info, size, okm, result } of group.tests) {
          if (result !== 'valid') continue
          const prk = await hash.hmac(hex(salt), hex(ikm))
          let block = new Uint8Array(0)
          const output: number[] = []
          for (let i = 1; output.length < size; i++) {
            block = Uint8Array.from(await hash.hmac(prk, Uint8Array.of(...block, ...hex(info), i)))
            output.push(...block)
          }
          expect(Uint8Array.from(output.slice(0, size))).toEqual(hex(okm))
          count++
        }
      }
      expect(count).toBeGreaterThan(70)
    },
  )
})

describe.each(providers)('randomness and comparison of $name', ({ random, equal }) => {
  it('gives as many bytes as asked, other ones each time', () => {
    for (const length of [0, 1, 32, 65_536, 65_537, 200_000]) {
      expect(random(length).length).toBe(length)
    }
    expect(random(32)).not.toEqual(random(32))
    // Every quota of a long answer is filled.
    const long = random(200_000)
    expect(long.subarray(199_000).some((byte) => byte !== 0)).toBe(true)
  })

  it('compares', () => {
    expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toBe(false)
    expect(equal(new Uint8Array(0), new Uint8Array(0))).toBe(true)
  })
})

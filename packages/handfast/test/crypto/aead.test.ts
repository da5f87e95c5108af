import { describe, expect, it } from 'vitest'
import { flip, pairs, providers, suiteOf } from './providers.ts'
import { haveVectors, hex, readVectors, type Vector, vectorsNote } from './vectors.ts'

interface AeadVector extends Vector {
  key: string
  iv: string
  aad: string
  msg: string
  ct: string
  tag: string
}

const vectorFiles = [
  { file: 'aes_gcm', suite: 'TLS_AES_128_GCM_SHA256', least: 50 },
  { file: 'aes_gcm', suite: 'TLS_AES_256_GCM_SHA384', least: 50 },
  { file: 'chacha20_poly1305', suite: 'TLS_CHACHA20_POLY1305_SHA256', least: 300 },
  { file: 'aes_ccm', suite: 'TLS_AES_128_CCM_SHA256', least: 20 },
  { file: 'aes_ccm', suite: 'TLS_AES_128_CCM_8_SHA256', least: 1 },
]

describe.each(providers)('cipher suites of $name', (provider) => {
  const { random } = provider

  it('has the three that RFC 8446 §9.1 names', () => {
    for (const name of [
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
    ]) {
      expect(suiteOf(provider, name), name).toBeDefined()
    }
  })

  const withSuites = vectorFiles.filter(({ suite }) => suiteOf(provider, suite) !== undefined)
  it.skipIf(!haveVectors).each(withSuites)(
    `$suite agrees with Wycheproof $file${vectorsNote}`,
    async ({ file, suite, least }) => {
      const { aead } = suiteOf(provider, suite)!
      let count = 0
      for (const group of readVectors<AeadVector>(file)) {
        if (
          group.keySize !== aead.keyLength * 8 ||
          group.ivSize !== aead.nonceLength * 8 ||
          group.tagSize !== aead.tagLength * 8
        ) {
          continue
        }
        for (const { key, iv, aad, msg, ct, tag, result, tcId } of group.tests) {
          const aeadKey = await aead.importKey(hex(key))
          const opened = await aeadKey.open(hex(iv), hex(aad), hex(ct + tag))
          if (result === 'valid') {
            expect(opened, `tcId ${tcId}`).toEqual(hex(msg))
            const sealed = await aeadKey.seal(hex(iv), hex(aad), [hex(msg)], 0)
            expect(sealed, `tcId ${tcId}`).toEqual(hex(ct + tag))
          } else {
            expect(opened, `tcId ${tcId}`).toBeUndefined()
          }
          count++
        }
      }
      expect(count).toBeGreaterThanOrEqual(least)
    },
  )

  describe.each(provider.cipherSuites)('$name', ({ aead }) => {
    it('seals parts as their concatenation, behind the reserve', async () => {
      const key = await aead.importKey(random(aead.keyLength))
      const nonce = random(12)
      const header = random(5)
      const text = random(1000)
      const whole = await key.seal(nonce, header, [text], 0)
      for (const parts of [
        [text.subarray(0, 1), text.subarray(1)],
        [new Uint8Array(0), text, new Uint8Array(0)],
        [text.subarray(0, 333), text.subarray(333, 666), text.subarray(666)],
      ]) {
        const sealed = await key.seal(nonce, header, parts, 5)
        expect(sealed.length).toBe(5 + 1000 + aead.tagLength)
        expect(sealed.subarray(5)).toEqual(whole)
        expect(sealed.constructor).toBe(Uint8Array)
      }
      const empty = await key.seal(nonce, header, [], 5)
      expect(empty.length).toBe(5 + aead.tagLength)
      expect(await key.open(nonce, header, empty.subarray(5))).toEqual(new Uint8Array(0))
    })

    it('opens what it sealed, and leaves its inputs alone', async () => {
      const key = await aead.importKey(random(aead.keyLength))
      for (const length of [0, 1, 15, 16, 17, 255, 16_385]) {
        const nonce = random(12)
        const header = random(5)
        const text = random(length)
        const copy = Uint8Array.from(text)
        const sealed = await key.seal(nonce, header, [text], 0)
        const sealedCopy = Uint8Array.from(sealed)
        const opened = await key.open(nonce, header, sealed)
        expect(opened).toEqual(copy)
        expect(opened!.constructor).toBe(Uint8Array)
        expect(text).toEqual(copy)
        expect(sealed).toEqual(sealedCopy)
      }
    })

    it('answers undefined for whatever was changed', async () => {
      const key = await aead.importKey(random(aead.keyLength))
      const nonce = random(12)
      const header = random(5)
      const sealed = await key.seal(nonce, header, [random(40)], 0)
      for (let i = 0; i < sealed.length; i++) {
        expect(await key.open(nonce, header, flip(sealed, i, i % 8))).toBeUndefined()
      }
      expect(await key.open(flip(nonce, 3), header, sealed)).toBeUndefined()
      expect(await key.open(nonce, flip(header, 0), sealed)).toBeUndefined()
      expect(await key.open(nonce, new Uint8Array(0), sealed)).toBeUndefined()
      for (let length = 0; length < sealed.length; length++) {
        expect(await key.open(nonce, header, sealed.subarray(0, length))).toBeUndefined()
      }
      const other = await aead.importKey(random(aead.keyLength))
      expect(await other.open(nonce, header, sealed)).toBeUndefined()
    })

    it('takes a copy of the key, of the right length only, and forgets it', async () => {
      const bytes = random(aead.keyLength)
      const key = await aead.importKey(bytes)
      const same = await aead.importKey(Uint8Array.from(bytes))
      bytes.fill(0)
      const nonce = random(12)
      const header = random(5)
      const text = random(10)
      expect(await key.seal(nonce, header, [text], 0)).toEqual(
        await same.seal(nonce, header, [text], 0),
      )
      key.destroy()
      await expect(async () => key.seal(nonce, header, [text], 0)).rejects.toThrow(/destroyed/)
      await expect(async () => key.open(nonce, header, random(40))).rejects.toThrow(/destroyed/)
      for (const length of [0, aead.keyLength - 1, aead.keyLength + 1]) {
        await expect(async () => aead.importKey(random(length))).rejects.toThrow(RangeError)
      }
    })
  })
})

describe.each(pairs)('$0.name seals, $1.name opens', (one, other) => {
  const shared = one.cipherSuites.filter(({ name }) => suiteOf(other, name) !== undefined)
  it.each(shared)('$name', async ({ name, aead }) => {
    const bytes = one.random(aead.keyLength)
    const nonce = one.random(12)
    const header = one.random(5)
    const text = one.random(777)
    const sealed = await (await aead.importKey(bytes)).seal(nonce, header, [text], 0)
    const theirs = await suiteOf(other, name)!.aead.importKey(bytes)
    expect(await theirs.open(nonce, header, sealed)).toEqual(text)
  })
})

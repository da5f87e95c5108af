/** Records of TLS 1.2 with a block cipher, and what may be learned of their padding (Vaudenay, Lucky 13, POODLE). */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nobleProvider } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { AeadKey, BlockCipherKey, HashFunction } from '../../src/crypto/provider.ts'
import { prf12 } from '../../src/keys/prf.ts'
import { BlockProtection12, evening } from '../../src/record/blockProtection12.ts'
import type { OpenedRecord } from '../../src/record/protection.ts'
import { AeadProtection12 } from '../../src/record/protection12.ts'

const suites = nodeProvider.classicCipherSuites ?? []
const cbcOf = (name: string) => {
  const found = suites.find((suite) => suite.name === name)?.protection
  if (found?.kind !== 'block') throw new Error(name)
  return found
}
const macs = ['sha1', 'sha256', 'sha384'] as const
const bySuite = {
  sha1: cbcOf('TLS_RSA_WITH_AES_128_CBC_SHA'),
  sha256: cbcOf('TLS_RSA_WITH_AES_128_CBC_SHA256'),
  sha384: cbcOf('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'),
}

interface Bench {
  readonly protection: BlockProtection12
  /** Of the hash, since the last call: bytes of each MAC and digest, in order. */
  calls(): string[]
  /** A record as a peer would make it, with the padding and the MAC as they are given. */
  record(content: Uint8Array, padding: Uint8Array, mac?: (mac: Buffer) => Buffer): Uint8Array
}

function bench(name: (typeof macs)[number]): Bench {
  const { cipher, mac } = bySuite[name]
  const rawKey = randomBytes(cipher.keyLength)
  const macKey = randomBytes(mac.outputLength)
  let made: string[] = []
  const counting: HashFunction = {
    ...mac,
    hmac(key, data) {
      made.push(`hmac ${data.length}`)
      return mac.hmac(key, data)
    },
    digest(data) {
      made.push(`digest ${data.length}`)
      return mac.digest(data)
    },
  }
  const protection = new BlockProtection12({
    key: cipher.importKey(rawKey) as BlockCipherKey,
    blockLength: 16,
    mac: counting,
    macKey,
    encryptThenMac: false,
    crypto: nodeProvider,
  })
  return {
    protection,
    calls() {
      const before = made
      made = []
      return before
    },
    record(content, padding, change = (code) => code) {
      const head = Buffer.from([
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        23,
        3,
        3,
        content.length >> 8,
        content.length & 255,
      ])
      const hmac = createHmac(name, macKey).update(head).update(content).digest()
      const iv = randomBytes(16)
      const aes = createCipheriv(`aes-${cipher.keyLength * 8}-cbc`, rawKey, iv).setAutoPadding(
        false,
      )
      const ciphertext = aes.update(Buffer.concat([content, change(hmac), padding]))
      const length = 16 + ciphertext.length
      return Buffer.concat([Buffer.from([23, 3, 3, length >> 8, length & 255]), iv, ciphertext])
    },
  }
}

/** Compressions of the hash that a call makes, an inner and an outer one for HMAC. */
function blocks(call: string, name: (typeof macs)[number]): number {
  const [kind, bytes] = call.split(' ')
  const block = name === 'sha384' ? 128 : 64
  const tail = name === 'sha384' ? 17 : 9
  const padded = (length: number) => Math.ceil((length + tail) / block)
  return kind === 'digest' ? padded(Number(bytes)) : padded(block + Number(bytes)) + 2
}

describe.each(macs)('MAC-then-encrypt with %s', (name) => {
  const macLength = bySuite[name].mac.outputLength
  const total = 512

  it('opens every length of padding, and takes as many hash blocks for each', () => {
    const work = new Set<number>()
    for (let padding = 0; padding < 256; padding++) {
      const { protection, record, calls } = bench(name)
      const content = new Uint8Array(total - macLength - padding - 1).fill(5)
      const sealed = record(content, new Uint8Array(padding + 1).fill(padding))
      const opened = protection.open(sealed) as OpenedRecord | undefined
      expect(opened?.content, `padding of ${padding}`).toEqual(content)
      work.add(calls().reduce((sum, call) => sum + blocks(call, name), 0))
    }
    expect([...work]).toHaveLength(1)
  })

  it('refuses every error in the same way, with the same work', () => {
    const work = new Set<number>()
    const shapes = new Set<string>()
    const attempt = (padding: Uint8Array, mac?: (mac: Buffer) => Buffer) => {
      const { protection, record, calls } = bench(name)
      const content = new Uint8Array(total - macLength - padding.length)
      expect(protection.open(record(content, padding, mac))).toBeUndefined()
      const made = calls()
      shapes.add(made.map((call) => call.split(' ')[0]).join(' '))
      work.add(made.reduce((sum, call) => sum + blocks(call, name), 0))
    }
    for (const length of [1, 2, 3, 15, 16, 17, 64, 128, 255, 256]) {
      const good = new Uint8Array(length).fill(length - 1)
      // A bad MAC behind good padding.
      attempt(good, (mac) => Buffer.from(mac.map((byte) => byte ^ 1)))
      // POODLE: each byte of the padding counts, not only the last.
      for (const at of new Set(
        [0, length >> 1, length - 2].filter((i) => i >= 0 && i < length - 1),
      )) {
        const bad = good.slice()
        bad[at]! ^= 0x80
        attempt(bad)
      }
      // One more than there is, and the largest.
      const longer = good.slice()
      longer[length - 1] = length
      attempt(longer)
    }
    expect([...work]).toHaveLength(1)
    expect([...shapes]).toEqual(['hmac digest'])
  })

  it('refuses padding that would leave no place for a MAC', () => {
    const { protection, record } = bench(name)
    const length = (macLength + 16) & ~15
    const rest = length - macLength
    const sealed = record(new Uint8Array(0), new Uint8Array(rest).fill(255))
    expect(protection.open(sealed)).toBeUndefined()
  })

  it.each([0, 1, 15, 17])('refuses a record of %i bytes', (length) => {
    const { protection } = bench(name)
    expect(protection.open(new Uint8Array(5 + length))).toBeUndefined()
  })

  it('evens out for every length of content', () => {
    const hash = bySuite[name].mac
    for (const longest of [0, 1, 100, 1000, 16_384]) {
      const sums = new Set<number>()
      for (let length = Math.max(0, longest - 255); length <= longest; length++) {
        const calls = [`hmac ${length + 13}`, `digest ${evening(hash, length, longest, 13).length}`]
        sums.add(calls.reduce((sum, call) => sum + blocks(call, name), 0))
      }
      expect([...sums]).toHaveLength(1)
    }
  })
})

it.each([true, false])(
  'keys are forgotten behind the last record that is being sealed (encrypt-then-MAC: %s)',
  async (encryptThenMac) => {
    const { cipher, mac } = bySuite.sha1
    const options = { blockLength: 16, encryptThenMac, crypto: nodeProvider }
    const rawKey = Uint8Array.from(randomBytes(cipher.keyLength))
    const macKey = Uint8Array.from(randomBytes(20))
    const keys = () => ({
      ...options,
      mac,
      key: cipher.importKey(rawKey.slice()) as BlockCipherKey,
      macKey: macKey.slice(),
    })
    const later: HashFunction = { ...mac, hmac: async (...input) => mac.hmac(...input) }
    const inner = keys()
    const sender = new BlockProtection12({
      ...inner,
      mac: later,
      key: {
        encrypt: async (iv, data) => inner.key.encrypt(iv, data),
        decrypt: (iv, data) => inner.key.decrypt(iv, data),
        destroy: () => inner.key.destroy(),
      },
    })
    const record = sender.seal(23, Uint8Array.of(1, 2, 3))
    sender.destroy()
    const opened = new BlockProtection12(keys()).open(await record) as OpenedRecord
    expect([...opened.content]).toEqual([1, 2, 3])
    await new Promise((resolve) => setImmediate(resolve))
    expect([...inner.macKey]).toEqual([...new Uint8Array(20)])
    expect(() => inner.key.encrypt(new Uint8Array(16), new Uint8Array(16))).toThrow('destroyed')
  },
)

describe('an IV or a nonce', () => {
  it('of CBC is new for each record', () => {
    const { protection } = bench('sha1')
    const sealed = [1, 2, 3].map(() => protection.seal(23, Uint8Array.of(1)) as Uint8Array)
    expect(new Set(sealed.map((record) => String(record.subarray(5, 21)))).size).toBe(3)
  })

  it('that is chained fails where the record does, and nobody has to ask for it', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { cipher, mac } = bySuite.sha1
    const key = cipher.importKey(new Uint8Array(cipher.keyLength)) as BlockCipherKey
    const protection = new BlockProtection12({
      key: { ...key, encrypt: async () => Promise.reject(new Error('The key was destroyed')) },
      blockLength: 16,
      mac,
      macKey: new Uint8Array(20),
      encryptThenMac: false,
      crypto: nodeProvider,
      firstIv: new Uint8Array(16),
    })
    await expect(protection.seal(23, Uint8Array.of(1))).rejects.toThrow('The key was destroyed')
    await new Promise((resolve) => setTimeout(resolve, 1))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('of AES-GCM is the number of the record', () => {
    const found = suites.find(({ name }) => name === 'TLS_RSA_WITH_AES_128_GCM_SHA256')?.protection
    if (found?.kind !== 'aead') throw new Error('no AES-GCM')
    const key = found.aead.importKey(new Uint8Array(16))
    if ('then' in key) throw new Error('node answers at once')
    const iv = new Uint8Array(4)
    const protection = new AeadProtection12(key, iv, 16)
    const nonces = [0, 1, 2].map(
      () => (protection.seal(23, Uint8Array.of(1), 0) as Uint8Array).subarray(5, 13)[7],
    )
    expect(nonces).toEqual([0, 1, 2])
  })

  it.each([
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm'],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305'],
  ] as const)('of %s has numbers of 64 bits', (name, cipher) => {
    const found = suites.find((suite) => suite.name === name)?.protection
    if (found?.kind !== 'aead') throw new Error(name)
    const rawKey = randomBytes(found.aead.keyLength)
    const iv = Uint8Array.from(randomBytes(found.ivLength))
    const key = found.aead.importKey(rawKey) as AeadKey
    const protection = new AeadProtection12(key, iv.slice(), 16)
    const number = 2 ** 52 + 2 ** 33 + 3
    protection.sequenceNumber = number
    const record = protection.seal(22, Buffer.from('content'), 0) as Uint8Array

    const head = Buffer.alloc(13)
    head.writeBigUInt64BE(BigInt(number))
    head.set([22, 3, 3, 0, 7], 8)
    const nonce = Buffer.alloc(12)
    head.copy(nonce, 4, 0, 8)
    iv.forEach((byte, i) => {
      nonce[i]! ^= byte
    })
    const shown = 12 - iv.length
    expect([...record.subarray(0, 5 + shown)]).toEqual([
      ...[22, 3, 3, 0, shown + 7 + 16],
      ...nonce.subarray(12 - shown, 12),
    ])
    const opener = createDecipheriv(cipher as 'aes-128-gcm', rawKey, nonce, { authTagLength: 16 })
    opener.setAAD(head).setAuthTag(record.subarray(-16))
    const plaintext = opener.update(record.subarray(5 + shown, -16))
    opener.final()
    expect(String(plaintext)).toBe('content')
  })
})

/** A vector that is known since 2008: https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms/ */
describe('the PRF of TLS 1.2', () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
  it.each([nodeProvider, nobleProvider])('gives the known answer', ({ hashes }) => {
    const steps = prf12(
      hashes.sha256,
      hex('9b be 43 6b a9 40 f0 17 b1 76 52 84 9a 71 db 35'),
      'test label',
      hex('a0 ba 9f 93 6c da 31 18 27 a6 f7 96 ff d5 19 8c'),
      100,
    )
    const { value } = steps.next() as { value: Uint8Array }
    expect(Buffer.from(value).toString('hex')).toBe(
      Buffer.from(
        hex(`e3 f2 29 ba 72 7b e1 7b 8d 12 26 20 55 7c d4 53 c2 aa b2 1d 07 c3 d4 95 32 9b 52 d4 e6 1e db 5a
          6b 30 17 91 e9 0d 35 c9 c9 a4 6b 4e 14 ba f9 af 0f a0 22 f7 07 7d ef 17 ab fd 37 97 c0 56 4b ab
          4f bc 91 66 6e 9d ef 9b 97 fc e3 4f 79 67 89 ba a4 80 82 d1 22 ee 42 c5 a7 2e 5a 51 10 ff f7 01
          87 34 7b 66`),
      ).toString('hex'),
    )
  })
})

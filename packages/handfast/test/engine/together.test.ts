/** Records that are sealed together, into one piece of memory, are those that are sealed one by one. */
import { describe, expect, it } from 'vitest'
import { concat } from '../../src/codec/bytes.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { Aead, AeadKey } from '../../src/crypto/provider.ts'
import { RecordProtection } from '../../src/record/protection.ts'
import { AeadProtection12 } from '../../src/record/protection12.ts'
import { RecordLayer } from '../../src/record/recordLayer.ts'

interface Suite {
  readonly name: string
  readonly aead: Aead
  readonly ivLength: number
  readonly version: 'TLS 1.3' | 'TLS 1.2'
}

const suites13: readonly Suite[] = nodeProvider.cipherSuites.map(({ name, aead }) => ({
  name,
  aead,
  ivLength: 12,
  version: 'TLS 1.3',
}))
/** By their AEADs, each of which several suites have. */
const suites12 = new Map<string, Suite>()
for (const { protection } of nodeProvider.classicCipherSuites!)
  if (protection.kind === 'aead') {
    const { aead, ivLength } = protection
    const name = `${aead.name} of TLS 1.2`
    suites12.set(name, { name, aead, ivLength, version: 'TLS 1.2' })
  }

const lengths = [0, 1, 100, 16_383, 16_384, 16_385, 50_000]
const recordsOf = (length: number, most: number) => Math.max(1, Math.ceil(length / most))

interface Way {
  /** Without `sealInto`, which takes the other path; or by a provider that answers later. */
  readonly by: 'together' | 'one by one' | 'later'
  readonly traced: boolean
  readonly most: number
  readonly padding: (length: number) => number
}

describe.each([...suites13, ...suites12.values()])('$name', ({ aead, ivLength, version }) => {
  const secret = nodeProvider.random(aead.keyLength)
  const iv = nodeProvider.random(ivLength)

  async function protection(by: Way['by']) {
    const key = await aead.importKey(secret)
    const plain: AeadKey = {
      seal: (...parts) => {
        const sealed = key.seal(...parts)
        return by === 'later' ? Promise.resolve(sealed) : sealed
      },
      open: (...parts) => key.open(...parts),
      destroy: () => key.destroy(),
    }
    const used = by === 'together' ? key : plain
    return version === 'TLS 1.2'
      ? new AeadProtection12(used, iv.slice(), aead.tagLength)
      : new RecordProtection('application', 0, used, iv.slice(), aead.tagLength)
  }

  async function sent({ by, traced, most, padding }: Way) {
    const seen: Uint8Array[] = []
    const trace = ({ bytes }: { readonly bytes: Uint8Array }) => void seen.push(bytes.slice())
    const host = { paddingFor: padding, onSealed: () => {}, trace: traced ? trace : undefined }
    const layer = new RecordLayer(host, most)
    // What an adapter lends holds other bytes.
    layer.allocate = (length) => new Uint8Array(length).fill(0x5a)
    layer.setWrite(await protection(by))
    for (const length of lengths) layer.send(23, new Uint8Array(length).fill(length))
    while (layer.sealing) await Promise.resolve()
    return { pieces: layer.takeOutput(), seen }
  }

  it.each([
    { name: 'without padding', padding: () => 0, most: 16_384 },
    { name: 'with padding', padding: (length: number) => length % 7, most: 16_384 },
    { name: 'in small records', padding: () => 0, most: 1000 },
  ])('$name', async ({ padding, most }) => {
    const records = lengths.reduce((sum, length) => sum + recordsOf(length, most), 0)
    const together = await sent({ by: 'together', traced: false, most, padding })
    expect(together.pieces.length).toBe(lengths.length)
    const bytes = concat(...together.pieces)
    // `toEqual` takes seconds for arrays of this length.
    const expectSame = (others: readonly Uint8Array[]) =>
      expect(Buffer.compare(bytes, concat(...others))).toBe(0)
    for (const by of ['together', 'one by one', 'later'] as const) {
      const { pieces, seen } = await sent({ by, traced: true, most, padding })
      expect(pieces.length).toBe(by === 'together' ? lengths.length : records)
      expect(seen.length).toBe(records)
      expectSame(pieces)
      expectSame(seen)
    }
  })

  it('opens them, in their order only', async () => {
    const { pieces } = await sent({
      by: 'together',
      traced: false,
      most: 16_384,
      padding: () => 0,
    })
    const bytes = concat(...pieces)
    const read = await protection('together')
    const contents: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = at + 5 + bytes[at + 3]! * 256 + bytes[at + 4]!
      const record = bytes.subarray(at, end)
      const refused = async (changed: Uint8Array, number = read.sequenceNumber) => {
        const wanted = read.sequenceNumber
        read.sequenceNumber = number
        expect(await read.open(changed)).toBeUndefined()
        read.sequenceNumber = wanted
      }
      await refused(record, read.sequenceNumber + 1)
      for (const place of [0, 5, record.length - 1]) {
        const changed = record.slice()
        changed[place]! ^= 1
        await refused(changed)
      }
      const opened = await read.open(record)
      expect(opened?.type).toBe(23)
      contents.push(opened!.content)
      at = end
    }
    const expected = lengths.map((length) => new Uint8Array(length).fill(length))
    expect(Buffer.compare(concat(...contents), concat(...expected))).toBe(0)
  })
})

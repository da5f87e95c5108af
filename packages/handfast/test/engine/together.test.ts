/** Records that are sealed together, into one piece of memory, are those that are sealed one by one. */
import { describe, expect, it } from 'vitest'
import { concat } from '../../src/codec/bytes.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { AeadKey } from '../../src/crypto/provider.ts'
import { RecordProtection } from '../../src/record/protection.ts'
import { RecordLayer } from '../../src/record/recordLayer.ts'

describe.each(nodeProvider.cipherSuites)('$name', ({ aead }) => {
  const secret = nodeProvider.random(aead.keyLength)

  /** @param plain without `sealInto`, which takes the other path */
  async function sent(plain: boolean, padding: (length: number) => number, lengths: number[]) {
    const key = await aead.importKey(secret)
    const used: AeadKey = plain
      ? {
          seal: (...parts) => key.seal(...parts),
          open: (...parts) => key.open(...parts),
          destroy: () => key.destroy(),
        }
      : key
    const traced: Uint8Array[] = []
    const host = {
      paddingFor: padding,
      onSealed: () => {},
      trace: ({ bytes }: { readonly bytes: Uint8Array }) => void traced.push(bytes.slice()),
    }
    const layer = new RecordLayer(host, 16_384)
    // What an adapter lends holds other bytes.
    layer.allocate = (length) => new Uint8Array(length).fill(0x5a)
    layer.setWrite(
      new RecordProtection('application', 0, used, new Uint8Array(12).fill(7), aead.tagLength),
    )
    for (const length of lengths) layer.send(23, new Uint8Array(length).fill(length))
    return { pieces: layer.takeOutput(), traced }
  }

  it.each([
    ['without padding', () => 0],
    ['with padding', (length: number) => length % 7],
  ])('%s', async (_name, padding) => {
    const lengths = [0, 1, 100, 16_383, 16_384, 16_385, 50_000]
    const together = await sent(false, padding, lengths)
    const single = await sent(true, padding, lengths)
    expect(together.pieces.length).toBe(lengths.length)
    expect(single.pieces.length).toBe(11)
    const bytes = concat(...together.pieces)
    // `toEqual` takes seconds for arrays of this length.
    for (const others of [single.pieces, single.traced, together.traced])
      expect(Buffer.compare(bytes, concat(...others))).toBe(0)
  })
})

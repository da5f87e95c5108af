import { expect, it } from 'vitest'
import { RecordFramer } from '../../src/record/framing.ts'

it('keeps a copy of what was received, also of a Buffer that its owner uses again', () => {
  const record = Uint8Array.of(22, 3, 3, 0, 2, 7, 8)
  for (const received of [record.slice(), Buffer.from(record)]) {
    const framer = new RecordFramer()
    framer.receive(received)
    framer.keep()
    received.fill(0)
    expect(framer.next(0)).toEqual(record)
  }
})

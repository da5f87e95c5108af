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

it('uses the memory of a record that was done with for one record only', () => {
  const record = (length: number, byte: number) =>
    Uint8Array.of(23, 3, 3, length >> 8, length & 0xff, ...new Uint8Array(length).fill(byte))
  const next = (framer: RecordFramer, bytes: Uint8Array, cut: number) => {
    framer.receive(bytes.slice(0, cut))
    expect(framer.next(256)).toBe(undefined)
    return () => {
      framer.receive(bytes.slice(cut))
      return framer.next(256)!
    }
  }
  const [a, b, c] = [new RecordFramer(), new RecordFramer(), new RecordFramer()]
  const first = next(a, record(9000, 1), 5000)()
  a.release(first)
  // The record that was received whole is its owner's.
  const whole = record(9000, 2)
  b.receive(whole)
  b.release(b.next(256)!)
  const [second, third] = [next(b, record(8000, 3), 4999), next(c, record(8000, 4), 4999)]
  for (const [opened, byte] of [
    [second(), 3],
    [third(), 4],
  ] as const)
    expect(opened).toEqual(record(8000, byte))
  expect(whole).toEqual(record(9000, 2))
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatName, parseCertificate } from '../src/index.ts'
import { Remembered } from '../src/remembered.ts'
import { makeEcKey, makeRoot } from './support/certificate-maker.ts'

describe('what bytes mean is remembered', () => {
  test('by all of the bytes, whatever else takes the same place', () => {
    const memory = new Remembered<string>()
    const short = fc.uint8Array({ maxLength: 3, max: 3 })
    const text = (bytes: Uint8Array): string => bytes.join()
    fc.assert(
      fc.property(short, short, (one, other) => {
        memory.keep(one, 0, one.length, text(one))
        expect(memory.find(one, 0, one.length)).toBe(text(one))
        expect([undefined, text(other)]).toContain(memory.find(other, 0, other.length))
      }),
    )
  })

  test('from wherever they stand', () => {
    const memory = new Remembered<string>()
    memory.keep(Uint8Array.of(9, 1, 2, 3, 9), 1, 4, 'it')
    expect(memory.find(Uint8Array.of(1, 2, 3), 0, 3)).toBe('it')
    expect(memory.find(Uint8Array.of(1, 2, 3), 0, 2)).toBeUndefined()
  })

  test('by a copy: a buffer that is used again changes nothing', () => {
    const key = makeEcKey()
    const buffer = Buffer.from(makeRoot('one root', key))
    const first = parseCertificate(buffer)
    expect(formatName(first.subject)).toBe('CN=one root')
    const { der } = first.signatureAlgorithm
    const other = makeRoot('two root', key)
    buffer.fill(0)
    expect(formatName(parseCertificate(other).subject)).toBe('CN=two root')
    expect(formatName(parseCertificate(makeRoot('one root', key)).subject)).toBe('CN=one root')
    expect(Buffer.from(der).toString('hex')).toBe('300a06082a8648ce3d040302')
  })
})

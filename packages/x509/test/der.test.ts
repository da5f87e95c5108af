import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DerReader, readWhole, tags } from '../src/der.ts'
import { X509Error } from '../src/errors.ts'
import { decodeUtf8 } from '../src/strings.ts'
import { readTime } from '../src/time.ts'
import * as writer from './support/der-writer.ts'

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const reader = (text: string): DerReader => new DerReader(hex(text), 'test')

describe('what BER allows and DER does not is refused', () => {
  test.each<[string, string, (reader: DerReader) => unknown]>([
    ['indefinite length', '30 80 00 00', (r) => r.next('x')],
    ['long form of a short length', '04 81 01 00', (r) => r.next('x')],
    ['length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, (r) => r.next('x')],
    ['length of five bytes', '04 85 00 00 00 00 01 00', (r) => r.next('x')],
    ['reserved length', '04 ff', (r) => r.next('x')],
    ['more content than there is', '04 02 00', (r) => r.next('x')],
    ['no length', '04', (r) => r.next('x')],
    ['nothing', '', (r) => r.next('x')],
    ['high tag number', '1f 81 01 00', (r) => r.next('x')],
    ['another tag', '04 00', (r) => r.expect(tags.sequence, 'x')],
    ['BOOLEAN of 01', '01 01 01', (r) => r.boolean('x')],
    ['BOOLEAN of two bytes', '01 02 ff ff', (r) => r.boolean('x')],
    ['default FALSE written out', '01 01 00', (r) => r.booleanDefaultFalse('x')],
    ['empty INTEGER', '02 00', (r) => r.integer('x')],
    ['padded positive INTEGER', '02 02 00 7f', (r) => r.integer('x')],
    ['padded negative INTEGER', '02 02 ff 80', (r) => r.integer('x')],
    ['negative count', '02 01 80', (r) => r.smallInteger('x')],
    ['count beyond any use', '02 05 01 00 00 00 00', (r) => r.smallInteger('x')],
    ['BIT STRING without count', '03 00', (r) => r.bitStringBytes('x')],
    ['BIT STRING not in bytes', '03 02 01 fe', (r) => r.bitStringBytes('x')],
    ['unused bits that are set', '03 02 03 ff', (r) => r.namedBits('x')],
    ['eight unused bits', '03 02 08 00', (r) => r.namedBits('x')],
    ['unused bits of nothing', '03 01 01', (r) => r.namedBits('x')],
    ['empty OBJECT IDENTIFIER', '06 00', (r) => r.objectIdentifier('x')],
    ['OBJECT IDENTIFIER cut short', '06 02 2a 86', (r) => r.objectIdentifier('x')],
    ['padded arc', '06 03 2a 80 01', (r) => r.objectIdentifier('x')],
    ['bytes left over', '04 00', (r) => r.finish()],
    ['UTCTime without seconds', '17 0b 32 36 30 31 30 31 30 30 30 30 5a', (r) => readTime(r, 'x')],
  ])('%s', (_, bytes, read) => {
    expect(() => read(reader(bytes))).toThrow(X509Error)
  })
})

test('an error names the field by its path and the byte by its offset', () => {
  const outer = new DerReader(hex('30 05 30 03 02 01 80'), 'certificate')
  const inner = outer.enter(tags.sequence, 'outer').enter(tags.sequence, 'inner')
  expect(() => inner.smallInteger('count')).toThrow(
    expect.objectContaining({
      code: 'malformed',
      offset: 4,
      field: 'certificate.outer.inner.count',
    }),
  )
})

test('a whole structure has nothing after it', () => {
  expect(() => readWhole(hex('30 00 00'), tags.sequence, 'x')).toThrow('bytes are left over')
})

test('integers, object identifiers and times come back as they were written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), (value) => {
      const content = new DerReader(writer.integer(value), 'x').integer('x')
      expect(BigInt(`0x${Buffer.from(content).toString('hex')}`)).toBe(value)
    }),
  )
  const arcs = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 39 }), arcs, (second, rest) => {
      const dotted = [1, second, ...rest].join('.')
      expect(new DerReader(writer.oid(dotted), 'x').objectIdentifier('x')).toBe(dotted)
    }),
  )
  const seconds = fc.integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 })
  fc.assert(
    fc.property(seconds, (second) => {
      expect(readTime(new DerReader(writer.time(second * 1000), 'x'), 'x')).toBe(second * 1000)
    }),
  )
})

test('an identifier made from a UUID keeps all its digits', () => {
  const uuid = hex('06 14 69 83 9a f2 c4 b1 f8 a2 e3 bd c2 84 f0 9a c1 d2 e3 b4 a5 01')
  const dotted = new DerReader(uuid, 'x').objectIdentifier('x')
  expect(dotted).toMatch(/^2\.25\.\d{36,40}$/)
})

test('days that no calendar has are refused', () => {
  for (const digits of [
    '260230000000Z',
    '261301000000Z',
    '260100000000Z',
    '260101240000Z',
    '260101006000Z',
    '26010100000 Z',
  ]) {
    const bytes = writer.tlv(0x17, writer.text(digits))
    expect(() => readTime(new DerReader(bytes, 'x'), 'x'), digits).toThrow(X509Error)
  }
  const fraction = writer.tlv(0x18, writer.text('20500101000000.5Z'))
  expect(() => readTime(new DerReader(fraction, 'x'), 'x')).toThrow('GeneralizedTime')
  const offset = writer.tlv(0x18, writer.text('20500101000000+0100'))
  expect(() => readTime(new DerReader(offset, 'x'), 'x')).toThrow('GeneralizedTime')
})

test('UTF-8 is read as the platform reads it', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const platform = (bytes: Uint8Array): string | undefined => {
    try {
      return strict.decode(bytes)
    } catch {
      return undefined
    }
  }
  const awkward = fc.array(
    fc.constantFrom(
      0x00,
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(awkward, (values) => {
      const bytes = Uint8Array.from(values)
      expect(decodeUtf8(bytes)).toBe(platform(bytes))
    }),
    { numRuns: 5000 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(decodeUtf8(writer.text(value))).toBe(value)
    }),
  )
})

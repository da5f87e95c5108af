/** JA3 and JA4 of published examples, and of our own client's hello. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ClientHello } from '../../src/codec/messages.ts'
import { decode, encode } from '../../src/codec/wire.ts'
import { ja3, ja3Text } from '../../src/fingerprint/ja3.ts'
import { ja4, ja4Text } from '../../src/fingerprint/ja4.ts'

const hash = (name: string) => (data: Uint8Array) =>
  Uint8Array.from(createHash(name).update(data).digest())
const md5 = hash('md5')
const sha256 = hash('sha256')

const uint16s = (values: readonly number[]) => values.flatMap((value) => [value >> 8, value & 0xff])
/** A vector with a length of two bytes. */
const vector = (bytes: readonly number[]) => Uint8Array.of(...uint16s([bytes.length]), ...bytes)

const bodies = {
  10: (values: readonly number[]) => vector(uint16s(values)),
  11: (values: readonly number[]) => Uint8Array.of(values.length, ...values),
  13: (values: readonly number[]) => vector(uint16s(values)),
  43: (values: readonly number[]) => Uint8Array.of(values.length * 2, ...uint16s(values)),
} as const

interface Offer {
  readonly version?: number
  readonly suites: readonly number[]
  readonly extensions?: readonly number[]
  readonly contents?: { readonly [type: number]: readonly number[] }
  /** Of the extension 16. */
  readonly alpn?: readonly (readonly number[])[]
}

/** A ClientHello with these extensions, their contents where they matter, after a trip over the wire. */
function hello({
  version = 0x0303,
  suites,
  extensions = [],
  contents = {},
  alpn,
}: Offer): ClientHello {
  const dataOf = (type: number) => {
    if (type === 0x0010 && alpn !== undefined)
      return vector(alpn.flatMap((name) => [name.length, ...name]))
    const body = bodies[type as keyof typeof bodies]
    return body === undefined ? new Uint8Array(0) : body(contents[type] ?? [])
  }
  const bytes = encode(ClientHello, {
    legacyVersion: version,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(0),
    cipherSuites: [...suites],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensions.map((type) => ({ type, data: dataOf(type) })),
  })
  return decode(ClientHello, bytes)
}

const ascii = (text: string) => [...Buffer.from(text)]
const hexList = (text: string) => text.split(',').map((value) => Number.parseInt(value, 16))
const decimals = (text: string) => text.split('-').map(Number)

/** Of Chrome, the example in the description of JA4. */
const chrome = {
  suites: hexList('1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
  extensions: hexList(
    '001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015',
  ),
  contents: {
    13: hexList('0403,0804,0401,0503,0805,0501,0806,0601'),
    10: [0x1d, 0x17, 0x18],
    11: [0],
    43: [0x0304, 0x0303],
  },
  alpn: [ascii('h2'), ascii('http/1.1')],
}

describe('JA3', () => {
  it('of the examples in its description', () => {
    const first = hello({
      version: 769,
      suites: decimals('47-53-5-10-49161-49162-49171-49172-50-56-19-4'),
      extensions: [0, 10, 11],
      contents: { 10: [23, 24, 25], 11: [0] },
    })
    expect(ja3Text(first)).toBe(
      '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0',
    )
    expect(ja3(first, md5)).toBe('ada70206e40642a3e4461f35503241d5')
    const second = hello({ version: 769, suites: decimals('4-5-10-9-100-98-3-6-19-18-99') })
    expect(ja3Text(second)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,')
    expect(ja3(second, md5)).toBe('de350869b8c85de67a350c8d186f11e6')
  })

  it('leaves reserved values out', () => {
    const { suites, extensions, contents } = chrome
    const greased = hello({
      suites: [0x1a1a, ...suites],
      extensions: [0x2a2a, ...extensions, 0xfafa],
      contents: { ...contents, 10: [0x3a3a, ...contents[0x000a]] },
    })
    expect(ja3Text(greased)).toBe(ja3Text(hello({ suites, extensions, contents })))
  })
})

describe('JA4', () => {
  it('of the example in its description', () => {
    expect(ja4(hello(chrome), sha256)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
    expect(ja4Text(hello(chrome))).toBe(
      't13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601',
    )
  })

  it('has no second list without signature schemes, and no hash of nothing', () => {
    const extensions = chrome.extensions.filter((type) => type !== 0x000d)
    const { suites, contents, alpn } = chrome
    expect(ja4Text(hello({ suites, extensions, contents, alpn }))).toMatch(/,4469,ff01$/)
    expect(ja4(hello({ suites: [0x0a0a] }), sha256)).toBe('t12i000000_000000000000_000000000000')
  })

  it('does not depend on the order of suites and extensions, nor on reserved values', () => {
    const other = hello({
      ...chrome,
      suites: [0x1a1a, ...chrome.suites.toReversed()],
      extensions: [0x2a2a, ...chrome.extensions.toReversed(), 0xfafa],
      contents: {
        ...chrome.contents,
        43: [0x4a4a, 0x0304],
        13: [0x5a5a, ...chrome.contents[0x000d]],
      },
    })
    expect(ja4(other, sha256)).toBe(ja4(hello(chrome), sha256))
  })

  it.each([
    [[ascii('http/1.1')], 'h1'],
    [[ascii('h')], 'hh'],
    [[[0xab]], 'ab'],
    [[[0xab, 0xcd]], 'ad'],
    [[[0x30, 0xab]], '3b'],
    [[[0x30, 0x31, 0xab, 0xcd]], '3d'],
    [[[0x30, 0xab, 0xcd, 0x31]], '01'],
  ])('shows the ends of the protocol %j as %s', (alpn, shown) => {
    expect(ja4Text(hello({ ...chrome, alpn }))).toMatch(new RegExp(`^t13d1516${shown}_`))
  })

  it.each([
    [0x0304, '13'],
    [0x0302, '11'],
    [0x0301, '10'],
    [0x0300, 's3'],
    [0x0999, '00'],
  ])('shows the version 0x%s', (version, shown) => {
    expect(ja4Text(hello({ version, suites: [1] }))).toBe(`t${shown}i010000_0001_`)
  })

  it('counts to 99', () => {
    const suites = Array.from({ length: 120 }, (_, i) => i)
    expect(ja4Text(hello({ suites }))).toMatch(/^t12i990000_/)
  })

  it('waits for a hash that is computed later', async () => {
    const later = async (data: Uint8Array) => sha256(data)
    expect(await ja4(hello(chrome), later)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
  })
})

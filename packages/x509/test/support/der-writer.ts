/** A small writer of DER for test certificates, so that a test can also write what no well-behaved tool would. */

export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(contents)
  const length = content.length
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x10000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return concat([Uint8Array.from(header), content])
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export const sequence = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...contents)
export const set = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x31, ...contents)
export const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf8'))
export const utf8String = (value: string): Uint8Array => tlv(0x0c, text(value))
export const octetString = (...contents: readonly Uint8Array[]): Uint8Array =>
  tlv(0x04, ...contents)
export const bitString = (content: Uint8Array, unused = 0): Uint8Array =>
  tlv(0x03, Uint8Array.of(unused), content)
export const boolean = (value: boolean): Uint8Array => tlv(0x01, Uint8Array.of(value ? 0xff : 0))
export const context = (number: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  tlv(0x80 | number, ...contents)
export const explicit = (number: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  tlv(0xa0 | number, ...contents)

/** A non-negative INTEGER. */
export function integer(value: number | bigint, tag = 0x02): Uint8Array {
  let hex = value.toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`
  return tlv(tag, new Uint8Array(Buffer.from(hex, 'hex')))
}

export function oid(dotted: string, tag = 0x06): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left & 0x7f) | 0x80)
    }
    bytes.push(...digits)
  }
  return tlv(tag, Uint8Array.from(bytes))
}

/** UTCTime up to 2049, GeneralizedTime from then on. */
export function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  return new Date(milliseconds).getUTCFullYear() < 2050
    ? tlv(0x17, text(digits.slice(2)))
    : tlv(0x18, text(digits))
}

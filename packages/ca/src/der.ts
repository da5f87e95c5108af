/**
 * A writer of DER (ITU-T X.690 §10 and §11): each function returns one complete TLV.
 *
 * Only what certificates need is here, and only the one encoding that DER permits for it, so that
 * whatever is composed from these functions is canonical. Reading what others wrote belongs to
 * `@handfast/x509`; `children` is only for taking apart what the platform's WebCrypto exported.
 */
import { AuthorityError } from './errors.ts'

const encoder = new TextEncoder()

/** Joins byte strings. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** One TLV with the given identifier octet (X.690 §8.1.2) and contents. */
export function tlv(identifier: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concat(...contents)
  return concat(Uint8Array.of(identifier), lengthOctets(body.length), body)
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...items)
export const set = (item: Uint8Array): Uint8Array => tlv(0x31, item)
export const octetString = (bytes: Uint8Array): Uint8Array => tlv(0x04, bytes)
export const nullValue = (): Uint8Array => tlv(0x05)
export const utf8String = (text: string): Uint8Array => tlv(0x0c, encoder.encode(text))

/** A small ENUMERATED. */
export const enumerated = (value: number): Uint8Array => tlv(0x0a, Uint8Array.of(value))

/** `true` as BOOLEAN. DER leaves out a field that has its default, so certificates never say `false`. */
export const booleanTrue = (): Uint8Array => tlv(0x01, Uint8Array.of(0xff))

/** `[tag]` around a complete TLV (EXPLICIT). */
export const explicit = (tag: number, item: Uint8Array): Uint8Array => tlv(0xa0 | tag, item)

/** `[tag]` in place of a primitive type's own tag (IMPLICIT). */
export const implicit = (tag: number, bytes: Uint8Array): Uint8Array => tlv(0x80 | tag, bytes)

/** A whole number of octets as BIT STRING. */
export const bitString = (bytes: Uint8Array): Uint8Array => tlv(0x03, Uint8Array.of(0), bytes)

/** A BIT STRING with named bits: trailing zero bits are left out (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  const highest = Math.max(...bits)
  const octets = new Uint8Array((highest >> 3) + 1)
  for (const bit of bits) octets[bit >> 3]! |= 0x80 >> (bit & 7)
  return tlv(0x03, Uint8Array.of(7 - (highest & 7)), octets)
}

/** A non-negative INTEGER from its big-endian octets, in the fewest octets (X.690 §8.3.2). */
export function unsignedInteger(bigEndian: Uint8Array): Uint8Array {
  let start = 0
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start++
  const minimal = bigEndian.subarray(start)
  return (minimal[0] ?? 0) > 0x7f ? tlv(0x02, Uint8Array.of(0), minimal) : tlv(0x02, minimal)
}

/** A small INTEGER, 0 to 2^31 - 1. */
export function integer(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    throw new AuthorityError(`${value} is not an integer from 0 to 2147483647`)
  }
  return unsignedInteger(Uint8Array.of(value >> 24, value >> 16, value >> 8, value))
}

/** An OBJECT IDENTIFIER from its dotted form. Throws an AuthorityError where that is malformed. */
export function oid(dotted: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9][0-9]{0,8}))+$/.test(dotted)) {
    throw new AuthorityError(`'${dotted}' is not an object identifier such as 2.5.29.17`)
  }
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  if (first < 2 && second > 39) {
    throw new AuthorityError(
      `'${dotted}' is not an object identifier: its second number exceeds 39`,
    )
  }
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

/**
 * A Time: UTCTime through 2049 and GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5), to the second.
 * Throws an AuthorityError outside the years 1950 to 9999.
 */
export function time(date: Date): Uint8Array {
  const year = date.getUTCFullYear()
  return year < 2050 ? tlv(0x17, encoder.encode(timeDigits(date).slice(2))) : generalizedTime(date)
}

/** A GeneralizedTime, to the second. Throws an AuthorityError outside the years 1950 to 9999. */
export const generalizedTime = (date: Date): Uint8Array =>
  tlv(0x18, encoder.encode(timeDigits(date)))

function timeDigits(date: Date): string {
  const year = date.getUTCFullYear()
  if (!(year >= 1950 && year <= 9999)) {
    throw new AuthorityError('a certificate can name only times from 1950 to 9999')
  }
  const [seconds = ''] = date.toISOString().split('.')
  return `${seconds.replace(/[-:T]/g, '')}Z`
}

/** The complete TLVs inside a constructed TLV of trusted origin, as views of its memory. */
export function children(constructed: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = headerLength(constructed, 0); at < constructed.length; ) {
    const end = at + headerLength(constructed, at) + contentLength(constructed, at)
    found.push(constructed.subarray(at, end))
    at = end
  }
  return found
}

/** The contents octets of a TLV of trusted origin. */
export const content = (item: Uint8Array): Uint8Array => item.subarray(headerLength(item, 0))

function headerLength(der: Uint8Array, at: number): number {
  const first = der[at + 1]!
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

function contentLength(der: Uint8Array, at: number): number {
  const first = der[at + 1]!
  if (first < 0x80) return first
  return der.subarray(at + 2, at + 2 + (first & 0x7f)).reduce((sum, octet) => sum * 256 + octet, 0)
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return Uint8Array.of(0x80 | octets.length, ...octets)
}

function base128(value: number): number[] {
  const octets = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) octets.unshift(0x80 | (rest & 0x7f))
  return octets
}

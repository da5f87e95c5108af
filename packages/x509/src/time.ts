/** UTCTime and GeneralizedTime in the one form DER and RFC 5280 §4.1.2.5 allow: to the second, in UTC, with a Z. */
import { type DerReader, hexByte, tags } from './der.ts'

/**
 * Reads a `Time`.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z
 */
export function readTime(reader: DerReader, field: string): number {
  const tag = reader.peek()
  if (tag !== tags.utcTime && tag !== tags.generalizedTime) {
    throw reader.error(`not a time but tag ${hexByte(tag)}`, field, reader.position)
  }
  reader.next(field)
  const yearDigits = tag === tags.utcTime ? 2 : 4
  const { bytes, contentStart } = reader
  const length = reader.contentEnd - contentStart
  if (length !== yearDigits + 11 || bytes[reader.contentEnd - 1] !== 0x5a) {
    throw reader.error(
      tag === tags.utcTime
        ? 'UTCTime is not of the form YYMMDDHHMMSSZ'
        : 'GeneralizedTime is not of the form YYYYMMDDHHMMSSZ',
      field,
    )
  }
  const digits = (offset: number, count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++) {
      const digit = bytes[contentStart + offset + i]! - 0x30
      if (digit < 0 || digit > 9) throw reader.error('time has a character that is no digit', field)
      value = value * 10 + digit
    }
    return value
  }
  let year = digits(0, yearDigits)
  // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the last century.
  if (yearDigits === 2) year += year >= 50 ? 1900 : 2000
  const month = digits(yearDigits, 2)
  const day = digits(yearDigits + 2, 2)
  const hour = digits(yearDigits + 4, 2)
  const minute = digits(yearDigits + 6, 2)
  const second = digits(yearDigits + 8, 2)
  const isTime = hour <= 23 && minute <= 59 && second <= 59
  // Date.UTC takes years below 100 for the last century.
  if (!isTime || year < 100 || day < 1 || day > daysOf(year, month)) {
    throw reader.error('time is no date of the calendar', field)
  }
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Of a month, 1 to 12; no days in others. */
function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  if (month < 1 || month > 12) return 0
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** A prime, for most times are whole minutes or days. */
const writtenPlaces = 127
const written: { readonly time: number; readonly text: string }[] = []

/**
 * `2026-03-01 12:00:00 UTC`. Three certificates take nine of these for a verdict, mostly of the same few moments, so those
 * are remembered.
 */
export function formatTime(milliseconds: number): string {
  const place = Math.abs(Math.floor(milliseconds / 1000)) % writtenPlaces
  const known = written[place]
  if (known?.time === milliseconds) return known.text
  const text = writeTime(milliseconds)
  written[place] = { time: milliseconds, text }
  return text
}

/** Put together from the date's parts it costs a third of what `toISOString` does. */
function writeTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  const year = date.getUTCFullYear()
  if (Number.isNaN(year)) return 'an invalid time'
  if (year < 1000 || year > 9999) return `${date.toISOString().slice(0, -5).replace('T', ' ')} UTC`
  const day = `${year}-${pair(date.getUTCMonth() + 1)}-${pair(date.getUTCDate())}`
  const seconds = `${pair(date.getUTCMinutes())}:${pair(date.getUTCSeconds())}`
  return `${day} ${pair(date.getUTCHours())}:${seconds} UTC`
}

const pairs = /* @__PURE__ */ Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))

function pair(number: number): string {
  return pairs[number]!
}

/**
 * Textual encodings of PKIX structures (RFC 7468): labelled base64, with anything between the blocks. Line ends may be
 * of any kind and lines of any length; the base64 itself is taken in its one strict form.
 */
import { X509Error } from './errors.ts'

export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string
  readonly der: Uint8Array
  /** Line of the BEGIN, the first being 1. */
  readonly line: number
  /** Of RFC 1421 §4.6, which old encrypted keys have (`Proc-Type`, `DEK-Info`); RFC 7468 has none. */
  readonly headers: ReadonlyMap<string, string>
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** By character code; -1 for what has none. */
const values = /* @__PURE__ */ Int8Array.from({ length: 128 }, (_, code) =>
  alphabet.indexOf(String.fromCharCode(code)),
)
const paddingCode = 0x3d

/** RFC 7468 §3: printable characters without hyphens, or with single spaces or hyphens between them; or nothing. */
const boundary = /^-----(BEGIN|END) ((?:[!-,.-~](?:[ -]?[!-,.-~])*)?)-----$/
const header = /^([!-9;-~]+):[ \t]*(.*)$/

function bad(message: string): X509Error {
  return new X509Error('malformed', message)
}

/**
 * Decodes every block of a text.
 * @returns the blocks in their order; none where the text has none
 * @throws X509Error `malformed`, with the block and the line
 */
export function decodePem(text: string): PemBlock[] {
  const lines = text.split(/\r\n|\n|\r/)
  const blocks: PemBlock[] = []
  for (let at = 0; at < lines.length; at++) {
    const begin = boundary.exec(trimEnd(lines[at]!))
    if (begin === null) continue
    const [, side, label = ''] = begin
    if (side === 'END') throw bad(`PEM: END ${label} at line ${at + 1} without its BEGIN`)
    const { block, end } = readBlock(lines, at, label)
    blocks.push(block)
    at = end
  }
  return blocks
}

/** @param begin index of the BEGIN line. @returns the block, and the index of its END line */
function readBlock(
  lines: readonly string[],
  begin: number,
  label: string,
): { block: PemBlock; end: number } {
  const where = `PEM: the ${label} that begins at line ${begin + 1}`
  const headers = new Map<string, string>()
  let at = begin + 1
  let lastHeader: string | undefined
  for (; at < lines.length; at++) {
    const line = lines[at]!
    const match = header.exec(line)
    if (match !== null) {
      lastHeader = match[1]!
      headers.set(lastHeader, trimEnd(match[2]!))
    } else if (lastHeader !== undefined && /^[ \t]/.test(line)) {
      headers.set(lastHeader, headers.get(lastHeader)! + trimEnd(line.trimStart()))
    } else {
      break
    }
  }

  const base64: string[] = []
  const lineOf: number[] = []
  for (; at < lines.length; at++) {
    const line = lines[at]!.trim()
    const edge = boundary.exec(line)
    if (edge === null) {
      if (line !== '') {
        base64.push(line)
        lineOf.push(at + 1)
      }
      continue
    }
    if (edge[1] === 'BEGIN') throw bad(`${where} has no END before line ${at + 1}`)
    if (edge[2] !== label) throw bad(`${where} ends with END ${edge[2]} at line ${at + 1}`)
    const der = decodeBase64(base64, (line, problem) =>
      bad(`${where} has ${problem} at line ${lineOf[line] ?? at + 1}`),
    )
    return { block: { label, der, line: begin + 1, headers }, end: at }
  }
  throw bad(`${where} has no END`)
}

/** RFC 4648 §4, strictly: padding is there, nothing follows it, and the bits that no byte uses are zero (§3.5). */
function decodeBase64(
  lines: readonly string[],
  fail: (line: number, problem: string) => X509Error,
): Uint8Array {
  let length = 0
  for (const line of lines) length += line.length
  const last = lines.length - 1
  if (length === 0) throw fail(last, 'no content')
  if (length % 4 !== 0) throw fail(last, `${length} base64 characters, not a multiple of four,`)

  const bytes = new Uint8Array((length / 4) * 3)
  let written = 0
  let bits = 0
  let count = 0
  let padding = 0
  for (const [index, line] of lines.entries()) {
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i)
      if (code === paddingCode) {
        padding++
        continue
      }
      const value = values[code] ?? -1
      if (value < 0) throw fail(index, 'a character that is not base64')
      if (padding > 0) throw fail(index, 'base64 after its padding')
      bits = (bits << 6) | value
      count += 6
      if (count >= 8) {
        count -= 8
        bytes[written++] = bits >> count
        bits &= (1 << count) - 1
      }
    }
  }
  // The number of characters is a multiple of four: 0, 4 or 2 bits are left over with 0, 2 or 1 characters of padding.
  if (padding > 2 || padding !== [0, -1, 1, -1, 2][count]) throw fail(last, 'wrong padding')
  if (bits !== 0) throw fail(last, 'base64 whose last bits are not zero')
  return bytes.slice(0, written)
}

function trimEnd(line: string): string {
  return line.replace(/[ \t]+$/, '')
}

/** Encodes one block, with lines of 64 characters (RFC 7468 §2) and a line feed at its end. */
export function encodePem(label: string, der: Uint8Array): string {
  let base64 = ''
  for (let at = 0; at < der.length; at += 3) {
    const group = (der[at]! << 16) | ((der[at + 1] ?? 0) << 8) | (der[at + 2] ?? 0)
    const characters = Math.min(der.length - at, 3) + 1
    for (let i = 0; i < 4; i++) {
      base64 += i < characters ? alphabet[(group >> (18 - 6 * i)) & 63] : '='
    }
  }
  const lines = base64.match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** PEM (RFC 7468): certificates as text, as files and configurations carry them. */
import { X509Error } from './errors.ts'

export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL` … */
  readonly label: string
  readonly bytes: Uint8Array
}

const block =
  /-----BEGIN ([A-Z0-9][A-Z0-9 .-]{0,63})-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9][A-Z0-9 .-]{0,63})-----/g

/**
 * Every PEM block of a text, in order. What stands between blocks is a comment and skipped, as RFC 7468 §2 allows.
 *
 * @throws X509Error when a block is not base64, is not closed, or closes with another label than it began with
 */
export function parsePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  let begun = 0
  for (const { 1: label, 2: content, 3: endLabel } of text.matchAll(block)) {
    begun++
    if (label !== endLabel) {
      throw new X509Error(
        'malformed',
        `PEM block ${begun} begins as ${label} and ends as ${endLabel}`,
      )
    }
    const bytes = decodeBase64(content!.replace(/\s/g, ''))
    if (bytes === undefined) {
      throw new X509Error('malformed', `PEM block ${begun}, ${label}, is not base64`)
    }
    blocks.push({ label: label!, bytes })
  }
  if (text.split('-----BEGIN ').length - 1 !== begun) {
    throw new X509Error('malformed', `PEM block ${begun + 1} has no end, or other text inside`)
  }
  return blocks
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Map(Array.from(alphabet, (character, value) => [character, value]))

/** RFC 4648 §4, with its padding, and with the bits that fill up the last character zero. */
function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let offset = 0
  for (let i = 0; i < text.length - padding; i++) {
    const value = values.get(text[i]!)
    if (value === undefined) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[offset++] = (held >> bits) & 0xff
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

/**
 * As much DER (X.690) as key files need: elements of definite length, read and written. Certificates have their own
 * reader in @handfast/x509, which knows where in the input it stands.
 */

export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  sequence: 0x30,
  /** [0], [1], [2], constructed. */
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
} as const

export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  /** Tag, length and content. */
  readonly der: Uint8Array
}

/**
 * Reads `bytes` as elements, one after the other, to the end.
 * @throws Error where they are not: a length that is indefinite, not minimal, or longer than what is there
 */
export function readElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at
    const tag = bytes[at++]!
    if ((tag & 0x1f) === 0x1f) throw new Error('DER: a tag of several bytes')
    let length = bytes[at++] ?? 0x80
    if (length >= 0x80) {
      const digits = length & 0x7f
      if (digits === 0 || digits > 3) throw new Error('DER: a length that cannot be')
      length = 0
      for (let i = 0; i < digits; i++) length = length * 256 + (bytes[at++] ?? 0)
      if (length < 0x80 || (digits > 1 && length < 1 << (8 * (digits - 1)))) {
        throw new Error('DER: a length that is not minimal')
      }
    }
    const end = at + length
    if (end > bytes.length) throw new Error('DER: the bytes end within an element')
    elements.push({ tag, content: bytes.subarray(at, end), der: bytes.subarray(start, end) })
    at = end
  }
  return elements
}

/** Reads one element that fills `bytes` and has the tag. @throws Error where it is another */
export function readElement(bytes: Uint8Array, tag: number): DerElement {
  const [element, ...more] = readElements(bytes)
  if (element === undefined || element.tag !== tag || more.length > 0) {
    throw new Error(`DER: not one element of tag 0x${tag.toString(16)}`)
  }
  return element
}

/** Writes an element whose content is the concatenation of `parts`. */
export function derElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const digits: number[] = []
  if (length >= 0x80) {
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
    digits.unshift(0x80 | digits.length)
  } else {
    digits.push(length)
  }
  const element = new Uint8Array(1 + digits.length + length)
  element[0] = tag
  element.set(digits, 1)
  let at = 1 + digits.length
  for (const part of parts) {
    element.set(part, at)
    at += part.length
  }
  return element
}

/** Writes a positive INTEGER: no leading zero but the one that keeps it positive (X.690 §8.3). */
export function derInteger(bigEndian: Uint8Array): Uint8Array {
  let start = 0
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start++
  const digits = bigEndian.subarray(start)
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0)
  return derElement(DerTag.integer, sign, digits)
}

/** Small things that are done with bytes everywhere. */

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return joined(parts)
}

/** `concat` of an array. @param memory for it; new memory if absent */
export function joined(
  parts: readonly Uint8Array[],
  memory?: (length: number) => Uint8Array,
): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = memory === undefined ? new Uint8Array(length) : memory(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The same bytes, never as a Buffer: whose `slice()` is no copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}

/** For public bytes only: a secret is compared by the provider's `equal`. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Names and protocols are octets on the wire; one character stands for each (RFC 7301 §3.1 allows any octet). */
export function fromText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

export function toText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** A number's bytes, big-endian, in a field of `length` bytes (RFC 8446 §7.4.1). A leading zero that DER adds is dropped. */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length)
  const significant = bytes.length > length ? bytes.subarray(bytes.length - length) : bytes
  padded.set(significant, length - significant.length)
  return padded
}

/**
 * node:crypto answers Buffers; the provider answers plain arrays. A Buffer's `slice` shares memory where an array's
 * copies, so an engine that slices would behave differently on each provider.
 */
export function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** The bytes of a constant written in hexadecimal. */
export function fromHex(hex: string): Uint8Array {
  return plain(Buffer.from(hex, 'hex'))
}

/**
 * Copies small inputs into memory that stays, for calls of node:crypto that read them at once. A small array lives in V8's
 * own heap until somebody needs its address, and moving it out takes up to 2 µs (bench/NOTES.md).
 * @param longest bytes; what is longer is handed back as it is
 */
export function stayingInput(longest: number): (bytes: Uint8Array) => Uint8Array {
  const memory = new Uint8Array(new ArrayBuffer(longest))
  const views = Array.from({ length: longest + 1 }, (_, length) => memory.subarray(0, length))
  return (bytes) => {
    const view = views[bytes.length]
    if (view === undefined) return bytes
    view.set(bytes)
    return view
  }
}

/**
 * A memory for what bytes mean, where the same few bytes come again and again: object identifiers, algorithms, the names
 * of authorities. It is bounded whatever comes in, keeps no input alive, and changes no answer: what is not found is
 * worked out anew. A place holds one entry; a later one takes it over.
 */
const places = 256
const longest = 256 // bytes

interface Entry<T> {
  readonly bytes: Uint8Array
  readonly meaning: T
}

export class Remembered<T> {
  readonly #entries = new Array<Entry<T> | undefined>(places).fill(undefined)

  /** What the bytes from `start` to `end` mean, if it is remembered. */
  find(source: Uint8Array, start: number, end: number): T | undefined {
    const entry = this.#entries[placeOf(source, start, end)]
    if (entry === undefined) return undefined
    const { bytes, meaning } = entry
    if (bytes.length !== end - start) return undefined
    for (let i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] !== source[start + i]) return undefined
    }
    return meaning
  }

  /** Remembers it, by a copy of the bytes. */
  keep(source: Uint8Array, start: number, end: number, meaning: T): void {
    if (end - start > longest) return
    const bytes = new Uint8Array(source.subarray(start, end))
    this.#entries[placeOf(source, start, end)] = { bytes, meaning }
  }
}

/** Of the last bytes and the length: in names and identifiers the end differs, the beginning hardly does. */
function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let place = end - start
  for (let i = Math.max(start, end - 12); i < end; i++) place = (place * 31 + bytes[i]!) | 0
  return (place ^ (place >>> 8)) & (places - 1)
}

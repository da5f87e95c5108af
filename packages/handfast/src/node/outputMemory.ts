/**
 * Memory for records on their way to the transport, used again and again: a large write would otherwise make as much new
 * memory as it has bytes, and the allocator and the collector would take longer than the cipher (bench/NOTES.md).
 *
 * What is here is sealed. A piece is handed out for one `write` to a socket of the platform, and comes back with that
 * write's callback, when the system has taken the bytes. A piece that never comes back is collected like any other.
 */
import { maxCiphertextExpansion, maxPlaintextLength } from '../limits.ts'
import { recordHeaderLength } from '../record/framing.ts'

const recordLength = recordHeaderLength + maxPlaintextLength + maxCiphertextExpansion
const stepRecords = 8
/** Bytes of content that are sealed and written at a time: as much as stays in a processor's cache. */
export const stepLength: number = stepRecords * maxPlaintextLength

/** Below this many bytes new memory costs as little, and a slow transport does not hold more than it needs. */
const smallest = 8192

interface Size {
  /** Bytes. */
  readonly length: number
  /** How many are kept while nobody uses them. */
  readonly capacity: number
  readonly free: ArrayBuffer[]
}

const sizes: readonly Size[] = [
  { length: recordLength, capacity: 32, free: [] },
  { length: stepRecords * recordLength, capacity: 4, free: [] },
]

/** @returns memory of this length; what it holds is undefined */
export function takeMemory(length: number): Uint8Array {
  const size = length < smallest ? undefined : sizes.find((size) => length <= size.length)
  if (size === undefined) return Buffer.allocUnsafe(length)
  return new Uint8Array(size.free.pop() ?? new ArrayBuffer(size.length), 0, length)
}

/** @returns whether this is a piece that may be given back */
export function isKept({ buffer, byteOffset }: Uint8Array): boolean {
  return byteOffset === 0 && sizes.some(({ length }) => length === buffer.byteLength)
}

/** Gives a piece back. Nobody may refer to it any more. */
export function giveBack({ buffer }: Uint8Array): void {
  const size = sizes.find(({ length }) => length === buffer.byteLength)
  if (size !== undefined && size.free.length < size.capacity) size.free.push(buffer as ArrayBuffer)
}

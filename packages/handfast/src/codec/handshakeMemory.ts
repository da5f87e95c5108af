/**
 * Memory for the messages of handshakes, cut from larger arrays: making an array for each costs more than writing it
 * (bench/NOTES.md). A piece keeps its whole array alive, so nothing that outlives its handshake is to lie here.
 */

const arrayLength = 8192
/** A piece that is longer has an array of its own, in bytes. */
const longestPiece = 2048

let array = /* @__PURE__ */ new Uint8Array(0)
let used = 0

/** @returns memory of this length; what it holds is zeros */
export function handshakeMemory(length: number): Uint8Array {
  if (length > longestPiece) return new Uint8Array(length)
  if (used + length > array.length) {
    array = new Uint8Array(arrayLength)
    used = 0
  }
  used += length
  return array.subarray(used - length, used)
}

/**
 * Random bytes, and comparison in constant time. What node:crypto fills or reads is memory that stays, wiped as soon as it
 * was used: moving a small array out of V8's heap takes longer than either (`stayingInput`).
 */
import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { startupSnapshot } from 'node:v8'
import { stayingInput } from './bytes.ts'

/** V8 keeps arrays of up to so many bytes in its own heap. */
const smallLength = 64

/** Bytes that are drawn ahead, since asking for some takes longer than making them: enough for a dozen handshakes. */
const aheadLength = 1024
const drawn = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new ArrayBuffer(aheadLength))
let drawnAt = aheadLength

/** Each byte that was drawn ahead is given out once, and wiped. */
export function random(length: number): Uint8Array {
  if (length > aheadLength / 4) return randomFillSync(new Uint8Array(length))
  if (drawnAt + length > aheadLength) {
    // What lies in a snapshot lies in every process that begins with it.
    if (startupSnapshot.isBuildingSnapshot()) return randomFillSync(new Uint8Array(length))
    randomFillSync(drawn)
    drawnAt = 0
  }
  const bytes = drawn.slice(drawnAt, drawnAt + length)
  drawn.fill(0, drawnAt, drawnAt + length)
  drawnAt += length
  return bytes
}

const left = /* @__PURE__ */ stayingInput(smallLength)
const right = /* @__PURE__ */ stayingInput(smallLength)

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  if (a.length > smallLength) return timingSafeEqual(a, b)
  const [keptA, keptB] = [left(a), right(b)]
  const same = timingSafeEqual(keptA, keptB)
  keptA.fill(0)
  keptB.fill(0)
  return same
}

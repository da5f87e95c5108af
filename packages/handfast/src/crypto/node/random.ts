/**
 * Random bytes, and comparison in constant time. What node:crypto fills or reads is memory that stays, wiped after each call:
 * moving a small array out of V8's heap takes longer than either (`stayingInput`).
 */
import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { stayingInput } from './bytes.ts'

/** V8 keeps arrays of up to so many bytes in its own heap. */
const smallLength = 64

const drawn = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new ArrayBuffer(smallLength))

export function random(length: number): Uint8Array {
  if (length > smallLength) return randomFillSync(new Uint8Array(length))
  randomFillSync(drawn, 0, length)
  const bytes = drawn.slice(0, length)
  drawn.fill(0)
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

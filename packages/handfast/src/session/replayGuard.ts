/** What keeps early data from being taken twice (RFC 8446 §8.2). */
import { hexOf } from '../codec/bytes.ts'
import type { MaybePromise } from '../crypto/provider.ts'

/** Remembers which ClientHellos brought early data. Servers that share tickets must share it. */
export interface ReplayGuard {
  /**
   * Notes a ClientHello, once and for all who ask: asking and noting are one step.
   * @param id of the ClientHello, which no other has
   * @param until milliseconds since 1970, when it would not be fresh any more and may be forgotten
   * @returns false where it was there before, or cannot be noted: early data is then refused, and the handshake goes on
   */
  firstUse(id: Uint8Array, until: number): MaybePromise<boolean>
}

/**
 * A guard in the memory of one process. One that is full notes nothing: who floods it stops early data, and never gets any
 * taken twice. After a restart nothing is remembered: give it a new ticket key then, or wait for as long as hellos are fresh.
 * @param clock milliseconds since 1970
 * @param capacity ClientHellos that it holds at once
 */
export function memoryReplayGuard({
  clock,
  capacity = 100_000,
}: {
  readonly clock: () => number
  readonly capacity?: number
}): ReplayGuard {
  const seen = new Map<string, number>()
  return {
    firstUse(id, until) {
      const now = clock()
      // They come nearly in the order in which they end.
      for (const [old, end] of seen) {
        if (end > now) break
        seen.delete(old)
      }
      const key = hexOf(id)
      if (seen.has(key) || seen.size >= capacity) return false
      seen.set(key, until)
      return true
    },
  }
}

/** Answers that come later, in an order that is random and can be repeated. */
import type { CryptoProvider, MaybePromise } from '../../src/crypto/provider.ts'
import { interpose } from './interpose.ts'

/** A generator of numbers in [0, 1) from a seed (mulberry32): the same seed, the same run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Computes at once, as WebCrypto takes a copy of its inputs at once, and keeps the answer back until `release`, which
 * picks one of all that wait.
 */
export class LateAnswers {
  readonly #random: () => number
  #waiting: (() => void)[] = []

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  readonly later = <T>(operation: () => MaybePromise<T>): Promise<T> => {
    let answer: Promise<T>
    try {
      answer = Promise.resolve(operation())
    } catch (reason) {
      answer = Promise.reject(reason)
    }
    // Whoever asked may be gone when it comes.
    answer.catch(() => {})
    return new Promise((resolve) => this.#waiting.push(() => resolve(answer)))
  }

  /** Lets one answer out, in a macrotask of its own. */
  async release(): Promise<void> {
    const [next] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1)
    next?.()
    await new Promise((resolve) => setImmediate(resolve))
  }

  provider(inner: CryptoProvider): CryptoProvider {
    return interpose(inner, (_, operation) => this.later(operation))
  }
}

/** The platform's WebCrypto, which tells how many of its calls have not answered yet. */
import { vi } from 'vitest'

export interface Calls {
  underWay: number
}

/** Puts a counting `crypto.subtle` in the place of the platform's, until `vi.unstubAllGlobals()`. */
export function countWebCryptoCalls(): Calls {
  const calls: Calls = { underWay: 0 }
  const { subtle } = globalThis.crypto
  const counting = new Proxy(subtle, {
    get:
      (target, name: keyof typeof subtle) =>
      async (...parameters: unknown[]) => {
        calls.underWay++
        try {
          return await (target[name] as (...all: unknown[]) => unknown).apply(target, parameters)
        } finally {
          calls.underWay--
        }
      },
  })
  const getRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto)
  vi.stubGlobal('crypto', { subtle: counting, getRandomValues })
  return calls
}

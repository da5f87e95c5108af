/** The same scenarios in several worlds: a provider that answers at once, one that answers later, and WebCrypto. */
import { vi } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { webProvider } from '../../src/crypto/web/index.ts'
import { LateAnswers } from './late.ts'
import { exchange, type Pair } from './pair.ts'
import { countWebCryptoCalls } from './webCrypto.ts'

export interface World {
  readonly crypto: CryptoProvider
  /** Carries bytes and answers until nothing moves any more. */
  settle(...pairs: readonly Pair[]): Promise<void>
}

export const worlds: readonly { readonly name: string; readonly make: () => World }[] = [
  { name: 'a provider that answers at once', make: syncWorld },
  { name: 'a provider that answers later', make: () => lateWorld(1) },
  { name: 'a provider over WebCrypto', make: webCryptoWorld },
]

export function syncWorld(): World {
  return {
    crypto: nodeProvider,
    async settle(...pairs) {
      for (const pair of pairs) exchange(pair)
    },
  }
}

export interface LateWorld extends World {
  readonly answers: LateAnswers
}

export function lateWorld(seed: number): LateWorld {
  const answers = new LateAnswers(seed)
  return {
    answers,
    crypto: answers.provider(nodeProvider),
    settle: (...pairs) =>
      untilStill(
        pairs,
        () => answers.waiting > 0,
        () => answers.release(),
      ),
  }
}

function webCryptoWorld(): World {
  vi.unstubAllGlobals()
  const calls = countWebCryptoCalls()
  return {
    crypto: webProvider,
    settle: (...pairs) =>
      untilStill(
        pairs,
        () => calls.underWay > 0,
        () => new Promise((resolve) => setImmediate(resolve)),
      ),
  }
}

/** @param waiting whether answers are still to come. @param wait lets some come */
async function untilStill(
  pairs: readonly Pair[],
  waiting: () => boolean,
  wait: () => Promise<void>,
): Promise<void> {
  for (;;) {
    for (const pair of pairs) exchange(pair)
    if (!waiting()) return
    await wait()
  }
}

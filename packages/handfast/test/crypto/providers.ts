/** Every provider: each suite of tests here runs once for each. */
import { nobleProvider } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CipherSuite, CryptoProvider, KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { webProvider } from '../../src/crypto/web/index.ts'

export const providers: readonly CryptoProvider[] = [nodeProvider, nobleProvider, webProvider]

/** Ordered pairs, each provider with itself too. */
export const pairs = providers.flatMap((one) => providers.map((other) => [one, other] as const))

export function groupOf(provider: CryptoProvider, name: string): KeyExchangeGroup {
  const found = provider.groups.find((group) => group.name === name)
  if (found === undefined) throw new Error(`${provider.name} has no ${name}`)
  return found
}

export function suiteOf(provider: CryptoProvider, name: string): CipherSuite | undefined {
  return provider.cipherSuites.find((suite) => suite.name === name)
}

/** A copy with one bit of one byte turned over. */
export function flip(bytes: Uint8Array, index: number, bit = 0): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[index]! ^= 1 << bit
  return copy
}

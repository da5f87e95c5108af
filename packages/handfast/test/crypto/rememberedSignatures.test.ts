import { generateKeyPairSync, sign } from 'node:crypto'
import type { SignatureVerifier } from '@handfast/x509'
import { expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { rememberedSignatures } from '../../src/crypto/rememberedSignatures.ts'

const algorithm = 'ecdsa-sha256'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))

function signed(data: Uint8Array): Uint8Array {
  return new Uint8Array(sign('sha256', data, privateKey))
}

/** A table of its own for each test, over the provider's verifier, which is counted. */
function counted() {
  const real = nodeProvider.signatureVerifiers[algorithm] as SignatureVerifier
  const calls: number[] = []
  const verify: SignatureVerifier = (...args) => {
    calls.push(1)
    return real(...args)
  }
  const crypto = {
    signatureVerifiers: { [algorithm]: verify, 'ecdsa-sha384': verify },
  }
  return { calls, crypto, verifiers: rememberedSignatures(crypto) }
}

test('a good signature is verified once, and a changed one each time', () => {
  const { calls, crypto, verifiers } = counted()
  const verify = verifiers[algorithm]!
  const data = Uint8Array.of(1, 2, 3)
  const signature = signed(data)
  expect([verify(spki, data, signature), verify(spki, data, signature)]).toEqual([true, true])
  expect(calls).toHaveLength(1)
  expect(rememberedSignatures(crypto)).toBe(verifiers)
  for (const [i, part] of [spki, data, signature].entries()) {
    const changed = part.slice()
    changed[part.length - 1]! ^= 1
    const parts = [spki, data, signature] as [Uint8Array, Uint8Array, Uint8Array]
    parts[i] = changed
    expect([verify(...parts), verify(...parts)]).toEqual([false, false])
  }
  expect(calls).toHaveLength(7)
  // A byte that moves from one part to the next makes another question.
  expect(verify(spki, data.subarray(0, 2), Uint8Array.of(3, ...signature))).toBe(false)
  // What is good under one name says nothing of another.
  verifiers['ecdsa-sha384']!(spki, data, signature)
  expect(calls).toHaveLength(9)
})

test('the oldest are forgotten', () => {
  const { calls, verifiers } = counted()
  const verify = verifiers[algorithm]!
  const first = Uint8Array.of(0, 0)
  const signature = signed(first)
  verify(spki, first, signature)
  for (let i = 1; i <= 512; i++) {
    const data = Uint8Array.of(i >> 8, i & 255)
    expect(verify(spki, data, signed(data))).toBe(true)
  }
  expect(calls).toHaveLength(513)
  expect(verify(spki, first, signature)).toBe(true)
  expect(calls).toHaveLength(514)
})

test('answers that come later are handed on', async () => {
  const verifiers = rememberedSignatures({
    signatureVerifiers: { [algorithm]: () => Promise.resolve(false) },
  })
  expect(await verifiers[algorithm]!(spki, spki, spki)).toBe(false)
})

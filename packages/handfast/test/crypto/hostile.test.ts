/** What comes from the network is answered, never thrown at the engine: undefined, false, or a value. */
import { generateKeyPairSync } from 'node:crypto'
import type { SignatureAlgorithm } from '@handfast/x509'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { providers } from './providers.ts'

/** Bytes of about the right length: mostly exactly, so that what lies behind the check of the length is reached. */
function near(length: number): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: length + 2 }) },
  )
}

/** The same bytes within a larger array, as a record has them. */
function within(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 20)
  larger.set(bytes, 7)
  return larger.subarray(7, 7 + bytes.length)
}

describe.each(providers)('hostile input to $name', (provider) => {
  it.each(provider.groups)('$name: shares', async (group) => {
    const pair = await group.generate()
    const isPoint = group.name.startsWith('secp')
    await fc.assert(
      fc.asyncProperty(
        near(group.clientShareLength),
        near(group.serverShareLength),
        async (client, server) => {
          // The form byte of a point, so that the point itself is looked at.
          if (isPoint && client.length > 0) client[0] = 4
          if (isPoint && server.length > 0) server[0] = 4
          const made = await group.encapsulate(within(client))
          if (made !== undefined) expect(made.share.length).toBe(group.serverShareLength)
          const secret = await pair.decapsulate(within(server))
          expect(secret === undefined || secret instanceof Uint8Array).toBe(true)
        },
      ),
      { numRuns: 12 },
    )
  })

  it.each(provider.groups)('$name: good shares with a byte changed', async (group) => {
    const pair = await group.generate()
    const { share } = (await group.encapsulate(pair.share))!
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const client = within(pair.share)
        client[at % client.length]! ^= mask
        await group.encapsulate(client)
        const server = within(share)
        server[at % server.length]! ^= mask
        await pair.decapsulate(server)
      }),
      { numRuns: 12 },
    )
  })

  it.each(provider.cipherSuites)('$name: records', async ({ aead }) => {
    const key = await aead.importKey(provider.random(aead.keyLength))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        expect(await key.open(new Uint8Array(12), new Uint8Array(5), within(bytes))).toBeUndefined()
      }),
    )
  })

  const keys = {
    'ecdsa-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'rsa-pss-sha256': generateKeyPairSync('rsa', { modulusLength: 2048 }),
    'rsa-pkcs1-sha256': generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ed25519: generateKeyPairSync('ed25519'),
    ed448: generateKeyPairSync('ed448'),
  }
  it.each(Object.entries(keys))('%s: keys and signatures', async (name, { publicKey }) => {
    const verify = provider.signatureVerifiers[name as SignatureAlgorithm]!
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(spki.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ maxLength: 300 }),
        async (at, mask, signature) => {
          const changed = within(spki)
          changed[at]! ^= mask
          expect(await verify(changed, signature, signature)).toBe(false)
          expect(await verify(within(spki), signature, within(signature))).toBe(false)
          expect(await verify(within(signature), signature, signature)).toBe(false)
        },
      ),
      { numRuns: 40 },
    )
  })
})

/**
 * Padding oracles (ROBOT, Marvin; Lucky 13): what a server asks of its provider, in which order and of which lengths, must be the
 * same for every ciphertext. How long it takes is measured by `bench/oracles.ts`.
 */
import { constants, publicEncrypt, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../src/codec/messages.ts'
import { ClientKeyExchangeRSA } from '../../src/codec/messages12.ts'
import { HandshakeType } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CryptoProvider, HashFunction } from '../../src/crypto/provider.ts'
import { type ClientProtocol, ClassicCipherSuiteId as Suite, tls12Client } from '../../src/index.ts'
import { rulesSSL3 } from '../../src/legacy/recordsSSL3.ts'
import { evening, rules12 } from '../../src/record/blockProtection12.ts'
import { exchange, identityFor } from '../engine/pair.ts'
import { shapeMessages } from '../engine/shape.ts'
import { pair12 } from './pair12.ts'

const identity = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
const { publicKey } = new X509Certificate(identity.certificateChain[0]!)
const encrypt = (message: Uint8Array) =>
  new Uint8Array(publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, message))
/** RSA of a whole block, whatever its padding. */
const encryptBlock = (...start: number[]) => {
  const block = Buffer.alloc(256, 0x41)
  block.set(start)
  return new Uint8Array(publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block))
}

/** A provider that writes down what it is asked, with the lengths. */
function recording(calls: string[]): CryptoProvider {
  const hash = (inner: HashFunction): HashFunction => ({
    ...inner,
    digest(data) {
      calls.push(`digest ${data.length}`)
      return inner.digest(data)
    },
    hmac(key, data) {
      calls.push(`hmac ${key.length} ${data.length}`)
      return inner.hmac(key, data)
    },
  })
  return {
    ...nodeProvider,
    random(length) {
      calls.push(`random ${length}`)
      return nodeProvider.random(length)
    },
    equal(a, b) {
      calls.push(`equal ${a.length} ${b.length}`)
      return nodeProvider.equal(a, b)
    },
    classicCipherSuites: (nodeProvider.classicCipherSuites ?? []).map((suite) => {
      const { protection } = suite
      if (protection.kind === 'block') return suite
      const importKey = (raw: Uint8Array) => {
        calls.push(`importKey ${raw.length}`)
        const key = protection.aead.importKey(raw)
        if ('then' in key) throw new TypeError('Not of this provider')
        const open: typeof key.open = (...parts) => {
          calls.push(`open ${parts.map(({ length }) => length).join(' ')}`)
          return key.open(...parts)
        }
        return { seal: key.seal.bind(key), open, destroy: () => key.destroy() }
      }
      const aead = { ...protection.aead, importKey }
      return { ...suite, hash: hash(suite.hash), protection: { ...protection, aead } }
    }),
  }
}

/** What the server is asked to do from the ClientKeyExchange until it opens the client's Finished. */
function callsFor(encryptedPreMasterSecret: Uint8Array | undefined): string[] {
  const calls: string[] = []
  const cipherSuites = [Suite.TLS_RSA_WITH_AES_128_GCM_SHA256]
  const hostile: ClientProtocol = {
    ...tls12Client,
    handshake(hs, ...rest) {
      shapeMessages(hs, (bytes) =>
        bytes[0] === HandshakeType.client_key_exchange && encryptedPreMasterSecret
          ? [encodeMessage(bytes[0], ClientKeyExchangeRSA, { encryptedPreMasterSecret }).bytes]
          : [bytes],
      )
      return tls12Client.handshake(hs, ...rest)
    },
  }
  const { signingKey } = identity
  const decryptPremaster: typeof signingKey.decryptPremaster = (...parts) => {
    calls.push('decryptPremaster')
    return signingKey.decryptPremaster!(...parts)
  }
  const server = {
    crypto: recording(calls),
    cipherSuites,
    identity: { ...identity, signingKey: { ...signingKey, decryptPremaster } },
  }
  const pair = pair12({ cipherSuites }, server, { client: [hostile] })
  exchange(pair)
  expect(pair.server.connection.error === undefined).toBe(encryptedPreMasterSecret === undefined)
  const start = calls.indexOf('decryptPremaster')
  const end = calls.findIndex((call) => call.startsWith('open '))
  expect(end).toBeGreaterThan(start)
  // The transcript holds the ciphertext, whose length anybody can see.
  const visible = (encryptedPreMasterSecret?.length ?? 256) - 256
  return calls
    .slice(start - 1, end + 1)
    .map((call) => call.replace(/^digest (\d+)/, (_, length) => `digest ${length - visible}`))
}

describe('Bleichenbacher, ROBOT, Marvin', () => {
  const secret = Uint8Array.from({ length: 48 }, (_, i) => (i < 2 ? 3 : i))
  const good = callsFor(undefined)

  it('a good ciphertext is decrypted in a known row of calls', () => {
    expect(good.slice(0, 2)).toEqual(['random 48', 'decryptPremaster'])
    expect(good.length).toBeGreaterThan(10)
  })

  it.each([
    ['a secret that is another', encrypt(secret)],
    ['a secret of another version', encrypt(Uint8Array.of(3, 1, ...secret.subarray(2)))],
    ['a secret that is too short', encrypt(secret.subarray(1))],
    ['a secret that is too long', encrypt(Uint8Array.of(3, ...secret))],
    ['an empty secret', encrypt(new Uint8Array(0))],
    ['a first byte that is not 0', encryptBlock(0x01, 2)],
    ['a block type of 1', encryptBlock(0, 1)],
    ['padding without an end', encryptBlock(0, 2)],
    ['padding that ends too early', encryptBlock(0, 2, 0x41, 0)],
    ['a number above the modulus', new Uint8Array(256).fill(0xff)],
    ['zeros', new Uint8Array(256)],
    ['a byte too few', new Uint8Array(255).fill(7)],
    ['no bytes', new Uint8Array(0)],
  ])('%s: the same calls, in the same order, of the same lengths', (_, ciphertext) => {
    expect(callsFor(ciphertext)).toEqual(good)
  })
})

describe('Lucky 13', () => {
  it.each([
    ['TLS 1.0 and later', rules12, 255],
    ['SSL 3.0', rulesSSL3, 15],
  ] as const)('%s hashes as many blocks for every length of padding', (_, rules, most) => {
    const { mac } = (nodeProvider.classicCipherSuites ?? [])
      .map(({ protection }) => protection)
      .find((protection) => protection.kind === 'block')!
    const lengths: number[] = []
    const counted: HashFunction = {
      ...mac,
      outputLength: 20,
      digest(data) {
        lengths.push(data.length)
        return new Uint8Array(20)
      },
      hmac(_key, data) {
        // The inner hash begins with a block of the key, the outer hashes a digest behind another.
        lengths.push(64 + data.length, 64 + 20)
        return new Uint8Array(20)
      },
    }
    const blocks = new Set<number>()
    const longest = 600
    for (let content = longest - most; content <= longest; content++) {
      lengths.length = 0
      rules.mac(counted, new Uint8Array(20), new Uint8Array(13), new Uint8Array(content))
      counted.digest(evening(counted, content, longest, rules.hashedBefore))
      blocks.add(lengths.reduce((sum, length) => sum + Math.ceil((length + 9) / 64), 0))
    }
    expect([...blocks]).toHaveLength(1)
  })
})

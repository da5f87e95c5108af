/** Keys do not outlive their use: those of the records, of the exchange, and of a connection that ended in any way. */
import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { AeadKey, CryptoProvider, KeyPair } from '../../src/crypto/provider.ts'
import { exchange, type Pair, pairOf } from './pair.ts'

/** A provider that knows which of its keys were not destroyed. */
function watched(): {
  readonly crypto: CryptoProvider
  readonly keys: Set<AeadKey>
  readonly pairs: Set<KeyPair>
} {
  const keys = new Set<AeadKey>()
  const pairs = new Set<KeyPair>()
  const crypto: CryptoProvider = {
    ...nodeProvider,
    cipherSuites: nodeProvider.cipherSuites.map((suite) => ({
      ...suite,
      aead: {
        ...suite.aead,
        importKey(raw) {
          const key = suite.aead.importKey(raw) as AeadKey
          const watchedKey: AeadKey = {
            seal: (...parts) => key.seal(...parts),
            open: (...parts) => key.open(...parts),
            destroy() {
              keys.delete(watchedKey)
              key.destroy()
            },
          }
          keys.add(watchedKey)
          return watchedKey
        },
      },
    })),
    groups: nodeProvider.groups.map((group) => ({
      ...group,
      generate() {
        const pair = group.generate() as KeyPair
        const watchedPair: KeyPair = {
          share: pair.share,
          decapsulate: (share) => pair.decapsulate(share),
          destroy() {
            pairs.delete(watchedPair)
            pair.destroy()
          },
        }
        pairs.add(watchedPair)
        return watchedPair
      },
    })),
  }
  return { crypto, keys, pairs }
}

function watchedPair(...[client, server]: Parameters<typeof pairOf>) {
  const ends = { client: watched(), server: watched() }
  const pair = pairOf(
    { crypto: ends.client.crypto, ...client },
    { crypto: ends.server.crypto, ...server },
  )
  return { ...ends, pair }
}

const roles = ['client', 'server'] as const
const byte = Uint8Array.of(1)

describe('a connection keeps', () => {
  it('two keys of its records, one for each direction, and none of the exchange', () => {
    const { client, server, pair } = watchedPair()
    exchange(pair)
    expect([client.keys.size, server.keys.size]).toEqual([2, 2])
    expect([client.pairs.size, server.pairs.size]).toEqual([0, 0])
  })

  it('no key of the exchange from before a HelloRetryRequest', () => {
    const { client, pair } = watchedPair(
      { keyShares: [NamedGroup.x25519, NamedGroup.secp384r1] },
      { groups: [NamedGroup.secp256r1] },
    )
    exchange(pair)
    expect(pair.client.connection.info?.helloRetried).toBe(true)
    expect(client.pairs.size).toBe(0)
  })

  it('no key from before a KeyUpdate', () => {
    const { client, server, pair } = watchedPair()
    exchange(pair)
    for (let i = 0; i < 5; i++) {
      pair.client.connection.updateKeys({ requestPeer: true })
      pair.client.connection.write(byte)
      exchange(pair)
    }
    expect([client.keys.size, server.keys.size]).toEqual([2, 2])
  })
})

describe('no key is left', () => {
  const ends: Readonly<Record<string, (pair: Pair) => void>> = {
    'after both sides have closed'(pair) {
      pair.client.connection.close()
      pair.server.connection.close()
      exchange(pair)
    },
    'after destroy()'(pair) {
      for (const role of roles) pair[role].connection.destroy()
    },
    'after cancel()'(pair) {
      for (const role of roles) pair[role].connection.cancel()
    },
    'after a failure'(pair) {
      for (const role of roles) {
        pair[role].connection.receive(new Uint8Array(100))
        pair[role].connection.nextEvent()
      }
    },
    'after the transport has ended'(pair) {
      for (const role of roles) {
        pair[role].connection.receiveEnd()
        pair[role].connection.nextEvent()
      }
    },
  }
  for (const [when, end] of Object.entries(ends))
    it(when, () => {
      const { client, server, pair } = watchedPair()
      exchange(pair)
      end(pair)
      expect([client.keys.size, server.keys.size]).toEqual([0, 0])
      for (const role of roles) {
        const { connection } = pair[role]
        connection.close()
        expect(connection.takeOutput().length).toBeLessThan(3)
        expect(() => connection.exportKeyingMaterial('label', byte, 32)).toThrow()
      }
    })

  it('of a handshake that did not come to its end', () => {
    const { client, server, pair } = watchedPair({ serverName: 'another.test' })
    exchange(pair)
    expect(pair.client.connection.error?.blame).toBe('certificate')
    expect([client.keys.size, server.keys.size]).toEqual([0, 0])
  })

  it('of the exchange, where nobody answered', () => {
    for (const end of ['destroy', 'fail'] as const) {
      const { client, pair } = watchedPair()
      const { connection } = pair.client
      connection.nextEvent()
      expect(client.pairs.size).toBe(2)
      if (end === 'destroy') connection.destroy()
      else {
        connection.receiveEnd()
        connection.nextEvent()
      }
      expect(client.pairs.size, end).toBe(0)
    }
  })
})

/** Every suite of TLS 1.2, own to own, in each provider that has it, with answers at once and with answers later. */
import { describe, expect, it } from 'vitest'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nobleProvider } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { ClassicCipherSuite, CryptoProvider } from '../../src/crypto/provider.ts'
import { eventsOf, exchange, identityFor, type Pair, textOf } from '../engine/pair.ts'
import { late12 } from './late12.ts'
import { pair12 } from './pair12.ts'

const names = ['server.test']
const identities = {
  node: {
    ECDSA: await identityFor({ names }),
    RSA: await identityFor({ names, keyType: 'rsa-2048' }),
  },
  noble: {
    ECDSA: await identityFor({ names }, nobleProvider),
    RSA: await identityFor({ names, keyType: 'rsa-2048' }, nobleProvider),
  },
}

const psk = { identity: Buffer.from('client 1'), key: Buffer.from('0123456789abcdef') }

export function configsFor(
  suite: ClassicCipherSuite,
  provider: CryptoProvider,
  crypto = provider,
): { client: Partial<ClientConfig>; server: Partial<ServerConfig> } {
  const cipherSuites = [suite.id]
  if (suite.authentication === 'PSK')
    return {
      client: { crypto, cipherSuites, preSharedKey: () => psk },
      server: {
        crypto,
        cipherSuites,
        pskIdentityHint: Buffer.from('a hint'),
        findPreSharedKey: (identity) =>
          Buffer.from(identity).toString() === 'client 1' ? psk.key : undefined,
      },
    }
  const identity = identities[provider.name as 'node' | 'noble'][suite.authentication]
  return { client: { crypto, cipherSuites }, server: { crypto, cipherSuites, identity } }
}

function expectTalk(pair: Pair): void {
  expect(textOf(pair.server)).toBe(`ping${'x'.repeat(40_000)}`)
  expect(textOf(pair.client)).toBe('pong')
  pair.client.connection.destroy()
}

function talk({ client, server }: Pair): void {
  client.connection.write(Buffer.from(`ping${'x'.repeat(40_000)}`))
  server.connection.write(Buffer.from('pong'))
}

const providers = [
  ['node', nodeProvider],
  ['noble', nobleProvider],
] as const

describe.each(providers)('%s', (_, provider) => {
  const suites = provider.classicCipherSuites ?? []

  it('has its suites', () => {
    expect(suites.length).toBeGreaterThan(30)
    expect(new Set(suites.map(({ id }) => id)).size).toBe(suites.length)
  })

  describe.each(suites.map((suite) => [suite.name, suite] as const))('%s', (name, suite) => {
    // RSA with noble is WebCrypto's, which answers later.
    const signsLater = provider === nobleProvider && suite.authentication === 'RSA'

    // A provider whose RSA signs later, and a suite without CBC, have no such case.
    const atOnce = signsLater ? undefined : it
    atOnce?.('with answers at once', () => {
      const { client, server } = configsFor(suite, provider)
      const pair = pair12(client, server)
      exchange(pair)
      expect(pair.client.connection.error).toBeUndefined()
      expect(pair.server.connection.error).toBeUndefined()
      const [complete] = eventsOf(pair.client, 'handshakeComplete')
      expect(complete?.info).toMatchObject({
        version: 0x0303,
        cipherSuiteName: name,
        extendedMasterSecret: true,
        secureRenegotiation: true,
        ...(suite.protection.kind === 'block' ? { encryptThenMac: true } : {}),
      })
      const pskIdentity = suite.authentication === 'PSK' ? psk.identity : undefined
      for (const { connection } of [pair.client, pair.server])
        expect(Buffer.from(connection.info?.pskIdentity ?? '')).toEqual(
          Buffer.from(pskIdentity ?? ''),
        )
      talk(pair)
      exchange(pair)
      expectTalk(pair)
    })

    it('with answers later', async () => {
      const world = late12(provider)
      const { client, server } = configsFor(suite, provider, world.crypto)
      const pair = pair12(client, server)
      const complete = () =>
        pair.client.connection.info !== undefined && pair.server.connection.info !== undefined
      await world.settle(pair, complete)
      expect(pair.client.connection.error).toBeUndefined()
      expect(pair.server.connection.error).toBeUndefined()
      expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
      talk(pair)
      await world.settle(pair, () => textOf(pair.server).length === 40_004)
      expectTalk(pair)
    })

    const withoutEncryptThenMac = suite.protection.kind === 'block' ? atOnce : undefined
    withoutEncryptThenMac?.('without encrypt_then_mac', () => {
      const { client, server } = configsFor(suite, provider)
      const pair = pair12(
        {
          ...client,
          shapeClientHello: (hello) => ({
            ...hello,
            extensions: hello.extensions.filter(({ type }) => type !== 22),
          }),
        },
        server,
      )
      exchange(pair)
      expect(pair.client.connection.info?.encryptThenMac).toBe(false)
      talk(pair)
      exchange(pair)
      expectTalk(pair)
    })
  })
})

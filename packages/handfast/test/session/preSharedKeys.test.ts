/** Keys that both sides had before, in TLS 1.3 (RFC 8446 §4.2.11, RFC 9258). */
import { describe, expect, it } from 'vitest'
import { findExtension } from '../../src/codec/extension.ts'
import { preSharedKey } from '../../src/codec/extensions/pre_shared_key.ts'
import { CipherSuiteId, NamedGroup } from '../../src/codec/registry.ts'
import type { ClientConfig, ClientHelloInfo, PreSharedKey, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { importPreSharedKey, type Session, statelessTickets } from '../../src/index.ts'
import { eventsOf, exchange, type Pair, pairOf, serverIdentity, textOf } from '../engine/pair.ts'

const crypto = nodeProvider
const { aead } = crypto.cipherSuites[0]!
const bytes = (text: string) => new TextEncoder().encode(text)
const key = (identity: string, more: Partial<PreSharedKey> = {}): PreSharedKey => ({
  identity: bytes(identity),
  key: new Uint8Array(32).fill(identity.charCodeAt(0)),
  ...more,
})
/** A server's keys by their names. */
const known = (...keys: readonly PreSharedKey[]) => ({
  findPreSharedKey: (identity: Uint8Array) =>
    keys.find((known) => Buffer.compare(known.identity, identity) === 0),
})
const never = () => {
  throw new Error('nobody was to be judged')
}

function connect(client: Partial<ClientConfig>, server: Partial<ServerConfig>): Pair {
  const pair = pairOf(client, server)
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(bytes('ping'))
  exchange(pair)
  expect(textOf(pair.server)).toBe('ping')
  for (const { connection } of [pair.client, pair.server])
    expect(connection.info).toMatchObject({ version: 0x0304 })
  return pair
}

const infos = ({ client, server }: Pair) => [client.connection.info!, server.connection.info!]

describe('a pre-shared key', () => {
  const alice = key('alice')

  it('stands in for the certificates of both sides', () => {
    const pair = connect(
      { preSharedKey: () => alice, verifyCertificate: never },
      {
        identity: [],
        clientAuthentication: { mode: 'require', verifyCertificate: never },
        ...known(alice),
      },
    )
    for (const info of infos(pair))
      expect(info).toMatchObject({
        pskIdentity: alice.identity,
        resumed: false,
        peerCertificates: [],
        verdict: undefined,
        group: NamedGroup.X25519MLKEM768,
      })
  })

  it('is given as bytes alone by a server, and answered later', async () => {
    const pair = pairOf(
      { preSharedKey: async () => alice },
      { identity: [], findPreSharedKey: async () => alice.key },
    )
    for (let i = 0; i < 20; i++) {
      exchange(pair)
      await new Promise(setImmediate)
    }
    expect(pair.server.connection.info?.pskIdentity).toEqual(alice.identity)
  })

  it('of SHA-384 decides the cipher suite', () => {
    const bob = key('bob', { hash: 'sha384' })
    const pair = connect({ preSharedKey: () => bob }, { identity: [], ...known(bob) })
    expect(pair.client.connection.info?.cipherSuite).toBe(CipherSuiteId.TLS_AES_256_GCM_SHA384)
  })

  it('is not offered where no suite of its hash is enabled', () => {
    const bob = key('bob', { hash: 'sha384' })
    const cipherSuites = [CipherSuiteId.TLS_AES_128_GCM_SHA256]
    let hello: ClientHelloInfo | undefined
    const onClientHello = (info: ClientHelloInfo) => {
      hello = info
      return undefined
    }
    const pair = connect(
      { cipherSuites, preSharedKey: () => bob },
      { onClientHello, ...known(bob) },
    )
    expect(findExtension(hello!.message.extensions, preSharedKey, 'ClientHello')).toBeUndefined()
    expect(pair.client.connection.info?.peerCertificates).toHaveLength(1)
  })

  it('is one of several, of which the server takes the first that it has', () => {
    const keys = [key('a'), key('b', { hash: 'sha384' }), key('c')]
    const pair = connect({ preSharedKey: () => keys }, { identity: [], ...known(keys[2]!) })
    for (const info of infos(pair)) expect(info.pskIdentity).toEqual(keys[2]!.identity)
  })

  it('that the server does not have leaves it to the certificate', () => {
    const pair = connect({ preSharedKey: () => alice }, known(key('carol')))
    for (const info of infos(pair)) expect(info.pskIdentity).toBeUndefined()
    expect(pair.client.connection.info?.peerCertificates).toEqual(serverIdentity.certificateChain)
  })

  it('goes through a HelloRetryRequest, with those that go with the suite', () => {
    const keys = [key('a', { hash: 'sha384' }), key('b')]
    const pair = connect(
      { preSharedKey: () => keys, keyShares: [NamedGroup.x25519] },
      {
        identity: [],
        groups: [NamedGroup.secp256r1],
        cipherSuites: [CipherSuiteId.TLS_AES_128_GCM_SHA256],
        ...known(...keys),
      },
    )
    for (const info of infos(pair))
      expect(info).toMatchObject({ helloRetried: true, pskIdentity: keys[1]!.identity })
  })

  it.each([
    ['no bytes', { key: new Uint8Array(0) }],
    ['a name of no bytes', { identity: new Uint8Array(0) }],
  ])('of %s is refused to its owner', (_, wrong) => {
    const pair = pairOf({ preSharedKey: () => ({ ...alice, ...wrong }) }, {})
    exchange(pair)
    expect(pair.client.connection.error).toMatchObject({
      code: 'ERR_CONFIGURATION',
      blame: 'caller',
    })
  })

  it('is told in the trace, by its name', () => {
    const pair = connect({ preSharedKey: () => alice }, { identity: [], ...known(alice) })
    for (const { trace } of [pair.client, pair.server])
      expect(trace).toContainEqual(
        expect.objectContaining({ type: 'decision', what: 'pre-shared key', chosen: '"alice"' }),
      )
  })
})

describe('a session made with a pre-shared key', () => {
  const alice = key('alice')
  const tickets = statelessTickets({ crypto, aead, clock: Date.now })
  const first = connect({ preSharedKey: () => alice }, { tickets, ...known(alice) })
  const { session } = eventsOf(first.client, 'session')[0]!
  const resume = (client: Partial<ClientConfig>, server: Partial<ServerConfig>) =>
    connect({ session: session as Session, ...client }, { tickets, ...server })

  it('is resumed while both sides have the key', () => {
    const pair = resume({ preSharedKey: () => alice, verifyCertificate: never }, known(alice))
    for (const info of infos(pair))
      expect(info).toMatchObject({ resumed: true, pskIdentity: alice.identity })
  })

  it('is not offered by a client that does not use the key any more', () => {
    const pair = resume({}, known(alice))
    for (const info of infos(pair)) {
      expect(info.resumed).toBe(false)
      expect(info.pskIdentity).toBeUndefined()
    }
  })

  it('is not resumed by a server that does not know the key any more', () => {
    const pair = resume({ preSharedKey: () => alice }, known())
    for (const info of infos(pair)) expect(info.resumed).toBe(false)
    expect(pair.client.connection.info?.peerCertificates).toHaveLength(1)
  })
})

describe('an imported key', () => {
  const alice = key('alice')

  it.each([
    ['sha256', CipherSuiteId.TLS_AES_128_GCM_SHA256],
    ['sha256', CipherSuiteId.TLS_AES_256_GCM_SHA384],
    ['sha384', CipherSuiteId.TLS_AES_128_GCM_SHA256],
    ['sha384', CipherSuiteId.TLS_AES_256_GCM_SHA384],
  ] as const)('of %s goes with the suite %i', async (hash, suite) => {
    const keys = await importPreSharedKey(crypto, { ...alice, hash }, bytes('client and server'))
    const pair = connect(
      { preSharedKey: () => keys },
      { identity: [], cipherSuites: [suite], ...known(...keys) },
    )
    expect(pair.client.connection.info?.cipherSuite).toBe(suite)
  })

  it('is another one for another context', async () => {
    const [ours] = await importPreSharedKey(crypto, alice, bytes('one'))
    const [theirs] = await importPreSharedKey(crypto, alice, bytes('other'))
    expect(ours!.key).not.toEqual(theirs!.key)
    expect(ours!.identity).not.toEqual(theirs!.identity)
  })
})

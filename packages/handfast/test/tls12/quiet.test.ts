/** Nobody listens: the same handshakes without a trace, and what configurations choose. */
import { expect, it } from 'vitest'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import {
  clientConnectionOf,
  NamedGroup,
  ClassicCipherSuiteId as Suite,
  serverConnectionOf,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { clientConfig, eventsOf, exchange, identityFor, serverConfig } from '../engine/pair.ts'

function quietPair(
  client: Partial<ClientConfig> = {},
  server: Partial<ServerConfig> = {},
  protocols = { client: [tls12Client], server: [tls12Server] },
) {
  const pair = {
    client: {
      connection: clientConnectionOf(protocols.client, clientConfig(client)),
      events: [],
      trace: [],
    },
    server: {
      connection: serverConnectionOf(protocols.server, serverConfig(server)),
      events: [],
      trace: [],
    },
  }
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(new Uint8Array(100))
  exchange(pair)
  expect(eventsOf(pair.server, 'data')).toHaveLength(1)
  return pair
}

it('agrees', () => {
  expect(quietPair().client.connection.info?.version).toBe(0x0303)
  const both = { client: [tls13Client, tls12Client], server: [tls13Server, tls12Server] }
  expect(quietPair({}, {}, both).client.connection.info?.version).toBe(0x0304)
})

const older = Suite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
const newer = Suite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256

it.each([
  [false, older],
  [true, newer],
])('takes the first suite of the server or of the client (%s)', (honorClientOrder, expected) => {
  const { client } = quietPair(
    { cipherSuites: [newer, older] },
    { cipherSuites: [older, newer], honorClientOrder },
  )
  expect(client.connection.info?.cipherSuite).toBe(expected)
})

it('takes the suite that the certificate goes with, of several', async () => {
  const rsa = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
  const ecdsa = await identityFor({ names: ['server.test'] })
  const named = (cipherSuite: number) =>
    quietPair({ cipherSuites: [cipherSuite] }, { identity: [rsa, ecdsa] }).client.connection.info
  expect(named(Suite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)?.peerCertificates).toEqual(
    rsa.certificateChain,
  )
  expect(named(Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)?.peerCertificates).toEqual(
    ecdsa.certificateChain,
  )
})

it.each([
  [[NamedGroup.ffdhe3072, NamedGroup.x25519], 'ffdhe3072'],
  [[NamedGroup.x25519], 'ffdhe2048'],
])('takes the finite field that the client names, else its own', async (groups, expected) => {
  const identity = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
  const cipherSuites = [Suite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256]
  const { server } = quietPair({ cipherSuites, groups }, { cipherSuites, identity })
  expect(server.connection.info?.groupName).toBe(expected)
})

it('asks onClientHello, and takes its changes', () => {
  const { server } = quietPair(
    { alpnProtocols: ['h2'] },
    { onClientHello: () => ({ alpnProtocols: ['h2'] }) },
  )
  expect(server.connection.info?.alpnProtocol).toBe('h2')
})

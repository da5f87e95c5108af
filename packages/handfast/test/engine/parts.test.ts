/** A client of TLS 1.3 that is made without some of its parts. */
import { expect, it } from 'vitest'
import { CertificateCompressionAlgorithm, ExtensionType } from '../../src/codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider as crypto } from '../../src/crypto/node/index.ts'
import {
  certificateCompression,
  clientConnectionOf,
  type Parts13,
  preSharedKeys,
  statelessTickets,
  tls13ClientOf,
} from '../../src/index.ts'
import {
  clientConfig,
  clientIdentity,
  eventsOf,
  exchange,
  type Pair,
  pairOf,
  textOf,
} from './pair.ts'

const { aead } = crypto.cipherSuites[0]!
const tickets = statelessTickets({ crypto, aead, clock: Date.now })

/** After the handshake and a few bytes each way, with a client of these parts and a server that has all. */
function connected(
  parts: Parts13,
  client: Partial<ClientConfig> = {},
  server: Partial<ServerConfig> = {},
): Pair {
  const pair = {
    ...pairOf({}, { tickets, ...server }),
    client: {
      connection: clientConnectionOf([tls13ClientOf(parts)], clientConfig(client)),
      events: [],
      trace: [],
    },
  }
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(new TextEncoder().encode('ping'))
  pair.server.connection.write(new TextEncoder().encode('pong'))
  exchange(pair)
  expect([textOf(pair.server), textOf(pair.client)]).toEqual(['ping', 'pong'])
  return pair
}

it('without any it knows its server, shows its own certificate, and changes keys', () => {
  const verifyCertificate = clientConfig().verifyCertificate
  const pair = connected(
    {},
    { identity: clientIdentity, postHandshakeAuth: true },
    { clientAuthentication: { mode: 'require', verifyCertificate } },
  )
  pair.server.connection.requestClientCertificate()
  pair.client.connection.updateKeys({ requestPeer: true })
  exchange(pair)
  expect(eventsOf(pair.server, 'clientCertificate')).toHaveLength(1)
  expect(pair.client.connection.error).toBeUndefined()
})

it('answers a HelloRetryRequest', () => {
  const { client } = connected({}, { keyShares: [] }, { groups: [0x001d] })
  expect(client.connection.info).toMatchObject({ helloRetried: true, group: 0x001d })
})

it('without preSharedKeys it asks for no tickets, and keeps none that come', () => {
  const offered: number[][] = []
  const onClientHello: ServerConfig['onClientHello'] = ({ message }) => {
    offered.push(message.extensions.map(({ type }) => type))
    return undefined
  }
  // A server that gives tickets to whoever connects: it is made to believe that it was asked.
  const eager = connected({}, { shapeClientHello: (hello) => withModes(hello) }, { onClientHello })
  expect(eventsOf(eager.client, 'session')).toEqual([])
  expect(eventsOf(connected({ preSharedKeys }).client, 'session')).toHaveLength(2)
  connected({}, {}, { onClientHello })
  expect(offered[0]).toContain(ExtensionType.psk_key_exchange_modes)
  expect(offered[1]).not.toContain(ExtensionType.psk_key_exchange_modes)
})

/** psk_key_exchange_modes of psk_dhe_ke, before the rest. */
function withModes(hello: Parameters<NonNullable<ClientConfig['shapeClientHello']>>[0]) {
  const modes = { type: ExtensionType.psk_key_exchange_modes, data: Uint8Array.of(1, 1) }
  return { ...hello, extensions: [modes, ...hello.extensions] }
}

it('with preSharedKeys alone it resumes', () => {
  const { client } = connected({ preSharedKeys })
  const [first] = eventsOf(client, 'session')
  const again = connected({ preSharedKeys }, { session: first!.session })
  expect(again.client.connection.info?.resumed).toBe(true)
})

it('with certificateCompression alone it unpacks', () => {
  const algorithm = CertificateCompressionAlgorithm.zlib
  const { server } = connected({ certificateCompression }, { certificateCompression: [algorithm] })
  expect(server.trace).toContainEqual(
    expect.objectContaining({ type: 'message', name: 'CompressedCertificate' }),
  )
})

it.each([
  ['preSharedKey', { preSharedKey: () => undefined }, { certificateCompression }],
  ['earlyData', { earlyData: new Uint8Array(1) }, {}],
  ['certificateCompression', { certificateCompression: [1] }, { preSharedKeys }],
])('refuses %s where its part is not there', (option, config, parts) => {
  expect(() => clientConnectionOf([tls13ClientOf(parts)], clientConfig(config))).toThrow(
    expect.objectContaining({
      code: 'ERR_PART_MISSING',
      blame: 'caller',
      message: expect.stringContaining(`\`${option}\``),
    }),
  )
})

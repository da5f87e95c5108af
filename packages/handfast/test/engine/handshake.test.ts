import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../src/index.ts'
import { memoryStore, statefulTickets, statelessTickets } from '../../src/session/tickets.ts'
import {
  clientIdentity,
  collect,
  eventsOf,
  exchange,
  type Pair,
  pairOf,
  textOf,
  trust,
} from './pair.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function connected(pair: Pair): Pair {
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  expect(eventsOf(pair.client, 'handshakeComplete')).toHaveLength(1)
  expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
  return pair
}

function talk(pair: Pair): void {
  pair.client.connection.write(bytes('ping'))
  pair.server.connection.write(bytes('pong'))
  exchange(pair)
  expect(textOf(pair.server)).toContain('ping')
  expect(textOf(pair.client)).toContain('pong')
}

describe('a full handshake', () => {
  it('agrees, talks and closes', () => {
    const pair = connected(
      pairOf({ alpnProtocols: ['h2', 'http/1.1'] }, { alpnProtocols: ['http/1.1'] }),
    )
    talk(pair)
    const info = pair.client.connection.info!
    expect(info).toMatchObject({
      cipherSuiteName: 'TLS_AES_128_GCM_SHA256',
      groupName: 'X25519MLKEM768',
      alpnProtocol: 'http/1.1',
      resumed: false,
      helloRetried: false,
    })
    pair.client.connection.close()
    exchange(pair)
    expect(eventsOf(pair.server, 'closeNotify')).toHaveLength(1)
    pair.server.connection.write(bytes('the rest'))
    pair.server.connection.close()
    exchange(pair)
    expect(textOf(pair.client)).toBe('pongthe rest')
    expect(eventsOf(pair.client, 'closeNotify')).toHaveLength(1)
  })

  it('gives both ends the same exported keying material', () => {
    const { client, server } = connected(pairOf())
    const context = bytes('context')
    expect(client.connection.exportKeyingMaterial('EXPERIMENTAL', context, 77)).toEqual(
      server.connection.exportKeyingMaterial('EXPERIMENTAL', context, 77),
    )
    expect(client.connection.channelBinding()).toEqual(server.connection.channelBinding())
  })
})

describe('HelloRetryRequest', () => {
  it('asks for a share of the group that both have', () => {
    const pair = connected(
      pairOf({ keyShares: [NamedGroup.secp256r1] }, { groups: [NamedGroup.x25519] }),
    )
    expect(pair.client.connection.info).toMatchObject({ helloRetried: true, groupName: 'x25519' })
    talk(pair)
  })

  it('carries a cookie back', () => {
    const cookie = () => bytes('a cookie')
    const pair = connected(pairOf({}, { cookie }))
    expect(pair.server.connection.info?.helloRetried).toBe(true)
    talk(pair)
  })
})

describe('resumption', () => {
  const clock = () => Date.now()
  const crypto = nodeProvider
  const aead = crypto.cipherSuites[0]!.aead
  const services = {
    stateless: () => statelessTickets({ crypto, aead, clock }),
    stateful: () => statefulTickets({ crypto, store: memoryStore(), clock }),
  }
  for (const [name, make] of Object.entries(services))
    it(`works with ${name} tickets`, () => {
      const tickets = make()
      const first = connected(pairOf({}, { tickets }))
      const sessions = eventsOf(first.client, 'session')
      expect(sessions).toHaveLength(2)
      const second = connected(pairOf({ session: sessions[0]!.session }, { tickets }))
      expect(second.client.connection.info?.resumed).toBe(true)
      expect(second.server.connection.info?.resumed).toBe(true)
      expect(second.client.connection.info?.peerCertificates).toEqual(
        first.client.connection.info?.peerCertificates,
      )
      talk(second)
      // With a HelloRetryRequest between.
      const third = connected(
        pairOf(
          { session: sessions[1]!.session, keyShares: [NamedGroup.x25519] },
          { tickets, groups: [NamedGroup.secp256r1] },
        ),
      )
      expect(third.client.connection.info).toMatchObject({ resumed: true, helloRetried: true })
      talk(third)
    })
})

describe('client authentication', () => {
  const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
  it('in the handshake', () => {
    const clientAuthentication = { mode: 'require' as const, verifyCertificate }
    const pair = connected(pairOf({ identity: clientIdentity }, { clientAuthentication }))
    expect(pair.server.connection.info?.peerCertificates).toEqual(clientIdentity.certificateChain)
    talk(pair)
    const refused = pairOf({}, { clientAuthentication })
    exchange(refused)
    expect(refused.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
    expect(refused.client.connection.error?.received).toBe('certificate_required')
  })

  it('after the handshake', () => {
    const clientAuthentication = { mode: 'request' as const, verifyCertificate }
    const pair = pairOf(
      { identity: clientIdentity, postHandshakeAuth: true },
      { clientAuthentication },
    )
    connected(pair)
    pair.server.connection.requestClientCertificate()
    pair.server.connection.requestClientCertificate()
    talk(pair)
    const answers = eventsOf(pair.server, 'clientCertificate')
    expect(answers.map(({ chain }) => chain)).toEqual([
      clientIdentity.certificateChain,
      clientIdentity.certificateChain,
    ])
    expect(answers[0]?.verdict?.valid).toBe(true)
  })

  it('cannot be asked of a client that did not offer it', () => {
    const clientAuthentication = { mode: 'request' as const, verifyCertificate }
    const pair = connected(pairOf({ identity: clientIdentity }, { clientAuthentication }))
    expect(() => pair.server.connection.requestClientCertificate()).toThrow('did not offer')
  })
})

describe('KeyUpdate', () => {
  it('in both directions, on request', () => {
    const pair = connected(pairOf())
    pair.client.connection.updateKeys({ requestPeer: true })
    talk(pair)
    const generations = (trace: typeof pair.client.trace) =>
      trace.flatMap((event) => (event.type === 'keys' ? [event.generation] : []))
    expect(generations(pair.client.trace).filter((generation) => generation === 1)).toHaveLength(2)
    expect(generations(pair.server.trace).filter((generation) => generation === 1)).toHaveLength(2)
    talk(pair)
  })

  it('before the AEAD has protected too much', () => {
    const pair = connected(pairOf({ keyUpdateAfterRecords: 3 }))
    for (let i = 0; i < 10; i++) pair.client.connection.write(bytes(`record ${i} `))
    exchange(pair)
    expect(textOf(pair.server)).toBe([...Array(10).keys()].map((i) => `record ${i} `).join(''))
  })
})

it('reads one byte at a time', () => {
  const pair = pairOf()
  const bytewise = (_: string, record: Uint8Array) => [...record].map((byte) => Uint8Array.of(byte))
  for (let i = 0; i < 6; i++) {
    collect(pair.client)
    for (const record of pair.client.connection.takeOutput())
      for (const byte of bytewise('client', record)) {
        pair.server.connection.receive(byte)
        collect(pair.server)
      }
    for (const record of pair.server.connection.takeOutput())
      for (const byte of bytewise('server', record)) {
        pair.client.connection.receive(byte)
        collect(pair.client)
      }
  }
  expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
})

/** What an honest peer, or something between, may do, and what must therefore be borne. */
import { describe, expect, it } from 'vitest'
import { ExtensionType, NamedGroup } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  certificateVerifier,
  memoryStore,
  statefulTickets,
  type TicketService,
} from '../../src/index.ts'
import { bytes } from './hostile/expected.ts'
import {
  adding,
  flipped,
  messageWith,
  type Run,
  recordOf,
  replacing,
  run,
  type Scenario,
  u16,
} from './hostile/peer.ts'
import { clientIdentity, eventsOf, exchange, identityFor, pairOf, textOf, trust } from './pair.ts'

const text = (value: string) => new TextEncoder().encode(value)
const clock = () => Date.now()
const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
const requesting = { clientAuthentication: { mode: 'request' as const, verifyCertificate } }

/** A peer that is merely odd: the handshake completes, and both can talk. */
function bears(scenario: Scenario): Run {
  const result = run(scenario)
  const { victim, hostile, carry } = result
  expect(victim.connection.error).toBeUndefined()
  expect(hostile.connection.error).toBeUndefined()
  expect(eventsOf(victim, 'handshakeComplete')).toHaveLength(1)
  expect(eventsOf(hostile, 'handshakeComplete')).toHaveLength(1)
  victim.connection.write(text('ping'))
  hostile.connection.write(text('pong'))
  carry()
  expect(textOf(hostile)).toContain('ping')
  expect(textOf(victim)).toContain('pong')
  return result
}

const warning = recordOf(21, bytes(1, 90))
const changeCipherSpec = recordOf(20, bytes(1))

describe('either end bears', () => {
  for (const victim of ['client', 'server'] as const) {
    it(`${victim}: handshake messages in records of a byte`, () => {
      // Before the keys on their way, under the keys by the sender's own choice.
      bears({
        victim,
        client: { maxSendFragment: 1 },
        server: { maxSendFragment: 1 },
      })
    })

    it(`${victim}: user_canceled, as often as its limit says`, () => {
      bears({
        victim,
        records: (record, index) =>
          index === 0 ? [warning, warning, warning, warning, record] : [record],
      })
    })

    it(`${victim}: change_cipher_spec, as often as its limit says`, () => {
      bears({
        victim,
        // Each end sends one of its own.
        records: (record, index) =>
          index === 0 ? [record, changeCipherSpec, changeCipherSpec, changeCipherSpec] : [record],
      })
    })

    it(`${victim}: no change_cipher_spec at all`, () => {
      bears({ victim, records: (record) => (record[0] === 20 ? [] : [record]) })
    })

    it(`${victim}: padding, and empty records as often as its limit says`, () => {
      const {
        hs,
        hostile,
        victim: end,
        carry,
      } = bears({
        victim,
        client: { recordPadding: (length) => 300 - length },
        server: { recordPadding: (length) => 300 - length },
      })
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 32; i++) hs.records.send(23, bytes())
        hostile.connection.write(text('.'))
        carry()
      }
      expect(end.connection.error).toBeUndefined()
      expect(textOf(end)).toBe('pong...')
    })

    it(`${victim}: KeyUpdates, with data between them, without end`, () => {
      const { hostile, victim: end, carry } = bears({ victim })
      for (let round = 0; round < 40; round++) {
        for (let i = 0; i < 8; i++) hostile.connection.updateKeys({ requestPeer: i === 0 })
        hostile.connection.write(text('.'))
        carry()
      }
      expect(end.connection.error).toBeUndefined()
      expect(textOf(end)).toBe(`pong${'.'.repeat(40)}`)
    })

    it(`${victim}: what follows close_notify, by ignoring it`, () => {
      const { hostile, hs, victim: end, carry } = bears({ victim })
      hs.records.send(21, bytes(1, 0))
      hs.records.send(23, bytes(1, 2, 3))
      carry()
      end.connection.receive(text('whatever'))
      end.connection.receiveEnd()
      expect(end.connection.nextEvent()).toBeUndefined()
      expect(end.connection.error).toBeUndefined()
      // The other direction is still open (RFC 8446 §6.1).
      end.connection.write(text(' and more'))
      carry()
      expect(textOf(hostile)).toBe('ping and more')
    })

    it(`${victim}: a KeyUpdate that wants an answer after its own close_notify, by not giving one`, () => {
      const { hostile, victim: end, carry } = bears({ victim })
      end.connection.close()
      carry()
      const before = hostile.trace.length
      hostile.connection.updateKeys({ requestPeer: true })
      hostile.connection.write(text(' still here'))
      carry()
      expect(end.connection.error).toBeUndefined()
      expect(textOf(end)).toBe('pong still here')
      const received = hostile.trace
        .slice(before)
        .filter((event) => event.type === 'record' && event.direction === 'received')
      expect(received).toEqual([])
    })
  }
})

describe('a client bears', () => {
  it('a CertificateRequest with extensions that it does not know', () => {
    bears({
      victim: 'client',
      client: { identity: clientIdentity },
      server: requesting,
      messages: { CertificateRequest: adding(0x4a4a, bytes(1, 2, 3)) },
    })
  })

  it('a CertificateRequest of whose schemes it has none, by showing no certificate', () => {
    const { hostile } = bears({
      victim: 'client',
      client: { identity: clientIdentity },
      server: requesting,
      messages: {
        CertificateRequest: replacing(ExtensionType.signature_algorithms, () => u16(2, 0x0a0a)),
      },
    })
    expect(hostile.connection.info?.peerCertificates).toEqual([])
  })

  it('a max_fragment_length that it offered, by sending no more', () => {
    const { victim, carry } = bears({
      victim: 'client',
      client: {
        shapeClientHello: (hello) => ({
          ...hello,
          extensions: [
            ...hello.extensions,
            { type: ExtensionType.max_fragment_length, data: bytes(1) },
          ],
        }),
      },
      messages: { EncryptedExtensions: adding(ExtensionType.max_fragment_length, bytes(1)) },
    })
    victim.connection.write(new Uint8Array(2000))
    carry()
    const contents = victim.trace.flatMap((event) =>
      event.type === 'record' && event.direction === 'sent' && event.protection === 'application'
        ? [event.content.length]
        : [],
    )
    expect(Math.max(...contents)).toBe(512)
  })

  it('tickets with extensions that it does not know, and keeps no more than its limit', () => {
    const ticket = messageWith(
      4,
      bytes(0, 0, 0, 9, 0, 0, 0, 0, 1, 0, 0, 1, 7, ...u16(4), ...u16(0x4a4a, 0)),
    )
    const { hs, victim, carry } = bears({ victim: 'client' })
    for (let i = 0; i < 20; i++) hs.records.send(22, ticket)
    carry()
    expect(victim.connection.error).toBeUndefined()
    expect(eventsOf(victim, 'session')).toHaveLength(8)
  })

  it('a ticket that lives for no time, by not keeping it, and one that lives too long, for seven days', () => {
    const ticket = (lifetime: readonly number[]) =>
      messageWith(4, bytes(...lifetime, 0, 0, 0, 0, 1, 0, 0, 1, 7, 0, 0))
    const { hs, victim, carry } = bears({ victim: 'client' })
    hs.records.send(22, ticket([0, 0, 0, 0]))
    hs.records.send(22, ticket([255, 255, 255, 255]))
    carry()
    expect(eventsOf(victim, 'session').map(({ session }) => session.lifetime)).toEqual([604_800])
  })

  it('a late CertificateRequest after its own close_notify, by not answering', () => {
    const { victim, hostile, carry } = bears({
      victim: 'client',
      client: { identity: clientIdentity, postHandshakeAuth: true },
      server: requesting,
    })
    victim.connection.close()
    carry()
    hostile.connection.requestClientCertificate()
    hostile.connection.write(text('.'))
    carry()
    expect(victim.connection.error).toBeUndefined()
    expect(textOf(victim)).toBe('pong.')
    expect(eventsOf(hostile, 'clientCertificate')).toEqual([])
  })
})

describe('a server bears', () => {
  /** A client with this session, and its early data. */
  const earlyData = (length: number) => recordOf(23, new Uint8Array(length).fill(7))
  const offersEarlyData: Scenario['client'] = {
    shapeClientHello: (hello) => ({
      ...hello,
      extensions: [...hello.extensions, { type: ExtensionType.early_data, data: bytes() }],
    }),
  }

  it('extensions, suites, groups, schemes, versions and names that it does not know', () => {
    bears({
      victim: 'server',
      client: {
        grease: true,
        shapeClientHello: (hello) => ({
          ...hello,
          extensions: hello.extensions.map((extension) =>
            extension.type === ExtensionType.server_name
              ? { ...extension, data: bytes(0, 18, 7, 0, 1, 255, 0, 0, 11, ...text('server.test')) }
              : extension,
          ),
        }),
      },
    })
  })

  it('early data that it refuses, by reading past it', () => {
    for (const sizes of [[1], [16, 17, 5], [0, 16_000, 16_384, 16_640], [10, 0, 10]])
      bears({
        victim: 'server',
        client: offersEarlyData,
        records: (record, index) => (index === 0 ? [record, ...sizes.map(earlyData)] : [record]),
      })
  })

  it('early data before a second ClientHello', () => {
    bears({
      victim: 'server',
      client: {
        ...offersEarlyData,
        keyShares: [NamedGroup.x25519],
        // The second ClientHello does not offer it again (RFC 8446 §4.1.2).
        shapeSecondClientHello: (hello) => ({
          ...hello,
          extensions: hello.extensions.filter(({ type }) => type !== ExtensionType.early_data),
        }),
      },
      server: { groups: [NamedGroup.secp256r1] },
      records: (record, index) => (index === 0 ? [record, earlyData(100), earlyData(5)] : [record]),
    })
  })

  it('early data of less than a tag, before a flight of several records', () => {
    const { victim } = bears({
      victim: 'server',
      client: { ...offersEarlyData, identity: clientIdentity, maxSendFragment: 100 },
      server: requesting,
      // The ClientHello takes several records as well; what follows it begins with change_cipher_spec.
      records: (record) => (record[0] === 20 ? [earlyData(3), earlyData(3), record] : [record]),
    })
    expect(victim.connection.info?.peerCertificates).toEqual(clientIdentity.certificateChain)
  })

  it('a PSK that is to be used alone, by a full handshake, and issues no ticket', () => {
    const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock })
    const first = pairOf({}, { tickets })
    exchange(first)
    const { session } = eventsOf(first.client, 'session')[0]!
    const { hostile } = bears({
      victim: 'server',
      client: {
        session,
        shapeClientHello: (hello) => ({
          ...hello,
          extensions: hello.extensions.map((extension) =>
            extension.type === ExtensionType.psk_key_exchange_modes
              ? { ...extension, data: bytes(1, 0) }
              : extension,
          ),
        }),
      },
      server: { tickets },
    })
    expect(hostile.connection.info?.resumed).toBe(false)
    expect(eventsOf(hostile, 'session')).toEqual([])
  })

  it('a client without psk_key_exchange_modes, and issues no ticket', () => {
    const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock })
    const { hostile } = bears({
      victim: 'server',
      client: {
        shapeClientHello: (hello) => ({
          ...hello,
          extensions: hello.extensions.filter(
            ({ type }) => type !== ExtensionType.psk_key_exchange_modes,
          ),
        }),
      },
      server: { tickets },
    })
    expect(eventsOf(hostile, 'session')).toEqual([])
  })

  it('a session that is too large for a ticket, by issuing none', () => {
    const tickets: TicketService = {
      lifetime: 100,
      issue: () => new Uint8Array(65_536),
      redeem: () => undefined,
    }
    const { hostile } = bears({ victim: 'server', server: { tickets } })
    expect(eventsOf(hostile, 'session')).toEqual([])
  })

  it('tickets that nobody issued, before one that it did', () => {
    const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock })
    const first = pairOf({}, { tickets })
    exchange(first)
    const { session } = eventsOf(first.client, 'session')[0]!
    const { victim } = bears({
      victim: 'server',
      client: { session: { ...session, ticket: flipped(session.ticket, 0) } },
      server: { tickets },
    })
    expect(victim.connection.info?.resumed).toBe(false)
  })

  it('several certificates for one name, by taking the one that fits the client', async () => {
    const rsa = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
    const ecdsa = await identityFor({ names: ['server.test'] })
    const { victim } = bears({
      victim: 'server',
      client: { signatureSchemes: [0x0804, 0x0401], certificateSignatureSchemes: [0x0403, 0x0804] },
      server: { identity: [ecdsa, rsa] },
    })
    expect(victim.connection.info?.signatureScheme).toBe(0x0804)
  })

  it('a late answer without a certificate where one is only asked for', () => {
    const { victim, carry } = bears({
      victim: 'server',
      client: { postHandshakeAuth: true },
      server: requesting,
    })
    victim.connection.requestClientCertificate()
    carry()
    expect(eventsOf(victim, 'clientCertificate')).toEqual([
      { type: 'clientCertificate', chain: [], verdict: undefined },
    ])
  })

  it('a ClientHello of TLS 1.0 in its legacy_version', () => {
    bears({
      victim: 'server',
      client: { shapeClientHello: (hello) => ({ ...hello, legacyVersion: 0x0301 }) },
    })
  })
})

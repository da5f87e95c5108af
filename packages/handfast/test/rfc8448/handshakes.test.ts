/**
 * RFC 8448 §3, §5, §6 and §7, through the whole engine, in both roles: an engine that is given a side's randoms,
 * ephemeral keys and signatures, and the recorded bytes of the other side, must send that side's records byte for byte.
 */
import { describe, expect, it } from 'vitest'
import type { RawExtension } from '../../src/codec/extension.ts'
import {
  Certificate,
  ClientHello,
  NewSessionTicket,
  ServerHello,
} from '../../src/codec/messages.ts'
import { CipherSuiteId, ExtensionType, NamedGroup } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import type { ClientConfig, Identity, ServerConfig } from '../../src/config.ts'
import { Connection } from '../../src/connection.ts'
import type { ConnectionEvent } from '../../src/connectionEvents.ts'
import { client as clientSteps } from '../../src/handshake/client.ts'
import { server as serverSteps } from '../../src/handshake/server.ts'
import { dangerousAcceptAnyCertificate } from '../../src/index.ts'
import type { Role, TraceEvent } from '../../src/trace/events.ts'
import { shapeMessages } from '../engine/shape.ts'
import { type HmacCall, recordedSigner, replayProvider } from './doubles.ts'
import { expectSchedule } from './schedule.ts'
import { haveVectors, messageOf, recordsOf, type Trace, traceOf } from './vectors.ts'

const body = (message: Uint8Array) => message.subarray(4)
const allGroups = [
  NamedGroup.x25519,
  NamedGroup.secp256r1,
  NamedGroup.secp384r1,
  NamedGroup.secp521r1,
  NamedGroup.ffdhe2048,
  NamedGroup.ffdhe3072,
  0x0102,
  0x0103,
  0x0104,
]

/** What differs between the traces, beyond what the engine reads from its own inputs. */
interface Replay {
  readonly section: string
  readonly clientGroups?: readonly number[]
  readonly client?: Partial<ClientConfig>
  readonly server?: Partial<ServerConfig>
  readonly clientRandoms?: readonly Uint8Array[]
  readonly serverRandoms?: readonly Uint8Array[]
  /** Messages of the server that the engine cannot express, with the reason in the test that uses them. */
  readonly serverMessages?: (message: Uint8Array) => Uint8Array
}

/** An engine in one role, driven along the trace. */
interface Replayed {
  readonly events: ConnectionEvent[]
  readonly trace: TraceEvent[]
  readonly hmacs: HmacCall[]
  readonly connection: Connection
}

function identityOf(trace: Trace, who: Role): Identity {
  const { certificateList } = decode(Certificate, body(messageOf(trace, who, 'Certificate')))
  return {
    certificateChain: certificateList.map(({ certData }) => certData),
    signingKey: recordedSigner(messageOf(trace, who, 'CertificateVerify')),
  }
}

/** What NSS sends and we do not: extensions of earlier versions, and schemes with SHA-1 and DSA. */
const theirOwn: ReadonlySet<number> = new Set([
  ExtensionType.renegotiation_info,
  ExtensionType.session_ticket,
  ExtensionType.signature_algorithms,
])

/** Our ClientHello in the order of the trace's; the bodies are ours, but for those that are NSS's own. */
function inTheOrderOf(theirs: Uint8Array): (ours: ClientHello) => ClientHello {
  const order = decode(ClientHello, body(theirs)).extensions
  return (ours) => {
    const extensions = order.map((extension): RawExtension => {
      if (theirOwn.has(extension.type)) return extension
      const own = ours.extensions.find(({ type }) => type === extension.type)
      if (own === undefined) throw new Error(`We send no extension of type ${extension.type}`)
      return own
    })
    return { ...ours, extensions }
  }
}

function clientOf(replay: Replay, observers: Pick<ClientConfig, 'trace'>, hmacs: HmacCall[]) {
  const trace = traceOf(replay.section)
  const hello = messageOf(trace, 'client', 'ClientHello')
  const { random, legacySessionId } = decode(ClientHello, body(hello))
  const crypto = replayProvider({
    trace,
    role: 'client',
    randoms: [random, ...(legacySessionId.length > 0 ? [legacySessionId] : [])],
    onHmac: (call) => hmacs.push(call),
  })
  const config: ClientConfig = {
    crypto,
    clock: () => 1_000_000,
    serverName: 'server',
    verifyCertificate: dangerousAcceptAnyCertificate,
    cipherSuites: [
      CipherSuiteId.TLS_AES_128_GCM_SHA256,
      CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256,
      CipherSuiteId.TLS_AES_256_GCM_SHA384,
    ],
    groups: allGroups,
    keyShares: [NamedGroup.x25519],
    recordSizeLimit: 0x4001,
    grease: false,
    middleboxCompatibility: legacySessionId.length > 0,
    requestOcsp: false,
    requestSignedCertificateTimestamps: false,
    shapeClientHello: inTheOrderOf(hello),
    traceSecrets: true,
    ...replay.client,
    ...observers,
  }
  return new Connection({
    role: 'client',
    config,
    handshake: (hs) => clientSteps(hs, config),
  })
}

function serverOf(replay: Replay, observers: Pick<ServerConfig, 'trace'>, hmacs: HmacCall[]) {
  const trace = traceOf(replay.section)
  const nth = replay.section === '5' ? 1 : 0
  const { random } = decode(ServerHello, body(messageOf(trace, 'server', 'ServerHello', nth)))
  const crypto = replayProvider({
    trace,
    role: 'server',
    randoms: [random, ...(replay.serverRandoms ?? [])],
    onHmac: (call) => hmacs.push(call),
  })
  const config: ServerConfig = {
    crypto,
    clock: () => 1_000_000,
    identity: identityOf(trace, 'server'),
    groups: allGroups,
    announceGroups: true,
    recordSizeLimit: 0x4001,
    traceSecrets: true,
    ...replay.server,
    ...observers,
  }
  const change = replay.serverMessages
  return new Connection({
    role: 'server',
    config,
    handshake(hs) {
      if (change !== undefined) shapeMessages(hs, (bytes) => [change(bytes)])
      return serverSteps(hs, config)
    },
  })
}

/** Follows the trace record by record: hands in the other side's, and compares our own with what is recorded. */
function follow(replay: Replay, role: Role): Replayed {
  const trace = traceOf(replay.section)
  const seen: TraceEvent[] = []
  const hmacs: HmacCall[] = []
  const events: ConnectionEvent[] = []
  const make = role === 'client' ? clientOf : serverOf
  const connection = make(replay, { trace: (event) => seen.push(copied(event)) }, hmacs)
  const sent: Uint8Array[] = []
  const run = () => {
    for (let event = connection.nextEvent(); event; event = connection.nextEvent())
      events.push(event)
    sent.push(...connection.takeOutput())
  }
  run()
  for (const { from, kind, payload, record } of recordsOf(trace)) {
    if (from === role) {
      if (kind === 'application_data') connection.write(payload)
      if (kind === 'alert') connection.close()
    } else connection.receive(record)
    run()
    if (connection.error !== undefined) throw connection.error
    if (from !== role) continue
    const ours = sent.shift()
    expect(ours && hex(ours), `${role}: ${kind} record`).toBe(hex(record))
  }
  expect(sent, 'nothing else is sent').toEqual([])
  return { connection, events, trace: seen, hmacs }
}

/** The bytes in an event are views of what is wiped or used again. */
function copied(event: TraceEvent): TraceEvent {
  return structuredClone(event)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const section3 = () => {
  const trace = traceOf('3')
  const message = messageOf(trace, 'server', 'NewSessionTicket')
  const ticket = decode(NewSessionTicket, body(message))
  const ageAdd = new Uint8Array(4)
  new DataView(ageAdd.buffer).setUint32(0, ticket.ticketAgeAdd)
  return {
    section: '3',
    serverRandoms: [ageAdd],
    server: {
      ticketCount: 1,
      tickets: {
        lifetime: ticket.ticketLifetime,
        issue: () => ticket.ticket,
        redeem: () => undefined,
      },
    },
    // NSS counts its nonces in two bytes and allows early data; ours has one byte and takes no early data.
    serverMessages: (ours: Uint8Array) => {
      if (ours[0] !== message[0]) return ours
      const expected = { ...ticket, ticketNonce: Uint8Array.of(0), extensions: [] }
      expect(decode(NewSessionTicket, body(ours))).toEqual(expected)
      return message
    },
  }
}

const section5 = () => {
  const trace = traceOf('5')
  const second = messageOf(trace, 'client', 'ClientHello', 1)
  const retry = decode(ServerHello, body(messageOf(trace, 'server', 'ServerHello')))
  const cookie = retry.extensions.find(({ type }) => type === ExtensionType.cookie)!.data.slice(2)
  // NSS pads a hello of 256 to 511 bytes up to 512, which only the second one is (RFC 7685).
  const padding = decode(ClientHello, body(second)).extensions.find(
    ({ type }) => type === ExtensionType.padding,
  )!
  const shape = inTheOrderOf(second)
  return {
    section: '5',
    client: {
      groups: [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1],
      shapeSecondClientHello: (ours: ClientHello) =>
        shape({ ...ours, extensions: [...ours.extensions, padding] }),
    },
    server: {
      groups: [NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.x25519],
      retryForGroups: [NamedGroup.secp256r1],
      cookie: () => cookie,
    },
  }
}

const section6 = () => {
  const trace = traceOf('6')
  const request = messageOf(trace, 'server', 'CertificateRequest')
  return {
    section: '6',
    client: { identity: identityOf(trace, 'client') },
    server: {
      clientAuthentication: {
        mode: 'require' as const,
        verifyCertificate: dangerousAcceptAnyCertificate,
      },
    },
    // NSS asks for schemes with SHA-1 and DSA too, which this library cannot verify and so cannot be made to announce.
    serverMessages: (ours: Uint8Array) => (ours[0] === request[0] ? request : ours),
  }
}

describe.skipIf(!haveVectors)('RFC 8448, needs ../shared/vectors/rfc8448.json', () => {
  const replays: readonly [string, () => Replay][] = [
    ['§3: a simple 1-RTT handshake', section3],
    ['§5: HelloRetryRequest', section5],
    ['§6: client authentication', section6],
    ['§7: compatibility mode', () => ({ section: '7' })],
  ]
  for (const [title, replay] of replays)
    describe(title, () => {
      for (const role of ['client', 'server'] as const)
        it(`the ${role}'s records and key schedule are the recorded ones`, () => {
          const { section } = replay()
          const { connection, events, trace, hmacs } = follow(replay(), role)
          expect(events.map(({ type }) => type)).toContain('handshakeComplete')
          expect(events.at(-1)).toEqual({ type: 'closeNotify' })
          expect(connection.closed).toBe(true)
          const compared = expectSchedule(traceOf(section), trace, hmacs, (step) => {
            // The server's own ticket has another nonce, and so another PSK; the client reads the recorded one.
            return !(role === 'server' && step.action.startsWith('generate resumption'))
          })
          expect(compared).toBeGreaterThanOrEqual(21)
        })
    })

  it('§3: the client makes the recorded session of the ticket, and reads the data', () => {
    const { events, connection } = follow(section3(), 'client')
    const session = events.find((event) => event.type === 'session')!.session
    const trace = traceOf('3')
    const { ticket, ticketAgeAdd } = decode(
      NewSessionTicket,
      body(messageOf(trace, 'server', 'NewSessionTicket')),
    )
    const psk = trace.steps.find(({ action }) => action.startsWith('generate resumption'))!
    expect(session).toMatchObject({
      ticket,
      ageAdd: ticketAgeAdd,
      lifetime: 30,
      issuedAt: 1_000_000,
    })
    expect(hex(session.psk)).toBe(hex(psk.blocks.find(({ label }) => label === 'expanded')!.bytes))
    const data = events.find((event) => event.type === 'data')!.data
    expect(hex(data)).toBe(hex(Uint8Array.from({ length: 50 }, (_, i) => i)))
    expect(connection.info).toMatchObject({ groupName: 'x25519', resumed: false })
  })
})

/** An engine in one role, driven along a trace of RFC 8448 with that side's randoms, ephemeral keys and signatures. */
import { expect } from 'vitest'
import { concat } from '../../src/codec/bytes.ts'
import type { RawExtension } from '../../src/codec/extension.ts'
import { Certificate, ClientHello, ServerHello } from '../../src/codec/messages.ts'
import { CipherSuiteId, ExtensionType, NamedGroup } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import type { ClientConfig, Identity, ServerConfig } from '../../src/config.ts'
import type { Connection } from '../../src/connection.ts'
import type { ConnectionEvent } from '../../src/connectionEvents.ts'
import {
  clientConnectionOf,
  dangerousAcceptAnyCertificate,
  serverConnectionOf,
  tls13Client,
} from '../../src/index.ts'
import type { Role, TraceEvent } from '../../src/trace/events.ts'
import { preparedServer, shapeMessages } from '../engine/shape.ts'
import { type HmacCall, recordedSigner, replayProvider } from './doubles.ts'
import { messageOf, recordsOf, type Trace, traceOf } from './vectors.ts'

export const body = (message: Uint8Array) => message.subarray(4)
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
export interface Replay {
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
export interface Replayed {
  readonly events: ConnectionEvent[]
  readonly trace: TraceEvent[]
  readonly hmacs: HmacCall[]
  readonly connection: Connection
}

export function identityOf(trace: Trace, who: Role): Identity {
  const { certificateList } = decode(Certificate, body(messageOf(trace, who, 'Certificate')))
  return {
    certificateChain: certificateList.map(({ certData }) => certData),
    signingKey: recordedSigner(messageOf(trace, who, 'CertificateVerify')),
  }
}

/** What NSS sends and we do not: extensions of earlier versions, schemes with SHA-1 and DSA, its own padding. */
const theirOwn: ReadonlySet<number> = new Set([
  ExtensionType.renegotiation_info,
  ExtensionType.session_ticket,
  ExtensionType.signature_algorithms,
  ExtensionType.padding,
])

/** Our ClientHello in the order of the trace's; the bodies are ours, but for those that are NSS's own. */
export function inTheOrderOf(theirs: Uint8Array): (ours: ClientHello) => ClientHello {
  // pre_shared_key is added last, when the rest has its shape.
  const order = decode(ClientHello, body(theirs)).extensions.filter(
    ({ type }) => type !== ExtensionType.pre_shared_key,
  )
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

export function clientOf(
  replay: Replay,
  observers: Pick<ClientConfig, 'trace'>,
  hmacs: HmacCall[],
) {
  const trace = traceOf(replay.section)
  const hello = recordsOf(trace)[0]!.payload
  const { random, legacySessionId } = decode(ClientHello, body(hello))
  const crypto = replayProvider({
    trace,
    role: 'client',
    randoms: [concat(random, legacySessionId)],
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
  return clientConnectionOf([tls13Client], config)
}

export function serverOf(
  replay: Replay,
  observers: Pick<ServerConfig, 'trace'>,
  hmacs: HmacCall[],
) {
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
    ...(replay.section === '4' ? {} : { identity: identityOf(trace, 'server') }),
    groups: allGroups,
    announceGroups: true,
    recordSizeLimit: 0x4001,
    traceSecrets: true,
    ...replay.server,
    ...observers,
  }
  const change = replay.serverMessages ?? ((message) => message)
  const protocol = preparedServer((hs) => shapeMessages(hs, (bytes) => [change(bytes)]))
  return serverConnectionOf([protocol], config)
}

/** Follows the trace record by record: hands in the other side's, and compares our own with what is recorded. */
export function follow(replay: Replay, role: Role): Replayed {
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
      // Early data was given before the connection began.
      const early = replay.client?.earlyData === payload
      if (kind === 'application_data' && !early) connection.write(payload)
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

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

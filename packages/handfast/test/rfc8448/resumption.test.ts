/**
 * RFC 8448 §4: a resumed handshake with early data. This engine takes no early data, so the trace is followed through
 * keys/ and record/, value by value and record by record; the ClientHello with its binder also through both engines.
 */
import { runSteps, type Steps, settle } from '@handfast/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { findExtension } from '../../src/codec/extension.ts'
import { preSharedKey } from '../../src/codec/extensions/pre_shared_key.ts'
import { Certificate, ClientHello, type HandshakeMessage } from '../../src/codec/messages.ts'
import { ContentType, NamedGroup } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import { TLS_AES_128_GCM_SHA256 } from '../../src/crypto/node/index.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import {
  deriveSecret,
  EarlySecret,
  type NamedSecret,
  type ScheduleContext,
  trafficKeys,
  verifyData,
} from '../../src/keys/schedule.ts'
import { Transcript } from '../../src/keys/transcript.ts'
import { type OpenedRecord, RecordProtection } from '../../src/record/protection.ts'
import type { SessionState } from '../../src/session/session.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { type HmacCall, replayProvider } from './doubles.ts'
import { body, clientOf, hex, serverOf } from './replay.ts'
import { expectSchedule } from './schedule.ts'
import { block, haveVectors, messageOf, recordsOf, stepsOf, traceOf } from './vectors.ts'

const { aead } = TLS_AES_128_GCM_SHA256

/** What the trace's client and server computed, with the parts of the engine. */
interface Computed {
  readonly events: TraceEvent[]
  readonly hmacs: HmacCall[]
  readonly binder: Uint8Array
  readonly finished: { readonly server: Uint8Array; readonly client: Uint8Array }
  /** Each record of the trace, as sealed here, and what opening it gave. */
  readonly sealed: readonly Uint8Array[]
  readonly opened: readonly (OpenedRecord | undefined)[]
}

function message(bytes: Uint8Array): HandshakeMessage {
  return { type: bytes[0]!, bytes }
}

function* compute(): Steps<Computed> {
  const trace = traceOf('4')
  const records = recordsOf(trace)
  const events: TraceEvent[] = []
  const hmacs: HmacCall[] = []
  const crypto = replayProvider({
    trace,
    role: 'client',
    randoms: [],
    onHmac: (call) => hmacs.push(call),
  })
  const context: ScheduleContext = {
    hash: crypto.cipherSuites[0]!.hash,
    trace: (event) =>
      events.push(structuredClone({ type: 'keySchedule', time: 0, role: 'client', ...event })),
  }
  const transcript = new Transcript()
  const psk = block(stepsOf(trace, 'client', /^extract secret "early"/)[0]!, 'IKM')

  // The ClientHello and its binder.
  const hello = records[0]!.payload
  const early = yield* EarlySecret.extract(context, psk)
  const binderStep = stepsOf(trace, 'client', /^calculate PSK binder/)[0]!
  const prefix = block(binderStep, 'ClientHello prefix')
  expect(hex(hello.subarray(0, prefix.length))).toBe(hex(prefix))
  const binderHash = yield* settle(transcript.hashWith(context.hash, prefix))
  expect(hex(binderHash)).toBe(hex(block(binderStep, 'binder hash')))
  const binder = yield* verifyData(context, yield* early.binderKey('res binder'), binderHash)
  transcript.add(message(hello), 'ClientHello')

  // Early data: its secrets are no part of the engine yet, their derivation is.
  const earlySecret: NamedSecret = {
    name: 'Early Secret',
    value: block(stepsOf(trace, 'client', /^extract secret "early"/)[0]!, 'secret').slice(),
  }
  const earlyTraffic = yield* deriveSecret(
    context,
    'client_early_traffic_secret',
    earlySecret,
    'c e traffic',
    transcript,
  )
  yield* deriveSecret(
    context,
    'early_exporter_master_secret',
    earlySecret,
    'e exp master',
    transcript,
  )

  const step = { names: [] as string[], sealed: [] as Uint8Array[] }
  const opened: (OpenedRecord | undefined)[] = []
  type Ends = { readonly seal: RecordProtection; readonly open: RecordProtection }
  function* ends(owner: 'client' | 'server', secret: NamedSecret): Steps<Ends> {
    const make = function* (): Steps<RecordProtection> {
      const { key, iv } = yield* trafficKeys(context, owner, secret, aead)
      return new RecordProtection('application', 0, key, iv, aead.tagLength)
    }
    return { seal: yield* make(), open: yield* make() }
  }
  let at = 0
  function carry(protection: Ends | undefined, type: number): void {
    const { payload, record } = records[at++]!
    if (protection === undefined) {
      step.sealed.push(record)
      opened.push({ type, content: record.subarray(5), padding: 0 })
      return
    }
    step.sealed.push(protection.seal.seal(type, payload, 0) as Uint8Array)
    opened.push(protection.open.open(record) as OpenedRecord | undefined)
  }
  const { handshake, application_data, alert } = ContentType

  carry(undefined, handshake)
  const earlyEnds = yield* ends('client', earlyTraffic)
  carry(earlyEnds, application_data)

  // ServerHello … Finished.
  const group = crypto.groups.find(({ id }) => id === NamedGroup.x25519)!
  const pair = group.generate() as KeyPair
  const serverShare = block(stepsOf(trace, 'server', /^create an ephemeral/)[0]!, 'public key')
  const handshakeSecret = yield* early.handshakeSecret(pair.decapsulate(serverShare) as Uint8Array)
  transcript.add(message(messageOf(trace, 'server', 'ServerHello')), 'ServerHello')
  const clientTraffic = yield* handshakeSecret.trafficSecret('client', transcript)
  const serverTraffic = yield* handshakeSecret.trafficSecret('server', transcript)
  carry(undefined, handshake)
  const master = yield* handshakeSecret.masterSecret()
  transcript.add(message(messageOf(trace, 'server', 'EncryptedExtensions')), 'EncryptedExtensions')
  const serverFinished = yield* verifyData(
    context,
    serverTraffic,
    yield* settle(transcript.hash(context.hash)),
  )
  transcript.add(message(messageOf(trace, 'server', 'Finished')), 'Finished')
  carry(yield* ends('server', serverTraffic), handshake)

  const clientApplication = yield* master.trafficSecret('client', transcript)
  const serverApplication = yield* master.trafficSecret('server', transcript)
  yield* master.exporterSecret(transcript)

  // EndOfEarlyData is the last that the early keys protect (RFC 8446 §4.5).
  carry(earlyEnds, handshake)
  transcript.add(message(messageOf(trace, 'client', 'EndOfEarlyData')), 'EndOfEarlyData')
  const clientFinished = yield* verifyData(
    context,
    clientTraffic,
    yield* settle(transcript.hash(context.hash)),
  )
  transcript.add(message(messageOf(trace, 'client', 'Finished')), 'Finished')
  carry(yield* ends('client', clientTraffic), handshake)
  yield* master.resumptionSecret(transcript)

  const clientEnds = yield* ends('client', clientApplication)
  const serverEnds = yield* ends('server', serverApplication)
  carry(clientEnds, application_data)
  carry(serverEnds, application_data)
  carry(clientEnds, alert)
  carry(serverEnds, alert)
  return {
    events,
    hmacs,
    binder,
    finished: { server: serverFinished, client: clientFinished },
    sealed: step.sealed,
    opened,
  }
}

describe.skipIf(!haveVectors)('RFC 8448 §4, needs ../shared/vectors/rfc8448.json', () => {
  let computed: Computed
  beforeAll(() => {
    computed = runSteps(compute()) as Computed
  })

  it('the key schedule is the recorded one, early secrets included', () => {
    expect(expectSchedule(traceOf('4'), computed.events, computed.hmacs)).toBeGreaterThanOrEqual(26)
  })

  it('the binder and both Finished are the recorded ones', () => {
    const trace = traceOf('4')
    const finished = (role: 'client' | 'server') => hex(body(messageOf(trace, role, 'Finished')))
    const step = stepsOf(trace, 'client', /^calculate PSK binder/)[0]!
    expect(hex(computed.binder)).toBe(hex(block(step, 'finished')))
    const hello = recordsOf(trace)[0]!.payload
    expect(hex(hello.subarray(-32))).toBe(hex(computed.binder))
    expect(hex(computed.finished.server)).toBe(finished('server'))
    expect(hex(computed.finished.client)).toBe(finished('client'))
  })

  it('every record is sealed and opened as recorded', () => {
    const records = recordsOf(traceOf('4'))
    expect(computed.sealed).toHaveLength(records.length)
    for (const [i, { kind, payload, record }] of records.entries()) {
      expect(hex(computed.sealed[i]!), `record ${i}`).toBe(hex(record))
      expect(computed.opened[i], `record ${i}`).toEqual({
        type: ContentType[kind],
        content: payload,
        padding: 0,
      })
    }
  })

  /** The ticket of §3, as §4 offers it. */
  function offered() {
    const hello = recordsOf(traceOf('4'))[0]!.payload
    const { extensions } = decode(ClientHello, body(hello))
    const { identity, obfuscatedTicketAge } = findExtension(
      extensions,
      preSharedKey,
      'ClientHello',
    )!.identities[0]!
    const certificate = decode(Certificate, body(messageOf(traceOf('3'), 'server', 'Certificate')))
    const ageAdd = 0xfad6aac5
    const state: SessionState = {
      version: 0x0304,
      cipherSuite: TLS_AES_128_GCM_SHA256.id,
      psk: block(stepsOf(traceOf('4'), 'client', /^extract secret "early"/)[0]!, 'IKM'),
      // The replayed clock stands at 1,000,000 ms.
      issuedAt: 1_000_000 - ((obfuscatedTicketAge - ageAdd) >>> 0),
      lifetime: 30,
      ageAdd,
      serverName: 'server',
      alpnProtocol: undefined,
      peerCertificates: [certificate.certificateList[0]!.certData],
    }
    return { hello, identity, state }
  }

  it('the client engine makes the recorded ClientHello, with its binder', () => {
    const { identity, state } = offered()
    const connection = clientOf(
      { section: '4', client: { session: { ...state, ticket: identity } } },
      {},
      [],
    )
    connection.nextEvent()
    const [record] = connection.takeOutput()
    expect(hex(record!)).toBe(hex(recordsOf(traceOf('4'))[0]!.record))
  })

  it('the server engine accepts the recorded binder, and reads past the early data', () => {
    const { identity, state } = offered()
    const tickets = {
      lifetime: 30,
      issue: () => new Uint8Array(1),
      redeem: (ticket: Uint8Array) =>
        hex(ticket) === hex(identity) ? { ...state, peerCertificates: [] } : undefined,
    }
    const trace: TraceEvent[] = []
    const connection = serverOf(
      { section: '4', server: { tickets } },
      { trace: (event) => trace.push(event) },
      [],
    )
    const [hello, earlyData] = recordsOf(traceOf('4'))
    connection.receive(hello!.record)
    connection.receive(earlyData!.record)
    expect(connection.nextEvent()).toBeUndefined()
    expect(connection.error).toBeUndefined()
    expect(connection.step).toBe('waiting for Finished')
    const checks = trace.flatMap((event) => (event.type === 'check' ? [event.what] : []))
    expect(checks).toContain('PSK binder')
    // ServerHello, and EncryptedExtensions with Finished: no Certificate.
    expect(connection.takeOutput()).toHaveLength(2)
  })
})

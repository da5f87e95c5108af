/**
 * What a connection lends to its handshake: receive, send, change keys, say what is going on.
 *
 * A handshake is a generator that reads top to bottom. It yields where it has to wait: `nextMessage` for the peer's next
 * message, a promise for a crypto provider that answers later. The connection resumes it. With a synchronous provider no
 * promise is ever made.
 */
import { type MaybePromise, type Settled, type Steps, settle } from '@handfast/x509'
import { concat, joined } from '../codec/bytes.ts'
import { handshakeMemory } from '../codec/handshakeMemory.ts'
import {
  bodyOf,
  encodeMessage,
  type HandshakeMessage,
  isHelloRetryRequest,
  messageBodies,
} from '../codec/messages.ts'
import type { ClassicForms, KeyExchange } from '../codec/messages12.ts'
import { ContentType, HandshakeType, handshakeTypes, nameOf } from '../codec/registry.ts'
import { type AnyWire, decode, type Wire } from '../codec/wire.ts'
import type { ClientConfig, ConnectionInfo, ServerConfig } from '../config.ts'
import type { ConnectionEvent } from '../connectionEvents.ts'
import type { CipherSuite, CryptoProvider } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { keyLogLine } from '../keys/keyLog.ts'
import { type NamedSecret, type ScheduleContext, trafficKeys } from '../keys/schedule.ts'
import { Transcript } from '../keys/transcript.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { type Protection, RecordProtection } from '../record/protection.ts'
import type { RecordLayer } from '../record/recordLayer.ts'
import type { DecisionEvent, Direction, Role, TraceBody } from '../trace/events.ts'

/** Yielded by a handshake that wants the peer's next message. */
import type { Parts13 } from './parts13.ts'

export const nextMessage: unique symbol = Symbol('nextMessage')

export type HandshakeSteps<T> = Generator<PromiseLike<unknown> | typeof nextMessage, T, unknown>

/**
 * What the driver delivers for a change_cipher_spec, to a handshake in which it has a meaning (RFC 5246 §7.1). It is no
 * handshake message: its type is none, and it is never in a transcript.
 */
export const changeCipherSpec: HandshakeMessage = { type: -1, bytes: Uint8Array.of(1) }

/** The same for the warning by which a client of SSL 3.0 says that it has no certificate (RFC 6101 §5.6.6). */
export const noCertificate: HandshakeMessage = { type: -2, bytes: new Uint8Array(0) }

/** The forms of the messages of TLS 1.2 and before. */
export interface MessageForms {
  readonly version: number
  readonly classic: ClassicForms
  readonly keyExchange?: KeyExchange
  /** The body of each type of message. */
  readonly bodies: ReadonlyMap<number, AnyWire>
}

/** What only an established connection can do; each protocol version brings its own. */
export interface Established {
  readonly info: ConnectionInfo
  /** Records that one sending key may protect. */
  readonly keyUpdateAfterRecords: number
  /** Sends a KeyUpdate and changes our sending keys (TLS 1.3). @param requestPeer asks the peer to do the same */
  updateKeys?(requestPeer: boolean): Steps<void>
  /** Called in place of `updateKeys` where keys cannot be changed. @throws TlsError */
  refuseMoreRecords?(): never
  /** The peer asked for new sending keys: they are due before the next data. */
  readonly keyUpdateOwed?: boolean
  /** Asks the client for a certificate (server only). */
  requestClientCertificate?(): void
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Steps<Uint8Array>
  /** The verify_data of the first Finished (RFC 5929 §3): the channel binding `tls-unique`, up to TLS 1.2. */
  readonly tlsUnique?: Uint8Array
  /** Types of the messages that the peer may send now. */
  readonly laterTypes: readonly number[]
  /** What is to be done as soon as the handshake is complete. */
  begin(): Steps<void> | undefined
  /** One message of `laterTypes`, and all that it begins. Between two of them nothing is kept but this object. */
  onMessage(message: HandshakeMessage): HandshakeSteps<void> | undefined
  /** Wipes what it keeps. */
  destroy(): void
}

/** Makes keying material before the handshake is complete. */
export interface EarlyExporter {
  readonly exportKeyingMaterial: Established['exportKeyingMaterial']
  /** Wipes its secret. */
  readonly forget: () => void
}

export interface HandshakeHost {
  readonly role: Role
  readonly config: ClientConfig | ServerConfig
  readonly records: RecordLayer
  readonly trace: ((body: TraceBody) => void) | undefined
  emit(event: ConnectionEvent): void
  /** Called once, when the handshake is complete. */
  established(established: Established): void
  /** Sends a warning alert. */
  warn(description: number): void
  /** @returns false where part of a message has arrived: it would straddle a change of keys */
  atMessageBoundary(): boolean
}

const noBytes = new Uint8Array(0)
/** Shared: a connection that is idle has an array for none of its lists. */
const none: readonly never[] = []

export class HandshakeContext {
  readonly role: Role
  readonly crypto: CryptoProvider
  readonly limits: Limits
  readonly records: RecordLayer
  readonly transcript: Transcript = new Transcript()
  /** Undefined with no listener: test before an event is made. */
  readonly trace: ((body: TraceBody) => void) | undefined
  /** True between the first ClientHello and the peer's Finished, when RFC 8446 §D.4 allows change_cipher_spec. */
  changeCipherSpecAllowed = false
  /** A change_cipher_spec was passed over, as TLS 1.3 does. */
  passedOverChangeCipherSpec = false
  /** From here on a change_cipher_spec is delivered to the handshake: it has the meaning that it had up to TLS 1.2. */
  changeCipherSpecDelivered = false
  /** Warning alerts that do not end the connection: in TLS 1.3 none, but for user_canceled. */
  toleratedWarnings: readonly number[] = none
  /** A warning alert that is delivered to the handshake as `noCertificate`. */
  deliveredWarning: number | undefined
  /** What stands for an alert in a version that does not have it. */
  alertOf: ((description: number) => number) | undefined
  /** Set where the version is TLS 1.2 or before: its messages have forms of their own. */
  forms: MessageForms | undefined
  /** What TLS 1.3 may do here beside the handshake. */
  parts: Parts13 = {}
  /** The highest version that is enabled on this side. */
  highestVersion = 0
  /** Bytes of early data that may still come (RFC 8446 §4.6.1); undefined where none was accepted. */
  earlyDataLeft: number | undefined
  /** Of early data (RFC 8446 §7.5); undefined where none was offered or accepted. */
  earlyExporter: EarlyExporter | undefined
  /** A server that has sent its Finished may answer early data before the client's (RFC 8446 §4.4.4). */
  mayAnswerEarly = false
  /** KeyUpdates received since the last application data. */
  keyUpdatesWithoutData = 0
  /** The client's random, which names the connection in key logs; empty after the handshake. */
  clientRandom: Uint8Array = noBytes
  /** The verify_data of the last Finished that was sent, then of the one received: an idle connection keeps one array. */
  #finished: Uint8Array = noBytes
  #finishedSentLength = 0
  readonly #host: HandshakeHost
  /** What the handshake does, in words; or the messages that it waits for, whose names are put together for who asks. */
  #step: string | readonly number[] = 'start'
  /** What the handshake holds of secrets, as what forgets them. */
  #held: (() => void)[] | undefined
  #completed = false
  /** Messages that wait to share a record. */
  #outgoing: Uint8Array[] | undefined

  constructor(host: HandshakeHost) {
    this.#host = host
    this.role = host.role
    this.crypto = host.config.crypto
    const { limits } = host.config
    this.limits = limits === undefined ? defaultLimits : { ...defaultLimits, ...limits }
    this.records = host.records
    this.trace = host.trace
  }

  emit(event: ConnectionEvent): void {
    this.#host.emit(event)
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#host.config.clock()
  }

  /** What the handshake does or waits for, in words. */
  get step(): string {
    const step = this.#step
    return typeof step === 'string' ? step : `waiting for ${this.#namesOf(step)}`
  }

  /** Names the step that the handshake is at, for traces and errors. */
  at(step: string): void {
    this.#step = step
    this.trace?.({ type: 'state', step })
  }

  /** Takes a value that may come later, in a named step. */
  settle<T>(step: string, value: MaybePromise<T>): Settled<T> {
    this.#step = step
    return settle(value)
  }

  /**
   * Waits for the next message and demands that it is one of `types`. It is not yet in the transcript.
   * @throws TlsError `ERR_UNEXPECTED_MESSAGE` for any other
   */
  *receive(...types: readonly number[]): HandshakeSteps<HandshakeMessage> {
    this.expect(types)
    const message = (yield nextMessage) as HandshakeMessage
    this.#accept(message, types)
    return message
  }

  /** Names what is waited for. */
  expect(types: readonly number[]): void {
    this.#step = types
    this.trace?.({ type: 'state', step: this.step })
  }

  /** A message that came after the handshake; then the next is waited for. */
  *later(message: HandshakeMessage, established: Established): HandshakeSteps<void> {
    this.#accept(message, established.laterTypes)
    yield* established.onMessage(message) ?? []
    this.expect(established.laterTypes)
  }

  #accept(message: HandshakeMessage, types: readonly number[]): void {
    if (message.type >= 0) this.traceMessage('received', message)
    if (types.length > 0 && !types.includes(message.type))
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        `${this.#nameOf(message)} came where ${this.#namesOf(types)} was expected`,
      )
  }

  #namesOf(types: readonly number[]): string {
    return types.map((type) => typeName(type, this.forms?.bodies)).join(' or ')
  }

  /** Waits for change_cipher_spec (RFC 5246 §7.1). @throws TlsError `ERR_UNEXPECTED_MESSAGE` for any message */
  *receiveChangeCipherSpec(): HandshakeSteps<void> {
    yield* this.receive(changeCipherSpec.type)
  }

  /** Adds a message that was received to the transcript, and decodes it. */
  read<T>(message: HandshakeMessage, wire: Wire<T>, transcript = this.transcript): T {
    this.note(message, transcript)
    return decode(wire, bodyOf(message))
  }

  /** Adds a message that was received, and decoded already, to the transcript. */
  note(message: HandshakeMessage, transcript = this.transcript): void {
    transcript.add(message, this.#nameOf(message))
  }

  /** Adds a message to the transcript and sends it, together with others where they fit. */
  send<T>(type: number, wire: Wire<T>, value: T): void {
    this.sendMessage(encodeMessage(type, wire, value), this.transcript)
  }

  /** @param transcript that it goes into, if any */
  sendMessage(message: HandshakeMessage, transcript?: Transcript): void {
    transcript?.add(message, this.#nameOf(message))
    this.traceMessage('sent', message)
    this.#outgoing ??= []
    this.#outgoing.push(message.bytes)
  }

  /** Sends what `send` collected, in as few records as hold it. */
  flush(version?: number): void {
    const parts = this.#outgoing
    if (parts === undefined) return
    this.#outgoing = undefined
    const whole = parts.length === 1 ? parts[0]! : joined(parts, handshakeMemory)
    this.records.send(ContentType.handshake, whole, version)
  }

  sendChangeCipherSpec(): void {
    this.flush()
    this.records.send(ContentType.change_cipher_spec, Uint8Array.of(1))
  }

  /**
   * Puts new keys in force for one direction (RFC 8446 §7.3).
   * @param owner whose writing they protect
   * @param before called when the keys are ready, before they are in force
   */
  *setKeys(
    context: ScheduleContext,
    suite: CipherSuite,
    owner: Role,
    secret: NamedSecret,
    phase: 'early' | 'handshake' | 'application',
    generation = 0,
    before?: () => void,
  ): Steps<void> {
    this.hold(() => secret.value.fill(0))
    const { key, iv } = yield* trafficKeys(context, owner, secret, suite.aead)
    before?.()
    const protection = new RecordProtection(phase, generation, key, iv, suite.aead.tagLength)
    this.useKeys(owner === this.role ? 'sent' : 'received', protection)
  }

  /** Puts a protection in force for one direction. */
  useKeys(direction: Direction, protection: Protection): void {
    if (direction === 'sent') {
      this.flush()
      this.records.setWrite(protection)
    } else {
      this.refuseExcess()
      this.records.setRead(protection)
    }
    const { name, generation } = protection
    if (name !== 'plaintext')
      this.trace?.({
        ...{ type: 'keys', direction, protection: name, generation },
        ...(this.forms && { version: this.forms.version }),
      })
  }

  /**
   * RFC 8446 §5.1: a message that can precede a change of keys ends with its record. For setKeys, and for a hello: what
   * the peer sent behind it was not made of the answer.
   */
  refuseExcess(): void {
    if (this.#host.atMessageBoundary()) return
    throw new TlsError(
      'ERR_UNEXPECTED_MESSAGE',
      'A record holds more handshake bytes after a message that ends its flight',
      { section: 'RFC 8446 §5.1' },
    )
  }

  /** For the key schedule: its trace, and the key log. */
  scheduleContext(suite: CipherSuite): ScheduleContext {
    return { hash: suite.hash, trace: this.scheduleTrace }
  }

  /** For the key schedule of TLS 1.2 and before: its trace. */
  get scheduleTrace(): ScheduleContext['trace'] {
    const { trace } = this
    const secrets = this.#host.config.traceSecrets === true
    return (
      trace &&
      (({ value, ...event }) =>
        trace({
          type: 'keySchedule',
          ...event,
          ...(secrets && value !== undefined ? { value: value.slice() } : {}),
        }))
    )
  }

  /** Early data was refused, or the connection has ended. */
  forgetEarlyExporter(): void {
    this.earlyExporter?.forget()
    this.earlyExporter = undefined
  }

  logKey(secret: NamedSecret): void {
    const { keyLog } = this.#host.config
    const line = keyLog && keyLogLine(secret, this.clientRandom)
    if (line !== undefined) keyLog?.(line)
  }

  /** Tells a choice. The names are made only where somebody listens. */
  decide(decision: () => Omit<DecisionEvent, 'time' | 'role' | 'type'>): void {
    this.trace?.({ type: 'decision', ...decision() })
  }

  /** Tells a check that was passed; a failed one throws and is told by the connection. */
  checked(what: string, against: string, section: string, detail?: string): void {
    this.trace?.({
      type: 'check',
      what,
      against,
      result: 'pass',
      section,
      ...(detail === undefined ? {} : { detail }),
    })
  }

  /** Tells the peer something that does not end the connection. */
  warn(description: number): void {
    this.flush()
    this.#host.warn(description)
  }

  /** Notes a secret that must not outlive a handshake that fails. One that is completed has used and wiped its own. */
  hold(forget: () => void): void {
    if (this.#completed) return
    this.#held ??= []
    this.#held.push(forget)
  }

  /** The connection has ended: what an unfinished handshake holds is forgotten. */
  forget(): void {
    this.forgetEarlyExporter()
    for (const forget of this.#held ?? []) forget()
    this.#held = undefined
  }

  /** Notes the verify_data of a Finished that was sent, or received. */
  noteFinished(direction: Direction, verifyData: Uint8Array): void {
    const [sent, received] =
      direction === 'sent'
        ? [verifyData, this.#finished.subarray(this.#finishedSentLength)]
        : [this.#finished.subarray(0, this.#finishedSentLength), verifyData]
    this.#finished = concat(sent, received)
    this.#finishedSentLength = sent.length
  }

  /** A copy of the verify_data of the last Finished of a direction; undefined before there was one. */
  finished(direction: Direction): Uint8Array | undefined {
    const all = this.#finished
    const at = this.#finishedSentLength
    const data = direction === 'sent' ? all.slice(0, at) : all.slice(at)
    return data.length === 0 ? undefined : data
  }

  established(established: Established): void {
    this.#completed = true
    this.#held = undefined
    this.clientRandom = noBytes
    this.flush()
    this.#host.established(established)
  }

  traceMessage(direction: Direction, message: HandshakeMessage): void {
    this.trace?.({
      type: 'message',
      direction,
      name: this.#nameOf(message),
      bytes: message.bytes,
      protection: direction === 'sent' ? this.records.writeProtection : this.records.readProtection,
      ...(this.forms && {
        version: this.forms.version,
        ...(this.forms.keyExchange && { keyExchange: this.forms.keyExchange }),
      }),
    })
  }

  #nameOf(message: HandshakeMessage): string {
    return messageName(message, this.forms?.bodies)
  }
}

/** `ClientHello`, `HelloRetryRequest`, … */
export function messageName(
  message: HandshakeMessage,
  bodies: ReadonlyMap<number, AnyWire> = messageBodies,
): string {
  if (
    message.type === HandshakeType.server_hello &&
    isHelloRetryRequest(bodyOf(message).subarray(2, 34))
  )
    return 'HelloRetryRequest'
  return typeName(message.type, bodies)
}

function typeName(type: number, bodies: ReadonlyMap<number, AnyWire> = messageBodies): string {
  if (type === changeCipherSpec.type) return 'ChangeCipherSpec'
  if (type === noCertificate.type) return 'no_certificate'
  return bodies.get(type)?.type ?? nameOf(handshakeTypes, type)
}

/**
 * One end of a TLS connection. It does no I/O: its driver hands bytes in and takes bytes and events out.
 *
 * ```
 *   for (;;) {
 *     connection.receive(bytesFromTheTransport)      // or receiveEnd()
 *     while ((event = connection.nextEvent())) handle(event)
 *     for (const record of connection.takeOutput()) transport.write(record)
 *   }
 * ```
 *
 * That is the whole contract (a client begins with `nextEvent()`, before anything was received), with one addition for
 * crypto providers that answer later: `onProgress` is called when there may be new events or output without anything
 * received. A failure is sticky: after the event `failed` nothing else comes, and every call that would send throws its
 * error.
 */
import { type MaybePromise, runSteps, type Steps } from '@handfast/x509'
import { type ChannelBindingType, channelBinding } from './channelBinding.ts'
import { checkConfiguration } from './checkConfiguration.ts'
import type { HandshakeMessage } from './codec/messages.ts'
import { AlertDescription, AlertLevel, ContentType } from './codec/registry.ts'
import type { ClientConfig, ConnectionInfo, ServerConfig } from './config.ts'
import type { ConnectionEvent } from './connectionEvents.ts'
import { asTlsError, ConfigurationError, TlsError } from './errors.ts'
import {
  type Established,
  HandshakeContext,
  type HandshakeHost,
  type HandshakeSteps,
} from './handshake/context.ts'
import { Driver, type DriverHost } from './handshake/driver.ts'
import { alertEvent, Inbound, type InboundHost } from './inbound.ts'
import { defaultMaxSendFragment, type RecordHost, RecordLayer } from './record/recordLayer.ts'
import type { Direction, Role, TraceBody } from './trace/events.ts'

export interface ConnectionOptions {
  readonly role: Role
  readonly config: ClientConfig | ServerConfig
  /** The handshake and all that follows it, as one generator. */
  readonly handshake: (context: HandshakeContext) => HandshakeSteps<void>
}

/** What the caller wants done between two messages; a generator where it may have to wait. */
type Command = () => Steps<void> | undefined

/** Shared: the lists of a connection are empty nearly always. */
const none: readonly never[] = []

export class Connection {
  readonly role: Role
  /** Called when an answer that came later made progress: ask for events and output again. */
  onProgress: (() => void) | undefined
  readonly #config: ClientConfig | ServerConfig
  readonly #context: HandshakeContext
  readonly #records: RecordLayer
  readonly #inbound: Inbound
  readonly #trace: ((body: TraceBody) => void) | undefined

  readonly #driver: Driver
  #commands: readonly Command[] = none

  #events: readonly ConnectionEvent[] = none
  /** Data written before it could be sent. */
  #unsent: Uint8Array[] | undefined
  #established: Established | undefined
  #error: TlsError | undefined
  /** By its owner. The error that says so is made when somebody asks: every connection ends, and a stack trace is dear. */
  #destroyed = false
  #closing = false
  #sentCloseNotify = false

  constructor({ role, config, handshake }: ConnectionOptions) {
    checkConfiguration(config)
    this.role = role
    this.#config = config
    const listener = this.#config.trace
    this.#trace = listener && ((body) => listener({ time: this.#config.clock(), role, ...body }))
    const host = new Connection.#Host(this)
    this.#records = new RecordLayer(host, this.#config.maxSendFragment ?? defaultMaxSendFragment)
    this.#context = new HandshakeContext(host)
    this.#driver = new Driver(handshake(this.#context), host)
    this.#inbound = new Inbound(host)
  }

  /** What the parts ask of their connection. A class, since a closure for each question would be kept for as long as it. */
  static readonly #Host = class implements HandshakeHost, DriverHost, RecordHost, InboundHost {
    readonly #connection: Connection

    constructor(connection: Connection) {
      this.#connection = connection
    }

    get role(): Role {
      return this.#connection.role
    }

    get config(): ClientConfig | ServerConfig {
      return this.#connection.#config
    }

    get context(): HandshakeContext {
      return this.#connection.#context
    }

    get driver(): Driver {
      return this.#connection.#driver
    }

    get records(): RecordLayer {
      return this.#connection.#records
    }

    get complete(): boolean {
      return this.#connection.#established !== undefined
    }

    get trace(): ((body: TraceBody) => void) | undefined {
      return this.#connection.#trace
    }

    emit(event: ConnectionEvent): void {
      this.#connection.#emit(event)
    }

    established(established: Established): void {
      this.#connection.#onEstablished(established)
    }

    warn(description: number): void {
      this.#connection.#alert(AlertLevel.warning, description)
    }

    atMessageBoundary(): boolean {
      return this.#connection.#inbound.atMessageBoundary
    }

    peerClosed(): void {
      if (this.#connection.#sentCloseNotify) this.#connection.#wipe()
    }

    later(message: HandshakeMessage): HandshakeSteps<void> {
      return this.#connection.#context.later(message, this.#connection.#established!)
    }

    flush(): void {
      this.#connection.#context.flush()
    }

    onAnswer(resume: () => void): void {
      this.#connection.#onAnswer(resume)
    }

    onSealed(failure?: { readonly reason: unknown }): void {
      this.#connection.#onSealed(failure)
    }

    paddingFor(contentLength: number): number {
      return this.#connection.#config.recordPadding?.(contentLength) || 0
    }
  }

  /** The outcome of the handshake; undefined before it is complete. */
  get info(): ConnectionInfo | undefined {
    return this.#established?.info
  }

  /** Why the connection failed; undefined while it has not. */
  get error(): TlsError | undefined {
    if (this.#destroyed) this.#error ??= new TlsError('ERR_CLOSED', 'The connection was destroyed')
    return this.#error
  }

  /** True where `error` is one. */
  get #over(): boolean {
    return this.#destroyed || this.#error !== undefined
  }

  /** What the handshake does or waits for, in words. */
  get step(): string {
    return this.#context.step
  }

  /** True where somebody listens to the trace, who may keep the bytes of its events. */
  get traced(): boolean {
    return this.#trace !== undefined
  }

  /** True where `close()` was called and everything written before it is among the output. */
  get closed(): boolean {
    return this.#sentCloseNotify && !this.#records.sealing
  }

  /** True while an answer of the crypto provider, or of a callback, is waited for: what was received may not all be read. */
  get waiting(): boolean {
    return !this.#driver.idle
  }

  /**
   * Bytes that the transport received. They are read, not copied, until `nextEvent` answers undefined; what a failed or
   * closed connection receives is ignored.
   */
  receive(bytes: Uint8Array): void {
    if (!this.#over && !this.#inbound.closed) this.#records.receive(bytes)
  }

  /** The transport will deliver nothing more. Without a close_notify before it, that is a truncation. */
  receiveEnd(): void {
    this.#inbound.transportEnded = true
  }

  /** What happened next; undefined where more bytes, or an answer of the provider's, are needed. */
  nextEvent(): ConnectionEvent | undefined {
    if (this.#events.length === 0)
      try {
        this.#drive()
      } catch (error) {
        this.#fail(error)
      }
    const events = this.#events
    const event = events[0]
    if (event !== undefined) this.#events = events.length === 1 ? none : events.slice(1)
    if (event === undefined && !this.#driver.idle) this.#records.keepInput()
    return event
  }

  /**
   * Where records are written from now on, for a caller that keeps memory for them: it is asked for a number of
   * bytes, and gets them back, filled, from `takeOutput`.
   */
  set allocateOutput(allocate: (length: number) => Uint8Array) {
    this.#records.allocate = allocate
  }

  /** Records to be sent, in order; what was written together may come in one piece. */
  takeOutput(): readonly Uint8Array[] {
    return this.#records.takeOutput()
  }

  /**
   * Sends application data; before the handshake is complete it is kept until then. The bytes are read until they appear
   * in the output.
   * @returns true where they were read already, and nobody here refers to them
   * @throws TlsError the connection's error, or `ERR_CLOSED` after `close()`
   */
  write(data: Uint8Array): boolean {
    if (this.#over) throw this.error
    if (this.#closing)
      throw new TlsError('ERR_CLOSED', 'Nothing can be written after close() was called')
    if (data.length === 0) return true
    if (this.#mayWrite) this.#writeNow(data)
    else {
      this.#unsent ??= []
      this.#unsent.push(data)
      this.#guard(() => this.#sendPending())
    }
    return this.#unsent === undefined && !this.#records.sealing && !this.traced
  }

  /** True where nothing goes before what is written. */
  get #mayWrite(): boolean {
    return (
      this.#established !== undefined &&
      this.#driver.idle &&
      this.#commands.length === 0 &&
      this.#unsent === undefined
    )
  }

  #writeNow(data: Uint8Array): void {
    try {
      this.#sendData(data, this.#established!)
      if (this.#commands.length > 0) this.#sendPending()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Sends close_notify after everything that was written (RFC 8446 §6.1). The peer may go on sending. */
  close(): void {
    if (this.#over || this.#closing) return
    this.#closing = true
    this.#guard(() => this.#sendPending())
  }

  /** Gives up at once, tells the peer user_canceled, and forgets all keys. */
  cancel(): void {
    if (!this.#over && !this.#sentCloseNotify)
      this.#guard(() => {
        this.#alert(AlertLevel.warning, AlertDescription.user_canceled)
        this.#sendCloseNotify()
      })
    this.destroy()
  }

  /** Forgets all keys; sends nothing. */
  destroy(): void {
    this.#destroyed = true
    this.#wipe()
  }

  /**
   * Changes our sending keys (RFC 8446 §4.6.3), after what was written before.
   * @param requestPeer asks the peer to change its own too, before it sends data again
   * @throws TlsError `ERR_NOT_READY` before the handshake is complete
   * @throws ConfigurationError `ERR_NO_KEY_UPDATE` where the version is not TLS 1.3
   */
  updateKeys({ requestPeer = false }: { readonly requestPeer?: boolean } = {}): void {
    const established = this.#ready('updateKeys')
    if (established.updateKeys === undefined)
      throw new ConfigurationError('ERR_NO_KEY_UPDATE', 'Only TLS 1.3 can change its keys')
    this.#command(() => established.updateKeys?.(requestPeer))
  }

  /**
   * Asks the client for a certificate (RFC 8446 §4.6.2); the answer is the event `clientCertificate`.
   * @throws TlsError `ERR_NOT_READY` before the handshake is complete
   * @throws ConfigurationError where the client did not offer it, or this side is the client
   */
  requestClientCertificate(): void {
    const { requestClientCertificate } = this.#ready('requestClientCertificate')
    if (requestClientCertificate === undefined)
      throw new ConfigurationError(
        'ERR_NO_POST_HANDSHAKE_AUTH',
        this.role === 'client'
          ? 'Only a server can ask for a certificate'
          : 'This client did not offer post-handshake authentication, or clientAuthentication is not configured',
      )
    this.#command(() => void requestClientCertificate())
  }

  /**
   * Keying material for the application (RFC 8446 §7.5, RFC 5705).
   * @param label by the registry of exporter labels. @param length bytes
   * @param context undefined is up to TLS 1.2 another thing than no bytes (RFC 5705 §4); in TLS 1.3 it is the same
   * @throws TlsError `ERR_NOT_READY` before the handshake is complete
   */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): MaybePromise<Uint8Array> {
    return runSteps(
      this.#ready('exportKeyingMaterial').exportKeyingMaterial(label, context, length),
    )
  }

  /**
   * Keying material that belongs to early data (RFC 8446 §7.5): a client has it as soon as its first flight is among the
   * output, a server from the event `earlyData` on. It comes of the session alone: who learns the session's key later learns
   * it too, and two connections have the same if the ClientHello of one is replayed.
   * @param label by the registry of exporter labels. @param context undefined is the same as no bytes. @param length bytes
   * @throws TlsError `ERR_NOT_READY` where no early data was offered, or it is not, or no longer, accepted
   */
  exportEarlyKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): MaybePromise<Uint8Array> {
    if (this.#over) throw this.error
    const exporter = this.#context.earlyExporter
    if (exporter === undefined)
      throw new TlsError(
        'ERR_NOT_READY',
        'exportEarlyKeyingMaterial() wants early data that was offered, and not refused',
        { section: 'RFC 8446 §7.5', help: 'Use exportKeyingMaterial() after the handshake.' },
      )
    return runSteps(exporter.exportKeyingMaterial(label, context, length))
  }

  /**
   * What ties a login of the application to this connection.
   * - `tls-exporter` (RFC 9266), 32 bytes: for every version, up to TLS 1.2 with extended_master_secret only
   * - `tls-unique` (RFC 5929 §3): up to TLS 1.2, with extended_master_secret only
   *
   * `tlsServerEndPoint` makes the third (RFC 5929 §4), of a certificate.
   * @throws TlsError `ERR_NOT_READY` before the handshake is complete
   * @throws ConfigurationError `ERR_NO_CHANNEL_BINDING` where the connection has none of this type
   */
  channelBinding(type: ChannelBindingType = 'tls-exporter'): MaybePromise<Uint8Array> {
    const established = this.#ready('channelBinding')
    return runSteps(channelBinding(type, established))
  }

  /** A copy of the verify_data of the last Finished that was sent or received; undefined before there was one. */
  finished(direction: Direction): Uint8Array | undefined {
    return this.#context.finished(direction)
  }

  #ready(call: string): Established {
    if (this.#over) throw this.error
    if (this.#established === undefined)
      throw new TlsError('ERR_NOT_READY', `${call}() wants a complete handshake`)
    // The secrets are forgotten: what is made of their zeros anybody could make.
    if (this.#sentCloseNotify && this.#inbound.closed)
      throw new TlsError('ERR_CLOSED', `${call}() came after both sides had closed the connection`)
    return this.#established
  }

  // ── Driving the handshake ─────────────────────────────────────────────────────────────────────────────────────────

  #drive(): void {
    while (this.#events.length === 0 && !this.#over) {
      if (!this.#driver.idle) return
      if (this.#driver.start()) continue
      this.#sendPending()
      if (!this.#driver.idle) return
      const message = this.#inbound.nextMessage()
      if (message !== undefined) this.#driver.deliver(message)
      else if (this.#inbound.closed || !this.#inbound.readRecord()) return
    }
  }

  /** An answer that came after the connection failed is nobody's any more. */
  #onAnswer(resume: () => void): void {
    if (this.#over) return
    this.#guard(resume)
    this.onProgress?.()
  }

  #command(command: Command): void {
    if (this.#closing)
      throw new TlsError('ERR_CLOSED', 'Nothing can be sent after close() was called')
    this.#commands = [...this.#commands, command]
    this.#guard(() => this.#sendPending())
  }

  /** Between two messages: commands first, then data, then the end. */
  #sendPending(): void {
    if (this.#context.mayAnswerEarly && this.#established === undefined) this.#answerEarly()
    while (this.#established !== undefined && this.#driver.idle) {
      const [command] = this.#commands
      const data = command === undefined ? this.#nextUnsent() : undefined
      if (command !== undefined) {
        this.#commands = this.#commands.length === 1 ? none : this.#commands.slice(1)
        const steps = command()
        if (steps !== undefined) this.#driver.run(steps)
      } else if (data !== undefined) this.#sendData(data, this.#established)
      else {
        if (this.#closing && !this.#sentCloseNotify) this.#sendCloseNotify()
        return
      }
    }
  }

  #nextUnsent(): Uint8Array | undefined {
    const data = this.#unsent?.shift()
    if (this.#unsent?.length === 0) this.#unsent = undefined
    return data
  }

  /** RFC 8446 §4.4.4: after its Finished a server may send, before it has the client's. */
  #answerEarly(): void {
    if (!this.#driver.idle) return
    for (const data of this.#unsent ?? []) this.#records.send(ContentType.application_data, data)
    this.#unsent = undefined
  }

  #sendData(data: Uint8Array, established: Established): void {
    const { maxFragment } = this.#records
    let at = 0
    while (at < data.length) {
      const exhausted = this.#records.recordsSealed >= established.keyUpdateAfterRecords
      if (exhausted) established.refuseMoreRecords?.()
      if (established.keyUpdateOwed === true || exhausted) {
        // RFC 8446 §4.6.3, §5.5: new keys where the peer asked for them, or before the old ones have protected too much.
        this.#commands = [...this.#commands, () => established.updateKeys?.(false)]
        this.#unsent = [data.subarray(at), ...(this.#unsent ?? [])]
        return
      }
      const allowed = established.keyUpdateAfterRecords - this.#records.recordsSealed
      const end = Math.min(at + allowed * maxFragment, data.length)
      this.#records.send(ContentType.application_data, data.subarray(at, end))
      at = end
    }
  }

  #onEstablished(established: Established): void {
    this.#established = established
    this.#context.at('connected')
    this.#emit({ type: 'handshakeComplete', info: established.info })
    const config = this.#config
    const again =
      'resendEarlyData' in config && config.resendEarlyData ? config.earlyData : undefined
    if (again !== undefined && established.info.earlyData !== 'accepted')
      this.#unsent = [again, ...(this.#unsent ?? [])]
  }

  #emit(event: ConnectionEvent): void {
    this.#events = this.#events.length === 0 ? [event] : [...this.#events, event]
  }

  #onSealed(failure: { readonly reason: unknown } | undefined): void {
    if (failure !== undefined) this.#fail(failure.reason)
    this.onProgress?.()
  }

  // ── Ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything that may throw because of the peer runs in here: what it throws ends the connection. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(cause: unknown): void {
    if (this.#over) return
    const error = asTlsError(cause)
    error.step = this.#context.step
    this.#error = error
    if (error.alert !== undefined && !this.#sentCloseNotify)
      try {
        this.#alert(AlertLevel.fatal, AlertDescription[error.alert])
      } catch {
        // Where the provider cannot seal, nobody can be told.
      }
    this.#trace?.({
      type: 'failure',
      code: error.code,
      blame: error.blame,
      message: error.message,
      section: error.section,
      help: error.help,
      step: error.step,
      ...(error.alert === undefined ? {} : { alert: error.alert }),
      ...(error.received === undefined ? {} : { received: error.received }),
    })
    this.#emit({ type: 'failed', error })
    this.#wipe()
  }

  #sendCloseNotify(): void {
    this.#alert(AlertLevel.warning, AlertDescription.close_notify)
    this.#sentCloseNotify = true
    this.#records.ended = true
    if (this.#inbound.closed) this.#wipe()
  }

  #alert(level: number, name: number): void {
    const description = this.#context.alertOf?.(name) ?? name
    this.#trace?.(alertEvent('sent', level, description))
    this.#records.send(ContentType.alert, Uint8Array.of(level, description))
  }

  #wipe(): void {
    this.#records.destroy()
    this.#context.forget()
    this.#established?.destroy()
    this.#commands = none
    this.#unsent = undefined
  }
}

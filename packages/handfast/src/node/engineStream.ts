/**
 * A Duplex of plain bytes over a transport of records, with the engine between. Everything that moves bytes is here.
 *
 * Reading: the transport's `data` goes into the engine as it comes; what the engine opens is pushed without a copy, and
 * the transport is paused when the reader is slow. Writing: one write at a time is sealed and handed to the transport in
 * one go (cork, uncork: one writev); its callback is the transport's, so that a slow transport slows the writer down.
 */
import { Socket } from 'node:net'
import type { Duplex, DuplexOptions } from 'node:stream'
import { setImmediate } from 'node:timers'
import type { Connection } from '../connection.ts'
import type { ConnectionEvent } from '../connectionEvents.ts'
import { freeMemory } from '../crypto/node/freeMemory.ts'
import type { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import { giveBack, isKept, stepLength, takeMemory } from './outputMemory.ts'
import { type Chunk, type Run, runsOf } from './runs.ts'
import { SocketShape } from './socketShape.ts'
import { bytesOf, withCode } from './validate.ts'

/** The stream that a transport belongs to. Listeners find it here: they are shared, not made for each connection. */
const owner: unique symbol = Symbol('handfast.owner')

type OwnedTransport = Duplex & { [owner]?: EngineStream | undefined }

type Callback = (error?: Error | null) => void
/** Milliseconds that a transport has to take our last alert before it is destroyed. */
const lingerTime = 2000
/** Bytes up to which several pieces of output are copied into one. */
const gatheredLength = 8192

const noPieces: readonly Run[] = []

/** The stream of plain bytes over a transport, where there is one. */
export function ownerOf(transport: Duplex): Duplex | undefined {
  return (transport as OwnedTransport)[owner]
}

export abstract class EngineStream extends SocketShape {
  /** Plain bytes received and sent so far. */
  bytesRead = 0
  bytesWritten = 0
  /** True where the peer's end came without close_notify: what was read may have been cut off. */
  truncated = false
  /** The largest content of the records that are sent from now on, in bytes. */
  protected maxFragment: number = maxPlaintextLength
  #connection: Connection | undefined = undefined
  /** What goes through the transport is referred to by nobody afterwards. */
  #reusesMemory = false
  #established = false
  /** Early data that nobody listened for: held back until the handshake is complete. `undefined`: there was none. */
  #earlyData: Buffer[] | undefined = undefined
  #pumping = false
  #transportPaused = false
  /** The peer will send nothing more, and the reader was told. */
  #ended = false
  /** The transport ended or was closed. */
  #transportGone = false
  /** What was written before the handshake was complete, and what is to be done then. */
  #delayed: (() => void) | undefined = undefined
  /** What is left of the write that is on its way, and how much of the first piece is done. */
  #pieces: readonly Run[] = noPieces
  #pieceAt = 0
  /** Of the write that is on its way. */
  #writeCallback: Callback | undefined = undefined
  #callbackDue = false
  /** Of the end, while close_notify is not yet out. */
  #endCallback: Callback | undefined = undefined
  #hadError = false
  #failed = false
  /** The end of the handshake is not yet sent: what the program writes first goes with it. */
  #flushDue = false
  /** The callback of every write to the transport; made for the first. */
  #written: Callback | undefined = undefined

  constructor(transport: Duplex, options: DuplexOptions) {
    // `close` is emitted here, with an argument, when the transport is closed.
    super(transport, { ...options, emitClose: false, decodeStrings: true, objectMode: false })
    // The peer's FIN must not end our side before close_notify has been sent: it is this stream that decides.
    transport.allowHalfOpen = true
    const owned: OwnedTransport = transport
    owned[owner] = this
    transport.on('error', EngineStream.#onTransportError)
    transport.on('close', EngineStream.#onTransportClose)
    transport.on('end', EngineStream.#onTransportEnd)
  }

  /** Lets go of the transport: for a socket whose making failed. */
  protected disown(): void {
    const { transport } = this
    const owned: OwnedTransport = transport
    owned[owner] = undefined
    transport.off('error', EngineStream.#onTransportError)
    transport.off('close', EngineStream.#onTransportClose)
    transport.off('end', EngineStream.#onTransportEnd)
  }

  /** Makes our end of the connection; called once, when the transport is ready. */
  protected abstract openConnection(): Connection
  /** Data that may be a replay. @returns whether the program took it, and has to see to that */
  protected abstract tellEarlyData(data: Buffer): boolean
  /** Every event but data, close_notify and failure. */
  protected abstract onEngineEvent(event: ConnectionEvent): void
  /** The error to destroy the stream with. */
  protected abstract toNodeError(error: TlsError): Error
  /** The transport ended or was closed before the handshake was complete. */
  protected abstract earlyEndError(): Error
  /** Whether an end of the transport without close_notify is an error. */
  protected abstract get requiresCloseNotify(): boolean

  /** The engine's end; undefined until the transport is ready. */
  protected get connection(): Connection | undefined {
    return this.#connection
  }

  protected get established(): boolean {
    return this.#established
  }

  // ── Engine ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Begins: bytes flow from now on. A client sends its hello. */
  protected begin(): void {
    if (this.destroyed || this.#connection !== undefined) return
    try {
      this.#connection = this.openConnection()
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    const { transport } = this
    this.#connection.onProgress = () => this.pump()
    // Any other stream, and who listens to the trace, may go on referring to what they were given.
    this.#reusesMemory = transport.constructor === Socket && !this.#connection.traced
    if (this.#reusesMemory) this.#connection.allocateOutput = takeMemory
    transport.on('data', EngineStream.#onTransportData)
    // A transport that was paused does not begin by itself; one that has ended will not say so again.
    transport.resume()
    this.pump()
    if (transport.destroyed || transport.readableEnded) this.#onTransportGone()
  }

  /** Handles what the engine has to say, then sends what it has to send. */
  protected pump(): void {
    const connection = this.#connection
    if (connection === undefined || this.#pumping) return
    this.#pumping = true
    try {
      for (;;) {
        const event = this.destroyed ? undefined : connection.nextEvent()
        if (event === undefined) break
        if (event.type === 'data') this.#onData(event.data)
        else if (event.type === 'earlyData') this.#onEarlyData(event.data)
        else if (event.type === 'closeNotify') this.#onReadEnd()
        else if (event.type === 'failed') this.#onFailed(event.error)
        else if (event.type === 'handshakeComplete') {
          this.#established = true
          this.#flushDue = true
          this.onEngineEvent(event)
          this.#release()
        } else this.onEngineEvent(event)
      }
    } finally {
      this.#pumping = false
    }
    if (this.#flushDue) setImmediate(EngineStream.#flushNow, this)
    else this.#flush()
    if (this.#transportGone && !connection.waiting) {
      this.#onTransportGone()
      if (this.transport.destroyed) this.#onTransportClosed()
    }
  }

  /**
   * After the handshake's last message the program has this turn of the event loop to write: a client's request then
   * leaves with its Finished, a server's answer with its tickets, in one packet each.
   */
  static #flushNow = (stream: EngineStream): void => {
    if (stream.#flushDue) stream.#flush()
  }

  /** Hands the engine's records to the transport. */
  #flush(): void {
    const connection = this.#connection
    this.#flushDue = false
    if (connection === undefined || this.transport.destroyed) return
    const records = connection.takeOutput()
    if (records.length > 0) this.#transmit(gathered(records))
    if (this.#endCallback !== undefined && connection.closed) {
      const callback = this.#endCallback
      this.#endCallback = undefined
      this.#endTransport(callback)
    }
  }

  #transmit(records: readonly Uint8Array[]): void {
    const { transport } = this
    const last = records.length - 1
    if (last > 0) transport.cork()
    for (let i = 0; i < last; i++) transport.write(records[i]!, doneWith(records[i]!))
    const due = this.#callbackDue ? this.#written : undefined
    this.#callbackDue = false
    transport.write(records[last]!, doneWith(records[last]!, due))
    if (last > 0) transport.uncork()
  }

  /** Ends the connection because of the engine's error; the alert goes out first. */
  #onFailed(error: TlsError): void {
    this.#failed = true
    this.#flush()
    this.destroy(this.toNodeError(error))
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #onEarlyData(data: Uint8Array): void {
    const bytes = this.#received(data)
    this.#earlyData ??= []
    if (!this.tellEarlyData(bytes)) this.#earlyData.push(bytes)
  }

  #onData(data: Uint8Array): void {
    this.#pushBytes(this.#received(data))
  }

  #received({ buffer, byteOffset, length }: Uint8Array): Buffer {
    this.bytesRead += length
    this.touch()
    return Buffer.from(buffer, byteOffset, length)
  }

  #pushBytes(bytes: Buffer): void {
    const more = this.push(bytes)
    if (!more && !this.#transportPaused) {
      this.#transportPaused = true
      this.transport.pause()
    }
  }

  override _read(): void {
    if (!this.#transportPaused) return
    this.#transportPaused = false
    this.transport.resume()
  }

  #onReadEnd(): void {
    if (this.#ended) return
    this.#ended = true
    this.push(null)
    // Tells the end to a stream that nobody reads, as net.Socket does: else it would never close.
    if (this.readableLength === 0) this.read(0)
  }

  static #onTransportData = function (this: OwnedTransport, chunk: unknown): void {
    const stream = this[owner]
    if (stream === undefined) return
    const connection = stream.#connection
    if (connection === undefined) return
    if (!(chunk instanceof Uint8Array)) {
      stream.destroy(
        withCode(new Error('Stream has StringDecoder set or is in objectMode'), 'ERR_STREAM_WRAP'),
      )
      return
    }
    // The handshake may go on referring to what it was sent.
    const mayFree = stream.#reusesMemory && stream.#established && !stream.#pumping
    connection.receive(bytesOf(chunk))
    stream.pump()
    if (mayFree && this.listenerCount('data') === 1) freeMemory(chunk)
  }

  static #onTransportEnd = function (this: OwnedTransport): void {
    const stream = this[owner]
    if (stream !== undefined) stream.#onTransportGone()
  }

  static #onTransportError = function (this: OwnedTransport, error: Error): void {
    const stream = this[owner]
    // Both sides have said all: that our close_notify finds nobody any more is no error, nor is it in node:tls.
    if (stream?.readableEnded && stream.writableEnded && stream.#writeCallback === undefined)
      stream.destroy()
    else stream?.destroy(error)
  }

  static #onTransportClose = function (this: OwnedTransport): void {
    const stream = this[owner]
    if (stream === undefined || stream.destroyed) return
    stream.#onTransportGone()
    stream.#onTransportClosed()
  }

  /** Nothing more will come. */
  #onTransportGone(): void {
    const connection = this.#connection
    if (this.#ended || this.destroyed) return
    if (!this.#established) {
      connection?.receiveEnd()
      this.pump()
      if (!this.destroyed) this.destroy(this.earlyEndError())
      return
    }
    this.#transportGone = true
    // What came before the end is still being read: `pump` comes back here.
    if (connection?.waiting) return
    this.truncated = true
    if (this.requiresCloseNotify) {
      connection?.receiveEnd()
      this.pump()
    } else this.#onReadEnd()
  }

  /** What was received can still be read; what is written has nowhere to go. */
  #onTransportClosed(): void {
    if (this.destroyed || this.#connection?.waiting) return
    if (this.#ended && this.readableLength > 0) this.once('end', () => this.destroy())
    else this.destroy()
  }

  // ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A server may answer early data before the client's Finished (RFC 8446 §4.4.4). */
  get #maySend(): boolean {
    return this.#established || this.#earlyData !== undefined
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#writeCallback = callback
    const pieces = [{ bytes: chunk, joined: false }]
    if (this.#maySend) this.#send(pieces)
    else this.#delayed = () => this.#send(pieces)
  }

  override _writev(chunks: Chunk[], callback: Callback): void {
    this.#writeCallback = callback
    if (this.#maySend) this.#send(runsOf(chunks, stepLength))
    else this.#delayed = () => this.#send(runsOf(chunks, stepLength))
  }

  override _final(callback: Callback): void {
    if (this.#established) this.#sendEnd(callback)
    else this.#delayed = () => this.#sendEnd(callback)
  }

  /** Does what waited for the handshake. */
  #release(): void {
    for (const data of this.#earlyData?.splice(0) ?? []) if (!this.destroyed) this.#pushBytes(data)
    const delayed = this.#delayed
    this.#delayed = undefined
    if (!this.destroyed) delayed?.()
  }

  #send(pieces: readonly Run[]): void {
    this.touch()
    this.#pieces = pieces
    for (const { bytes } of pieces) this.bytesWritten += bytes.length
    this.#sendStep()
  }

  /** Seals as much as goes to the transport at once. */
  #sendStep(): void {
    const connection = this.#connection!
    const { bytes: piece, joined } = this.#pieces[0]!
    const end = Math.min(this.#pieceAt + stepLength, piece.length)
    const bytes =
      end < piece.length || this.#pieceAt > 0 ? piece.subarray(this.#pieceAt, end) : piece
    const whole = end === piece.length
    this.#pieceAt = whole ? 0 : end
    if (whole) this.#pieces = this.#pieces.length === 1 ? noPieces : this.#pieces.slice(1)
    this.#written ??= (error) => this.#onWritten(error)
    // An empty write makes no record; it is done when it is asked for.
    if (bytes.length === 0) {
      process.nextTick(this.#written)
      return
    }
    this.#callbackDue = true
    try {
      const read = this.#writeBytes(connection, bytes)
      if (read && joined) freeMemory(piece)
    } catch (error) {
      this.#callbackDue = false
      this.#onWritten(
        connection.error === error ? this.toNodeError(error as TlsError) : (error as Error),
      )
      return
    }
    if (connection.error !== undefined) this.pump()
    else this.#flush()
  }

  /** @returns as `Connection.write` */
  #writeBytes(connection: Connection, bytes: Buffer): boolean {
    if (this.maxFragment >= maxPlaintextLength) return connection.write(bytes)
    let read = true
    for (let at = 0; at < bytes.length; at += this.maxFragment)
      read = connection.write(bytes.subarray(at, at + this.maxFragment)) && read
    return read
  }

  #onWritten(error?: Error | null): void {
    if (error == null && this.#pieces.length > 0 && !this.destroyed) {
      this.#sendStep()
      return
    }
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    callback?.(error)
  }

  #sendEnd(callback: Callback): void {
    this.#endCallback = callback
    this.#connection!.close()
    this.#flush()
  }

  /** Once close_notify is out, nothing more is sent: the transport may end. */
  #endTransport(callback: Callback): void {
    const { transport } = this
    if (transport.destroyed || transport.writableEnded) callback()
    else transport.end(() => callback())
  }

  // ── Ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#hadError = error !== null
    this.clearIdle()
    // From within its last event the handshake is given up unfinished, as node:tls does it.
    if (this.#flushDue && !this.#pumping) this.#flush()
    this.#connection?.destroy()
    this.#delayed = undefined
    this.#endCallback = undefined
    const unwritten = this.#writeCallback
    this.#writeCallback = undefined
    this.#pieces = noPieces
    unwritten?.(error ?? this.#unwrittenError())
    callback(error)
    this.#closeTransport()
  }

  /** What a write is told that will not be done any more. */
  #unwrittenError(): Error {
    return this.connecting
      ? withCode(
          new Error('Socket closed before the connection was established'),
          'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
        )
      : withCode(
          new Error('Cannot call write after a stream was destroyed'),
          'ERR_STREAM_DESTROYED',
        )
  }

  #closeTransport(): void {
    const { transport } = this
    const owned: OwnedTransport = transport
    transport.removeListener('data', EngineStream.#onTransportData)
    if (transport instanceof Socket && !transport.closed)
      transport.once('close', EngineStream.#onClosed)
    // After `error`, which the stream emits in the next tick.
    else process.nextTick(EngineStream.#emitClose, this)
    if (transport.destroyed) return
    if (!this.#failed || transport.writableFinished) {
      transport.destroy()
      return
    }
    // The alert is on its way: the transport may take it before it goes.
    const timer = setTimeout(EngineStream.#destroyTransport, lingerTime, owned)
    timer.unref()
    transport.end(() => {
      clearTimeout(timer)
      transport.destroy()
    })
  }

  static #destroyTransport = (transport: Duplex): void => {
    transport.destroy()
  }

  static #onClosed = function (this: OwnedTransport): void {
    const stream = this[owner]
    if (stream !== undefined) process.nextTick(EngineStream.#emitClose, stream)
  }

  static #emitClose = (stream: EngineStream): void => {
    stream.emit('close', stream.#hadError)
  }
}

/** A flight of small records costs less in one piece than one by one. */
function gathered(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length === 1) return pieces
  let length = 0
  for (const piece of pieces) length += piece.length
  return length > gatheredLength ? pieces : [Buffer.concat(pieces, length)]
}

/** What is to be done when the transport has taken a piece of output. */
function doneWith(piece: Uint8Array, then?: Callback): Callback | undefined {
  if (!isKept(piece)) return then
  return (error) => {
    // After a failure it is not known what the system still reads.
    if (error == null) giveBack(piece)
    then?.(error)
  }
}

/**
 * Drives the engine over a stream, for commands that go step by step: `next` waits for an event, a time limit or the
 * end. Nothing is lost on a failure: what was sent and received up to it is in the trace.
 */
import type { Duplex } from 'node:stream'
import type { Connection, ConnectionEvent, Session } from 'handfast'

/** Events that wait for `next`; beyond, the transport is not read. */
const mostQueued = 256

type EventOf<T extends ConnectionEvent['type']> = Extract<ConnectionEvent, { type: T }>

export class Drive {
  readonly connection: Connection
  readonly #socket: Duplex
  readonly #events: ConnectionEvent[] = []
  #wake: (() => void) | undefined
  /** The transport's own error, `ECONNRESET` for one. */
  transportError: NodeJS.ErrnoException | undefined
  #ended = false

  constructor(connection: Connection, socket: Duplex) {
    this.connection = connection
    this.#socket = socket
    connection.onProgress = () => this.#pump()
    socket.on('data', (bytes: Uint8Array) => {
      connection.receive(bytes)
      this.#pump()
    })
    socket.once('end', () => this.#onEnd())
    socket.once('close', () => this.#onEnd())
    socket.on('error', (error) => {
      this.transportError ??= error
      this.#onEnd()
    })
    this.#pump()
  }

  /** True where the transport delivers nothing more. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Waits for an event of one of `types`; others are dropped.
   * @param deadline milliseconds of `performance.now()`; Infinity for none
   * @returns undefined at the deadline, or where the connection is over
   * @throws TlsError where the connection failed
   */
  async next<T extends ConnectionEvent['type']>(
    deadline: number,
    ...types: readonly T[]
  ): Promise<EventOf<T> | undefined> {
    for (;;) {
      const event = this.#events.shift()
      if (event === undefined && this.#socket.isPaused()) this.#socket.resume()
      if (event?.type === 'failed') throw event.error
      if (event !== undefined && (types as readonly string[]).includes(event.type))
        return event as EventOf<T>
      if (event !== undefined) continue
      if (this.#ended || !(await this.#something(deadline))) return undefined
    }
  }

  /**
   * Waits for the handshake's end.
   * @param onSession hears of a session of TLS 1.2, which comes before it
   * @returns, @throws as `next`
   */
  async complete(
    deadline: number,
    onSession: (session: Session) => void,
  ): Promise<EventOf<'handshakeComplete'> | undefined> {
    for (;;) {
      const event = await this.next(deadline, 'handshakeComplete', 'session')
      if (event?.type !== 'session') return event
      onSession(event.session)
    }
  }

  /** @throws TlsError the connection's error */
  write(data: Uint8Array): void {
    this.connection.write(data)
    this.#pump()
  }

  /** Sends close_notify: nothing more comes from us. */
  endWriting(): void {
    this.connection.close()
    this.#pump()
  }

  /** Resolves when the transport takes more, or is gone. */
  async drained(): Promise<void> {
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }

  /** Says goodbye, and waits a moment for the peer to do so too. @param deadline milliseconds of `performance.now()` */
  async close(deadline: number): Promise<void> {
    this.endWriting()
    this.#socket.end()
    try {
      await this.next(deadline, 'closeNotify')
    } finally {
      this.destroy()
    }
  }

  destroy(): void {
    this.connection.destroy()
    this.#socket.destroy()
  }

  /** @returns false at the deadline */
  #something(deadline: number): Promise<boolean> {
    const left = deadline - performance.now()
    if (left <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const late = () => {
        this.#wake = undefined
        resolve(false)
      }
      const timer = deadline === Infinity ? undefined : setTimeout(late, left)
      this.#wake = () => {
        this.#wake = undefined
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  #onEnd(): void {
    if (this.#ended) return
    this.connection.receiveEnd()
    this.#pump()
    this.#ended = true
    this.#wake?.()
  }

  #pump(): void {
    for (let event = this.connection.nextEvent(); event; event = this.connection.nextEvent()) {
      // Data may be a view of what was received; it is looked at later.
      this.#events.push(event.type === 'data' ? { ...event, data: event.data.slice() } : event)
    }
    if (this.#socket.writable) {
      this.#socket.cork()
      for (const record of this.connection.takeOutput()) this.#socket.write(record)
      this.#socket.uncork()
      if (this.connection.error !== undefined) this.#socket.end()
    }
    if (this.#events.length > mostQueued) this.#socket.pause()
    if (this.#events.length > 0) this.#wake?.()
  }
}

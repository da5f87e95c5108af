/**
 * What programs expect of a socket besides its stream: addresses, options of the transport, the idle timeout. All of it
 * is the transport's, as far as that has it; a transport may be any Duplex.
 */
import { type AddressInfo, Socket } from 'node:net'
import { Duplex, type DuplexOptions } from 'node:stream'
import { unavailable } from './errors.ts'
import { validateDuration, validateFunction } from './validate.ts'

/** Of sockets from Node 24.15 on. */
interface LaterSocket {
  getTypeOfService(): number
  setTypeOfService(typeOfService: number): unknown
}

interface KeepAliveSettings {
  readonly enable?: boolean | undefined
  readonly initialDelay?: number | undefined
  readonly interval?: number | undefined
  readonly count?: number | undefined
}

/** What a transport may have of a `net.Socket`. */
type Transport = Duplex & Partial<Pick<Socket, SharedMember> & LaterSocket>
type SharedMember =
  | 'address'
  | 'connecting'
  | 'pending'
  | 'localAddress'
  | 'localPort'
  | 'localFamily'
  | 'remoteAddress'
  | 'remotePort'
  | 'remoteFamily'
  | 'connect'
  | 'ref'
  | 'unref'
  | 'setNoDelay'
  | 'setKeepAlive'
  | 'resetAndDestroy'
  | 'autoSelectFamilyAttemptedAddresses'

/**
 * For programs this is a `net.Socket`: `instanceof` says so, below. It is made as a Duplex, since it has no handle of its own
 * that a net.Socket's constructor would have to prepare.
 */
export abstract class SocketShape extends Duplex {
  /** What carries the records. */
  readonly transport: Transport
  /** Milliseconds of `setTimeout()`; undefined where none is set. */
  timeout?: number
  #idle: NodeJS.Timeout | undefined = undefined

  constructor(transport: Duplex, options: DuplexOptions) {
    super(options)
    this.transport = transport
  }

  // ── Where it goes ─────────────────────────────────────────────────────────────────────────────────────────────────

  get connecting(): boolean {
    return this.transport.connecting ?? false
  }

  /** Connects the transport, where that is a socket that does not belong to a connection yet. */
  connect(...args: readonly unknown[]): this {
    const { transport } = this
    if (transport.connect === undefined)
      throw unavailable('connect() over a transport that is no net.Socket', 'use tls.connect()')
    ;(transport.connect as (...args: readonly unknown[]) => unknown)(...args)
    return this
  }

  get pending(): boolean {
    return this.transport.pending ?? this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  // The types are Node's own, which leave out that there may be none.
  get localAddress(): string {
    return this.transport.localAddress as string
  }

  get localPort(): number {
    return this.transport.localPort as number
  }

  get localFamily(): string {
    return this.transport.localFamily as string
  }

  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.transport.remotePort
  }

  get remoteFamily(): string | undefined {
    return this.transport.remoteFamily
  }

  get autoSelectFamilyAttemptedAddresses(): string[] {
    return this.transport.autoSelectFamilyAttemptedAddresses as string[]
  }

  /** The local address; empty where the transport has none. */
  address(): AddressInfo | Record<string, never> {
    return (this.transport.address?.() ?? {}) as AddressInfo | Record<string, never>
  }

  /** Bytes written and not yet handed to the transport. */
  get bufferSize(): number {
    return (this.transport.destroyed ? undefined : this.writableLength) as number
  }

  // ── How it goes ───────────────────────────────────────────────────────────────────────────────────────────────────

  ref(): this {
    this.transport.ref?.()
    return this
  }

  unref(): this {
    this.transport.unref?.()
    return this
  }

  setNoDelay(noDelay?: boolean): this {
    this.transport.setNoDelay?.(noDelay)
    return this
  }

  /** Milliseconds. Interval, count and the one object of all are for Node 24.19 and later. */
  setKeepAlive(
    enable?: boolean | KeepAliveSettings,
    ...timing: readonly [initialDelay?: number, interval?: number, count?: number]
  ): this {
    this.transport.setKeepAlive?.(...([enable, ...timing] as unknown as [boolean?, number?]))
    return this
  }

  /** The IP header's field, 0 to 255. Needs a net.Socket of Node 24.15 or later below. */
  setTypeOfService(typeOfService: number): this {
    this.#later.setTypeOfService(typeOfService)
    return this
  }

  getTypeOfService(): number {
    return this.#later.getTypeOfService()
  }

  get #later(): LaterSocket {
    const { transport } = this
    if (transport.setTypeOfService !== undefined) return transport as Transport & LaterSocket
    throw unavailable('The type of service', 'it needs a net.Socket of Node 24.15 or later below')
  }

  /** Ends the stream, and destroys it once everything has been written. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', this.destroy)
  }

  /** Closes a TCP connection with RST, any other transport at once. */
  resetAndDestroy(): this {
    this.transport.resetAndDestroy?.()
    return this.destroy()
  }

  // ── The idle timeout ──────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Emits `timeout` after so many milliseconds without data in either direction. It closes nothing.
   * @param milliseconds 0 for none. @param callback a listener for one `timeout`
   */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this
    validateDuration(milliseconds, 'msecs')
    if (callback !== undefined) validateFunction(callback, 'callback')
    this.timeout = milliseconds
    clearTimeout(this.#idle)
    this.#idle = undefined
    if (milliseconds === 0) {
      if (callback !== undefined) this.removeListener('timeout', callback)
      return this
    }
    this.#idle = setTimeout(SocketShape.#onIdle, milliseconds, this)
    this.#idle.unref()
    if (callback !== undefined) this.once('timeout', callback)
    return this
  }

  /** Data went through: the idle time begins anew. */
  protected touch(): void {
    this.#idle?.refresh()
  }

  protected clearIdle(): void {
    clearTimeout(this.#idle)
    this.#idle = undefined
  }

  static #onIdle = (socket: SocketShape): void => {
    socket.emit('timeout')
  }
}

Object.setPrototypeOf(SocketShape.prototype, Socket.prototype)

/**
 * What programs expect of a socket besides its stream: addresses, options of the transport, the idle timeout. All of it
 * is the transport's, as far as that has it; a transport may be any Duplex.
 */
import type { AddressInfo, Socket } from 'node:net'
import { Duplex, type DuplexOptions } from 'node:stream'
import { validateDuration, validateFunction } from './validate.ts'

/** What a transport may have of a `net.Socket`. */
type Transport = Duplex & Partial<Pick<Socket, SharedMember>>
type SharedMember =
  | 'address'
  | 'connecting'
  | 'localAddress'
  | 'localPort'
  | 'localFamily'
  | 'remoteAddress'
  | 'remotePort'
  | 'remoteFamily'
  | 'ref'
  | 'unref'
  | 'setNoDelay'
  | 'setKeepAlive'
  | 'resetAndDestroy'
  | 'autoSelectFamilyAttemptedAddresses'

export abstract class SocketShape extends Duplex {
  /** What carries the records. */
  readonly transport: Transport
  /** Milliseconds of `setTimeout()`; undefined where none is set. */
  timeout: number | undefined = undefined
  #idle: NodeJS.Timeout | undefined = undefined

  constructor(transport: Duplex, options: DuplexOptions) {
    super(options)
    this.transport = transport
  }

  // ── Where it goes ─────────────────────────────────────────────────────────────────────────────────────────────────

  get connecting(): boolean {
    return this.transport.connecting ?? false
  }

  get pending(): boolean {
    return this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get localAddress(): string | undefined {
    return this.transport.localAddress
  }

  get localPort(): number | undefined {
    return this.transport.localPort
  }

  get localFamily(): string | undefined {
    return this.transport.localFamily
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

  get autoSelectFamilyAttemptedAddresses(): string[] | undefined {
    return this.transport.autoSelectFamilyAttemptedAddresses
  }

  /** The local address; empty where the transport has none. */
  address(): AddressInfo | Record<string, never> {
    return (this.transport.address?.() ?? {}) as AddressInfo | Record<string, never>
  }

  /** Bytes written and not yet handed to the transport. */
  get bufferSize(): number | undefined {
    return this.transport.destroyed ? undefined : this.writableLength
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

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.transport.setKeepAlive?.(enable, initialDelay)
    return this
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

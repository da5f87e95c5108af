/** The shape of node:tls, so far as the benchmarks use it, for stacks whose API is another. */
import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'
import type * as nodeTls from 'node:tls'

/** What was given to `createSecureContext`. */
export interface ContextOptions {
  readonly ca: string
  readonly ecdhCurve: string
  readonly ciphers: string
  readonly minVersion: string
}

export interface DialOptions {
  readonly host: string
  readonly port: number
  readonly servername: string
  readonly session?: unknown
  readonly secureContext: ContextOptions
}

/**
 * A connection of such a stack, thin: no stream. It emits `secureConnect`, `session`, `data`, `drain`, `error` and `close`.
 * A write waits for the one before it, because these stacks number their records when a call ends.
 */
export abstract class ShapedSocket extends EventEmitter {
  /** These stacks end with an error where a chain does not verify. */
  readonly authorized = true
  writableNeedDrain = false
  protected readonly transport: Socket
  #writes: Promise<unknown> = Promise.resolve()
  #failed = false

  constructor(transport: Socket) {
    super()
    this.transport = transport
    transport.on('error', (error) => this.fail(error))
    transport.on('close', () => this.emit('close'))
  }

  abstract getCipher(): { readonly name: string }
  abstract getProtocol(): string

  /** Hands the records of one write to the transport. */
  protected abstract send(data: Uint8Array): Promise<unknown> | undefined

  write(data: Uint8Array): boolean {
    this.writableNeedDrain = true
    const sent = this.#writes.then(() => this.send(data))
    this.#writes = sent
    sent.then(
      () => {
        if (sent !== this.#writes) return
        if (this.transport.writableNeedDrain) this.transport.once('drain', () => this.#drained())
        else this.#drained()
      },
      (error) => this.fail(error),
    )
    return false
  }

  /** Some of these stacks report a failure again and again, and leave the transport open. */
  protected fail(error: Error): void {
    if (this.#failed) return
    this.#failed = true
    this.emit('error', error)
    this.transport.destroy()
  }

  #drained(): void {
    this.writableNeedDrain = false
    this.emit('drain')
  }

  isSessionReused(): boolean {
    return false
  }

  setNoDelay(): void {
    this.transport.setNoDelay()
  }

  resume(): void {
    this.transport.resume()
  }

  end(): void {
    this.transport.end()
  }

  destroy(): void {
    this.transport.destroy()
  }
}

export function shapedLikeNodeTls(
  dial: (options: DialOptions, transport: Socket) => ShapedSocket,
  createServer?: unknown,
): typeof nodeTls {
  const shape = {
    createSecureContext: (options: object) => options,
    connect: (options: DialOptions) => dial(options, connect(options)),
    createServer,
  }
  return shape as unknown as typeof nodeTls
}

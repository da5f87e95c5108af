/** A connection and its socket: bytes in, events out, until both sides have said all. */
import { connect, type Socket } from 'node:net'
import type { Connection, ConnectionEvent } from 'handfast'

export interface Address {
  readonly port: number
  readonly ipv6: boolean
  /** Says to the runner which test this is. */
  readonly shimId: bigint
}

/** Connects to the runner; the shim is the TCP client in both roles of TLS. */
export async function connectToRunner({ port, ipv6, shimId }: Address): Promise<Socket> {
  const socket = connect({ port, host: ipv6 ? '::1' : '127.0.0.1', noDelay: true })
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const id = Buffer.alloc(8)
  id.writeBigUInt64LE(shimId)
  socket.write(id)
  return socket
}

export class Link {
  readonly connection: Connection
  readonly #socket: Socket
  /** The most bytes that are handed to the engine at once. */
  readonly #most: number
  #received: Uint8Array[] = []
  #ended = false
  #wake: (() => void) | undefined
  /** Bytes that may still be sent; the rest waits. */
  #allowance = Number.POSITIVE_INFINITY
  #held: Uint8Array[] = []

  /** @param bytewise hands over what is received byte by byte, so that every place is one to wait at */
  constructor(connection: Connection, socket: Socket, bytewise: boolean) {
    this.connection = connection
    this.#socket = socket
    this.#most = bytewise ? 1 : Number.POSITIVE_INFINITY
    connection.onProgress = () => this.#wake?.()
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes)
      this.#wake?.()
    })
    // A reset is the end of what can be received, and is no news beside it.
    socket.on('error', () => this.#onEnd())
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onEnd())
  }

  #onEnd(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** What happens next; the last event of a connection that failed is `failed`. */
  async next(): Promise<ConnectionEvent> {
    for (;;) {
      const event = this.connection.nextEvent()
      this.flush()
      if (event !== undefined) return event
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (!this.#hand()) await woken
      this.#wake = undefined
    }
  }

  /** @returns false where there is nothing new to hand over */
  #hand(): boolean {
    const first = this.#received[0]
    if (first === undefined) {
      if (this.#ended) this.connection.receiveEnd()
      // Once told, the engine's answer may still need a promise that has not come.
      const told = this.#ended && !this.#toldEnd
      this.#toldEnd = this.#ended
      return told
    }
    if (first.length <= this.#most) {
      this.#received.shift()
      this.connection.receive(first)
    } else {
      this.#received[0] = first.subarray(this.#most)
      this.connection.receive(first.subarray(0, this.#most))
    }
    return true
  }

  #toldEnd = false

  /** Sends what the connection has ready. */
  flush(): void {
    for (const record of this.connection.takeOutput()) this.#send(record)
  }

  #send(bytes: Uint8Array): void {
    const now = bytes.subarray(0, Math.min(bytes.length, this.#allowance))
    this.#allowance -= now.length
    if (now.length > 0 && this.#socket.writable) this.#socket.write(now)
    if (now.length < bytes.length) this.#held.push(bytes.subarray(now.length))
  }

  /** Lets only so many bytes out until `release`. */
  hold(allowance: number): void {
    this.#allowance = allowance
  }

  release(): void {
    this.#allowance = Number.POSITIVE_INFINITY
    const held = this.#held
    this.#held = []
    for (const bytes of held) this.#send(bytes)
  }

  /** Waits until everything that was asked for is sealed, sends it, half-closes, and reads on until the runner closes too. */
  async finish(): Promise<void> {
    this.flush()
    if (this.#socket.destroyed) return
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.end()
    this.#socket.resume()
    await closed
  }
}

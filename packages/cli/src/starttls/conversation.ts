/**
 * The words in the clear before TLS begins: lines and bytes over a stream, with a limit on their number and time.
 *
 * What a server sends after its last word in the clear would be read as if it had come through TLS (the flaw of
 * CVE-2011-0411 and CVE-2021-23222): `finish` refuses it.
 */
import type { Duplex } from 'node:stream'
import { connectionError } from '../exit.ts'

/** Bytes that a server may say before TLS; a long greeting and a list of abilities have a few thousand. */
const mostBytes = 65_536

export class Conversation {
  readonly #socket: Duplex
  readonly #deadline: number
  readonly #what: string
  #received = Buffer.alloc(0)
  #total = 0
  #ended = false
  #wake: (() => void) | undefined
  readonly #onData = (chunk: Buffer): void => {
    this.#total += chunk.length
    this.#received = Buffer.concat([this.#received, chunk])
    // What is too much is found when the dialogue looks; nothing more is kept until then.
    if (this.#total > mostBytes) this.#socket.off('data', this.#onData)
    this.#wake?.()
  }
  readonly #onEnd = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  /**
   * @param what the protocol, for errors: `SMTP`
   * @param deadline milliseconds of `performance.now()`
   */
  constructor(socket: Duplex, what: string, deadline: number) {
    this.#socket = socket
    this.#what = what
    this.#deadline = deadline
    socket.on('data', this.#onData)
    for (const event of ['end', 'error', 'close']) socket.on(event, this.#onEnd)
  }

  send(message: string | Uint8Array): void {
    this.#socket.write(message)
  }

  /** One line, without its CRLF. */
  async line(): Promise<string> {
    const [line = ''] = await this.until(/^(.*?)\r?\n/s)
    return line.replace(/\r?\n$/, '')
  }

  /** Exactly `length` bytes. */
  async bytes(length: number): Promise<Buffer> {
    while (this.#received.length < length) await this.#more()
    return this.#take(length)
  }

  /** Text up to the end of the pattern's first match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#received.toString('latin1'))
      if (match !== null) {
        this.#take(match.index + match[0].length)
        return match
      }
      await this.#more()
    }
  }

  /** Ends the words in the clear. @throws CommandError where the server said more than it may */
  finish(): void {
    this.release()
    if (this.#received.length > 0)
      throw this.problem(
        `sent ${this.#received.length} bytes more before TLS began`,
        'They would be mistaken for what TLS protects. The server is faulty, or somebody injects commands.',
      )
  }

  /** Stops listening. */
  release(): void {
    this.#socket.off('data', this.#onData)
    for (const event of ['end', 'error', 'close']) this.#socket.off(event, this.#onEnd)
  }

  /** @param did what the server did, after "The SMTP server " */
  problem(did: string, help?: string): Error {
    return connectionError(`The ${this.#what} server ${did}`, help)
  }

  /** The server has no TLS on this port, or does not grant it. @param said its words */
  refused(said: string): Error {
    return this.problem(
      `does not start TLS: ${JSON.stringify(said.trim().slice(0, 200))}`,
      'TLS may be switched off there, or stand on a port of its own (try without --starttls).',
    )
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return taken
  }

  async #more(): Promise<void> {
    if (this.#total > mostBytes)
      throw this.problem(
        `said more than ${mostBytes} bytes before TLS`,
        `It may not speak ${this.#what}: check the port and --starttls.`,
      )
    if (this.#ended) throw this.problem('closed the connection before TLS began')
    const left = this.#deadline - performance.now()
    const before = this.#total
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, left))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
    if (this.#total === before && !this.#ended)
      throw this.problem(
        'did not answer in time',
        `It may not speak ${this.#what}: check the port and --starttls, or raise --timeout.`,
      )
  }
}

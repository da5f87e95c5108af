/** Puts handshake messages together from the records that carry them (RFC 8446 §5.1). */
import { type HandshakeMessage, handshakeHeaderLength } from '../codec/messages.ts'
import { handshakeTypes, nameOf } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'

const none = new Uint8Array(0)

export class HandshakeJoiner {
  readonly #maxBody: number
  /** Messages not yet handed out: a copy, since the records are views of what was received. */
  #bytes: Uint8Array = none
  #filled = 0

  /** @param maxBody bytes: a longer message is refused as soon as its header says so */
  constructor(maxBody: number) {
    this.#maxBody = maxBody
  }

  /** True where no part of a further message has arrived. */
  get empty(): boolean {
    return this.#filled === 0
  }

  add(content: Uint8Array): void {
    if (content.length === 0)
      throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A handshake record is empty', {
        section: 'RFC 8446 §5.1',
      })
    const needed = this.#filled + content.length
    if (needed > this.#bytes.length) {
      // Grows by doubling, so that a message in many small records is not copied once for each.
      const grown = new Uint8Array(
        this.#filled === 0 ? needed : Math.max(needed, this.#bytes.length * 2),
      )
      grown.set(this.#bytes.subarray(0, this.#filled))
      this.#bytes = grown
    }
    this.#bytes.set(content, this.#filled)
    this.#filled = needed
  }

  /** The next whole message; undefined where more records are needed. */
  next(): HandshakeMessage | undefined {
    if (this.#filled < handshakeHeaderLength) return undefined
    const bytes = this.#bytes
    const type = bytes[0]!
    const body = bytes[1]! * 65_536 + bytes[2]! * 256 + bytes[3]!
    if (body > this.#maxBody)
      throw new TlsError(
        'ERR_MESSAGE_TOO_LONG',
        `${nameOf(handshakeTypes, type)} announces ${body} bytes; ${this.#maxBody} are the limit`,
      )
    const length = handshakeHeaderLength + body
    if (this.#filled < length) return undefined
    const message = { type, bytes: bytes.subarray(0, length) }
    this.#filled -= length
    this.#bytes = this.#filled === 0 ? none : bytes.slice(length, length + this.#filled)
    return message
  }
}

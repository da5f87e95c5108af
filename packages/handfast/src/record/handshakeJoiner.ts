/** Puts handshake messages together from the records that carry them (RFC 8446 §5.1). */
import { type HandshakeMessage, handshakeHeaderLength } from '../codec/messages.ts'
import { handshakeTypes, nameOf } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'

const none = new Uint8Array(0)

export class HandshakeJoiner {
  readonly #maxBody: number
  /** Messages not yet handed out, from `#at` to `#end`. What was handed out is a view of it: it is not written over. */
  #bytes: Uint8Array = none
  #at = 0
  #end = 0

  /** @param maxBody bytes: a longer message is refused as soon as its header says so */
  constructor(maxBody: number) {
    this.#maxBody = maxBody
  }

  /** True where no part of a further message has arrived. */
  get empty(): boolean {
    return this.#at === this.#end
  }

  /** @param lasts false where `content` is a view of what was received, which its owner will use again */
  add(content: Uint8Array, lasts: boolean): void {
    if (content.length === 0)
      throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A handshake record is empty', {
        section: 'RFC 8446 §5.1',
      })
    if (this.empty) {
      this.#bytes = lasts ? content : content.slice()
      this.#at = 0
      this.#end = content.length
      return
    }
    if (this.#end + content.length > this.#bytes.length) {
      const held = this.#bytes.subarray(this.#at, this.#end)
      // Grows by doubling, so that a message in many small records is not copied once for each.
      this.#bytes = new Uint8Array(Math.max(held.length + content.length, 2 * held.length))
      this.#bytes.set(held)
      this.#at = 0
      this.#end = held.length
    }
    this.#bytes.set(content, this.#end)
    this.#end += content.length
  }

  /** The next whole message; undefined where more records are needed. */
  next(): HandshakeMessage | undefined {
    const held = this.#end - this.#at
    if (held < handshakeHeaderLength) return undefined
    const bytes = this.#bytes
    const at = this.#at
    const type = bytes[at]!
    const body = bytes[at + 1]! * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!
    if (body > this.#maxBody)
      throw new TlsError(
        'ERR_MESSAGE_TOO_LONG',
        `${nameOf(handshakeTypes, type)} announces ${body} bytes; ${this.#maxBody} are the limit`,
      )
    const length = handshakeHeaderLength + body
    if (held < length) return undefined
    this.#at += length
    // An idle connection holds nothing here.
    if (this.empty) this.#bytes = none
    return { type, bytes: bytes.subarray(at, at + length) }
  }
}

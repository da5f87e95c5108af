/** The transcript of the handshake (RFC 8446 §4.4.1): every message's bytes, in order. */
import { concat } from '../codec/bytes.ts'
import { encodeMessage, type HandshakeMessage } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import { rest } from '../codec/wire.ts'
import type { HashFunction, MaybePromise } from '../crypto/provider.ts'

/** A whole handshake with two certificates, as most are, in bytes. */
const usualLength = 3072
const nothing = new Uint8Array(0)
/** Memory of handshakes that are complete, for the next: pieces of the usual length, of which a few are kept. */
const idle: Uint8Array[] = []
const mostIdle = 16

export class Transcript {
  /** All messages, one behind the other, with room for more. What was added is never changed: whoever hashes may read it later. */
  #bytes: Uint8Array = nothing
  #length = 0
  #names: string[] | undefined
  /** The last hash, and of how many bytes: secrets are derived by twos and threes from the same messages. */
  #hashed: { hash: HashFunction; length: number; digest: Uint8Array } | undefined

  /** The names of the messages that are in it, in order: those of now. */
  get names(): readonly string[] {
    return this.#names?.slice() ?? []
  }

  add({ bytes }: HandshakeMessage, name: string): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) {
      const larger =
        length <= usualLength
          ? (idle.pop() ?? new Uint8Array(usualLength))
          : new Uint8Array(2 * length)
      larger.set(this.content)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = length
    this.#names ??= []
    this.#names.push(name)
  }

  /** All messages, as TLS 1.2 signs them (RFC 5246 §7.4.8). A view, only to be read. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The answer is shared with whoever asks next: it is only to be read. */
  hash(hash: HashFunction): MaybePromise<Uint8Array> {
    const known = this.#hashed
    const length = this.#length
    if (known?.hash === hash && known.length === length) return known.digest
    const digest = hash.digest(this.content)
    // What is answered later is asked for again; those providers are not for speed.
    if (digest instanceof Uint8Array) this.#hashed = { hash, length, digest }
    return digest
  }

  /** The hash with `bytes` after the messages: the beginning of a ClientHello, up to its binders (§4.2.11.2). */
  hashWith(hash: HashFunction, bytes: Uint8Array): MaybePromise<Uint8Array> {
    return hash.digest(concat(this.content, bytes))
  }

  /** The hash without the last `count` bytes: a ClientHello that is in it, but for its binders. */
  hashWithout(hash: HashFunction, count: number): MaybePromise<Uint8Array> {
    return hash.digest(this.#bytes.subarray(0, this.#length - count))
  }

  /** After a HelloRetryRequest the first ClientHello stands as its hash. @param digest the hash of that ClientHello */
  replaceWithMessageHash(digest: Uint8Array): void {
    const name = `message_hash(${this.names.join(', ')})`
    this.clear()
    this.add(encodeMessage(HandshakeType.message_hash, rest, digest), name)
  }

  /** Frees it: after the handshake nobody needs it. What `content` answered is written over then. */
  clear(): void {
    if (this.#bytes.length === usualLength && idle.length < mostIdle) idle.push(this.#bytes)
    this.#bytes = nothing
    this.#length = 0
    this.#names = undefined
    this.#hashed = undefined
  }

  /** A copy, to go on with separately: post-handshake authentication (§4.4). */
  fork(): Transcript {
    const copy = new Transcript()
    copy.#bytes = this.content.slice()
    copy.#length = this.#length
    copy.#names = this.#names?.slice()
    return copy
  }
}

/** The transcript of the handshake (RFC 8446 §4.4.1): every message's bytes, in order. */
import { concat, joined } from '../codec/bytes.ts'
import { encodeMessage, type HandshakeMessage } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import { rest } from '../codec/wire.ts'
import type { HashFunction, MaybePromise } from '../crypto/provider.ts'

/** Shared by those that hold no message: an idle connection keeps no array for them. Only read. */
const none: readonly never[] = []

export class Transcript {
  #messages: readonly Uint8Array[] = none
  #names: readonly string[] = none
  /** The last hash, and of how many messages: secrets are derived by twos and threes from the same ones. */
  #hashed: { hash: HashFunction; count: number; digest: Uint8Array } | undefined

  /** The names of the messages that are in it, in order. */
  get names(): readonly string[] {
    return this.#names
  }

  add(message: HandshakeMessage, name: string): void {
    this.#messages = withLast(this.#messages, message.bytes)
    this.#names = withLast(this.#names, name)
  }

  /** All messages, as TLS 1.2 signs them (RFC 5246 §7.4.8). */
  get content(): Uint8Array {
    return concat(...this.#messages)
  }

  /** The answer is shared with whoever asks next: it is only to be read. */
  hash(hash: HashFunction): MaybePromise<Uint8Array> {
    const known = this.#hashed
    const count = this.#messages.length
    if (known?.hash === hash && known.count === count) return known.digest
    const digest = hash.digest(joined(this.#messages))
    // What is answered later is asked for again; those providers are not for speed.
    if (digest instanceof Uint8Array) this.#hashed = { hash, count, digest }
    return digest
  }

  /** The hash with `bytes` after the messages: the beginning of a ClientHello, up to its binders (§4.2.11.2). */
  hashWith(hash: HashFunction, bytes: Uint8Array): MaybePromise<Uint8Array> {
    return hash.digest(concat(...this.#messages, bytes))
  }

  /** The hash without the last `count` bytes: a ClientHello that is in it, but for its binders. */
  hashWithout(hash: HashFunction, count: number): MaybePromise<Uint8Array> {
    const whole = concat(...this.#messages)
    return hash.digest(whole.subarray(0, whole.length - count))
  }

  /** After a HelloRetryRequest the first ClientHello stands as its hash. @param digest the hash of that ClientHello */
  replaceWithMessageHash(digest: Uint8Array): void {
    this.#messages = [encodeMessage(HandshakeType.message_hash, rest, digest).bytes]
    this.#names = [`message_hash(${this.#names.join(', ')})`]
    this.#hashed = undefined
  }

  /** Frees it: after the handshake nobody needs it. */
  clear(): void {
    this.#messages = none
    this.#names = none
    this.#hashed = undefined
  }

  /** A copy, to go on with separately: post-handshake authentication (§4.4). */
  fork(): Transcript {
    const copy = new Transcript()
    copy.#messages = this.#messages.slice()
    copy.#names = this.#names.slice()
    return copy
  }
}

/** Adds to a list that is its owner's alone, unless it is the one that all share. */
function withLast<T>(list: readonly T[], item: T): readonly T[] {
  if (list === none) return [item]
  ;(list as T[]).push(item)
  return list
}

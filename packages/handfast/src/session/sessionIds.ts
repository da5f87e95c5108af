/** Sessions of TLS 1.2 that clients without tickets name by a session id (RFC 5246 §7.4.1.2, §F.1.4). */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { hexOf } from '../codec/bytes.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { type SessionState, serializeState } from './session.ts'
import { remembered, type SessionStore } from './tickets.ts'

/** What a server remembers under session ids. Unlike a ticket of `statefulTickets`, an id is good for more than one use. */
export interface SessionIds {
  /** Seconds that a session may be used. */
  readonly lifetime: number
  /** An id that nobody can guess: it goes out before there is anything to keep under it. At the most 32 bytes. */
  newId(): Uint8Array
  keep(id: Uint8Array, state: SessionState): MaybePromise<void>
  /** @returns undefined for an id that is not known, or too old: the handshake then goes on in full */
  find(id: Uint8Array): MaybePromise<SessionState | undefined>
}

/** Keeps sessions in a store, such as `memoryStore`. */
export function sessionCache(options: {
  readonly crypto: CryptoProvider
  readonly store: SessionStore
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Seconds. Default: one day, the longest that RFC 5246 §F.1.4 advises. */
  readonly lifetime?: number
}): SessionIds {
  const { crypto, store, clock, lifetime = 86_400 } = options

  function* find(id: Uint8Array): Steps<SessionState | undefined> {
    const name = hexOf(id)
    const found = yield* settle(store.take(name))
    const state = found && remembered(found, clock())
    if (found === undefined || state === undefined) return undefined
    // The store gives a session away once; here it stays.
    yield* settle(store.set(name, found, lifetime))
    return state
  }

  return {
    lifetime,
    newId: () => crypto.random(32),
    keep: (id, state) => store.set(hexOf(id), serializeState(state), lifetime),
    find: (id) => runSteps(find(id)),
  }
}

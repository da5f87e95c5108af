/**
 * How a server remembers (RFC 8446 §4.6.1): nothing but keys, with everything in the ticket (`statelessTickets`), or
 * everything in a store, with a random name as the ticket (`statefulTickets`).
 */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { hexOf, sameBytes } from '../codec/bytes.ts'
import type { Aead, AeadKey, CryptoProvider } from '../crypto/provider.ts'
import { ConfigurationError } from '../errors.ts'
import { parseState, type SessionState, serializeState } from './session.ts'

export interface TicketService {
  /** Seconds that a ticket may be used, at the most 604800. */
  readonly lifetime: number
  /** A ticket is forgotten when it is redeemed. Up to TLS 1.2 another then comes in its place; with TLS 1.3 always. */
  readonly singleUse?: boolean
  /** @returns the ticket's bytes */
  issue(state: SessionState): MaybePromise<Uint8Array>
  /** @returns what was remembered; undefined for a ticket that is not ours, too old or damaged: the handshake then goes on in full */
  redeem(ticket: Uint8Array): MaybePromise<SessionState | undefined>
}

const defaultLifetime = 86_400
const nameLength = 16

export interface StatelessTicketOptions {
  readonly crypto: CryptoProvider
  readonly aead: Aead
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Seconds. Default: one day. */
  readonly lifetime?: number
  /** Seconds after which a new key seals; older keys open as long as their tickets live. Default: the lifetime. */
  readonly rotation?: number
  /** A key to begin with, shared between servers: 16 bytes of name, then the AEAD's key. Default: random. */
  readonly key?: Uint8Array
}

export interface StatelessTickets extends TicketService {
  /** Seals with this key from now on (16 bytes of name, then the AEAD's key); earlier ones still open. */
  rotate(key?: Uint8Array): MaybePromise<void>
}

interface TicketKey {
  readonly name: Uint8Array
  readonly key: AeadKey
  readonly since: number
}

/**
 * Tickets that are the session itself, encrypted under keys that this server rotates. The ticket is: key name (16
 * bytes), nonce, ciphertext and tag; the key name is authenticated.
 */
export function statelessTickets(options: StatelessTicketOptions): StatelessTickets {
  const { crypto, aead, clock } = options
  const lifetime = options.lifetime ?? defaultLifetime
  const rotation = (options.rotation ?? lifetime) * 1000
  const keyLength = nameLength + aead.keyLength
  let keys: TicketKey[] = []

  function* rotate(key = crypto.random(keyLength)): Steps<TicketKey> {
    if (key.length !== keyLength)
      throw new ConfigurationError(
        'ERR_BAD_TICKET_KEY',
        `A ticket key for ${aead.name} has ${keyLength} bytes, not ${key.length}`,
      )
    const newest: TicketKey = {
      name: key.slice(0, nameLength),
      key: yield* settle(aead.importKey(key.subarray(nameLength))),
      since: clock(),
    }
    // A key is needed until the last ticket that it sealed has died.
    const alive = keys.filter(({ since }) => newest.since - since < rotation + lifetime * 1000)
    for (const old of keys) if (!alive.includes(old)) old.key.destroy()
    keys = [newest, ...alive]
    return newest
  }

  function* issue(state: SessionState): Steps<Uint8Array> {
    let newest = keys[0]
    if (newest === undefined) newest = yield* rotate(options.key)
    if (clock() - newest.since >= rotation) newest = yield* rotate()
    const nonce = crypto.random(aead.nonceLength)
    const header = nameLength + aead.nonceLength
    const ticket = yield* settle(
      newest.key.seal(nonce, newest.name, [serializeState(state)], header),
    )
    ticket.set(newest.name)
    ticket.set(nonce, nameLength)
    return ticket
  }

  function* redeem(ticket: Uint8Array): Steps<SessionState | undefined> {
    if (keys.length === 0) yield* rotate(options.key)
    const name = ticket.subarray(0, nameLength)
    const nonce = ticket.subarray(nameLength, nameLength + aead.nonceLength)
    const sealed = ticket.subarray(nameLength + aead.nonceLength)
    const entry = keys.find((candidate) => sameBytes(candidate.name, name))
    if (entry === undefined || sealed.length <= aead.tagLength) return undefined
    const plain = yield* settle(entry.key.open(nonce, name, sealed))
    return plain && remembered(plain, clock())
  }

  return {
    lifetime,
    rotate: (key) => runSteps(rotateOnly(key)),
    issue: (state) => runSteps(issue(state)),
    redeem: (ticket) => runSteps(redeem(ticket)),
  }

  function* rotateOnly(key?: Uint8Array): Steps<void> {
    yield* rotate(key)
  }
}

/**
 * What a ticket or a store held. A session from the future is as little worth as one that has died, or as bytes that are no
 * session (of another release, or of a store that others write to): the handshake then goes on in full.
 */
export function remembered(bytes: Uint8Array, now: number): SessionState | undefined {
  let state: SessionState
  try {
    state = parseState(bytes)
  } catch {
    return undefined
  }
  const age = now - state.issuedAt
  return age >= 0 && age < state.lifetime * 1000 ? state : undefined
}

/** Where a server keeps sessions: a map in memory, or a database that several servers share. */
export interface SessionStore {
  /** @param lifetime seconds after which the store may forget it */
  set(id: string, session: Uint8Array, lifetime: number): MaybePromise<void>
  /** Takes it out: a ticket is good for one use. */
  take(id: string): MaybePromise<Uint8Array | undefined>
}

/** Tickets that are random names; the sessions are in a store, and each is used once. */
export function statefulTickets(options: {
  readonly crypto: CryptoProvider
  readonly store: SessionStore
  readonly clock: () => number
  /** Seconds. Default: one day. */
  readonly lifetime?: number
}): TicketService {
  const { crypto, store, clock } = options
  const lifetime = options.lifetime ?? defaultLifetime

  function* issue(state: SessionState): Steps<Uint8Array> {
    const ticket = crypto.random(32)
    yield* settle(store.set(hexOf(ticket), serializeState(state), lifetime))
    return ticket
  }

  function* redeem(ticket: Uint8Array): Steps<SessionState | undefined> {
    const found = yield* settle(store.take(hexOf(ticket)))
    return found && remembered(found, clock())
  }

  return {
    lifetime,
    singleUse: true,
    issue: (state) => runSteps(issue(state)),
    redeem: (ticket) => runSteps(redeem(ticket)),
  }
}

/** A store in memory that holds at most `capacity` sessions and forgets the oldest first. */
export function memoryStore(capacity = 20_000): SessionStore {
  const sessions = new Map<string, Uint8Array>()
  return {
    set(id, session) {
      sessions.delete(id)
      if (sessions.size >= capacity) {
        const oldest = sessions.keys().next()
        if (!oldest.done) sessions.delete(oldest.value)
      }
      sessions.set(id, session)
    },
    take(id) {
      const session = sessions.get(id)
      sessions.delete(id)
      return session
    },
  }
}

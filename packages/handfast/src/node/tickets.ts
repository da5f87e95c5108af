/** How a server remembers its clients, as node:tls's options and events say it. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { runSteps, type Steps, settle } from '@handfast/x509'
import { hexOf } from '../codec/bytes.ts'
import { CipherSuiteId } from '../codec/registry.ts'
import type { MaybePromise } from '../crypto/provider.ts'
import { type SessionState, serializeState } from '../session/session.ts'
import type { SessionIds } from '../session/sessionIds.ts'
import {
  remembered,
  type SessionStore,
  statefulTickets,
  statelessTickets,
  type TicketService,
} from '../session/tickets.ts'
import { answerOf } from './callbacks.ts'
import { type SecureContext, ticketKeysLength } from './secureContext.ts'
import { bytesOf } from './validate.ts'

/** Bytes of the key's name at the beginning of `ticketKeys`. */
const nameLength = 16

export function newTicketKeys(): Uint8Array {
  return Uint8Array.from(randomBytes(ticketKeysLength))
}

/** Tickets that hold the session, encrypted. The keys do not change by themselves: the program may share them. */
export function ticketsOf(
  context: SecureContext,
  keys: Uint8Array,
  clock: () => number,
): TicketService {
  const { crypto, sessionTimeout, sessionIdContext } = context
  const suite =
    crypto.cipherSuites.find(({ id }) => id === CipherSuiteId.TLS_AES_256_GCM_SHA384) ??
    crypto.cipherSuites.find(({ aead }) => aead.keyLength === ticketKeysLength - nameLength)
  if (suite === undefined)
    throw new TypeError(
      'The crypto provider has no AEAD with a key of 32 bytes for session tickets',
    )
  return statelessTickets({
    crypto,
    aead: suite.aead,
    clock,
    lifetime: sessionTimeout,
    rotation: Number.POSITIVE_INFINITY,
    key: sessionIdContext === undefined ? keys : bind(keys, sessionIdContext),
  })
}

/** Servers that share keys and not the context make other keys of them, and cannot read each other's tickets. */
function bind(keys: Uint8Array, sessionIdContext: string): Uint8Array {
  const bound = keys.slice()
  bound.set(
    createHmac('sha256', keys.subarray(nameLength)).update(sessionIdContext).digest(),
    nameLength,
  )
  return bound
}

/** Sessions that the program keeps, by the events `newSession` and `resumeSession`. */
function storeOfEvents(
  { sessionIdContext = '' }: SecureContext,
  server: EventEmitter,
): SessionStore {
  // A session of another context is none of ours.
  const mark = createHash('sha256').update(sessionIdContext).digest().subarray(0, nameLength)
  return {
    set: (id, session): MaybePromise<void> =>
      answerOf<void>((callback) => {
        const data = Buffer.concat([mark, session])
        const heard = server.emit('newSession', Buffer.from(id, 'hex'), data, () => callback())
        if (!heard) callback()
      }, ignore),
    take: (id): MaybePromise<Uint8Array | undefined> =>
      answerOf<Uint8Array | undefined>((callback) => {
        const answer = (error: Error | null, session?: Uint8Array | null) =>
          callback(error, withoutMark(session, mark))
        if (!server.emit('resumeSession', Buffer.from(id, 'hex'), answer)) callback()
      }, ignore),
  }
}

function withoutMark(
  session: Uint8Array | null | undefined,
  mark: Uint8Array,
): Uint8Array | undefined {
  if (session == null || Buffer.compare(session.subarray(0, mark.length), mark) !== 0)
    return undefined
  return bytesOf(session).slice(mark.length)
}

/** Tickets that are only names of what the program keeps. */
export function ticketsOfEvents(
  context: SecureContext,
  server: EventEmitter,
  clock: () => number,
): TicketService {
  const store = storeOfEvents(context, server)
  return statefulTickets({ crypto: context.crypto, store, clock, lifetime: context.sessionTimeout })
}

/** Session ids of TLS 1.2, whose sessions the program keeps. An id is good for more than one use. */
export function sessionIdsOfEvents(
  context: SecureContext,
  server: EventEmitter,
  clock: () => number,
): SessionIds {
  const store = storeOfEvents(context, server)
  const lifetime = context.sessionTimeout
  function* find(id: Uint8Array): Steps<SessionState | undefined> {
    const found = yield* settle(store.take(hexOf(id)))
    return found && remembered(found, clock())
  }
  return {
    lifetime,
    newId: () => context.crypto.random(32),
    keep: (id, state) => store.set(hexOf(id), serializeState(state), lifetime),
    find: (id) => runSteps(find(id)),
  }
}

/** Tickets that hold the session, of which the program hears, too, by `newSession`. */
export function announced(
  tickets: TicketService,
  context: SecureContext,
  server: EventEmitter,
): TicketService {
  const store = storeOfEvents(context, server)
  function* issue(state: SessionState): Steps<Uint8Array> {
    const id = hexOf(context.crypto.random(32))
    yield* settle(store.set(id, serializeState(state), tickets.lifetime))
    return yield* settle(tickets.issue(state))
  }
  return { ...tickets, issue: (state) => runSteps(issue(state)) }
}

/** A second answer changes nothing; node:tls ignores it too. */
function ignore(): void {}

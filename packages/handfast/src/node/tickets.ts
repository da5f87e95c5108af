/** How a server remembers its clients, as node:tls's options and events say it. */
import { createHmac, randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { CipherSuiteId } from '../codec/registry.ts'
import type { MaybePromise } from '../crypto/provider.ts'
import {
  type SessionStore,
  statefulTickets,
  statelessTickets,
  type TicketService,
} from '../session/tickets.ts'
import { answerOf } from './callbacks.ts'
import { type SecureContext, ticketKeysLength } from './secureContext.ts'

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
export function ticketsOfEvents(
  context: SecureContext,
  server: EventEmitter,
  clock: () => number,
): TicketService {
  const store: SessionStore = {
    set: (id, session): MaybePromise<void> =>
      answerOf<void>((callback) => {
        const listened = server.emit(
          'newSession',
          Buffer.from(id, 'hex'),
          Buffer.from(session),
          () => callback(),
        )
        if (!listened) callback()
      }, ignore),
    take: (id): MaybePromise<Uint8Array | undefined> =>
      answerOf<Uint8Array | undefined>((callback) => {
        const answer = (error: Error | null, session?: Uint8Array | null) =>
          callback(error, session ?? undefined)
        if (!server.emit('resumeSession', Buffer.from(id, 'hex'), answer)) callback()
      }, ignore),
  }
  return statefulTickets({ crypto: context.crypto, store, clock, lifetime: context.sessionTimeout })
}

/** A second answer changes nothing; node:tls ignores it too. */
function ignore(): void {}

/**
 * What a connection does, as typed events. `inspect`, a page, a scanner and golden tests are all views of this stream.
 *
 * The engine makes an event only where somebody listens. Bytes are views of what was sent and received: copy what must
 * outlive the callback. Secrets stand in an event only where the caller asked for them (`traceSecrets`).
 * `annotate` in `handfast/trace` turns the bytes of a message into named fields; `schema.json` beside it is the JSON form.
 */
import type { Check, Verdict } from '@handfast/x509'
import type { KeyExchange } from '../codec/messages12.ts'
import type { Blame } from '../errors.ts'

export type Direction = 'sent' | 'received'
export type Role = 'client' | 'server'

interface Base {
  /** Milliseconds, by the connection's clock. */
  readonly time: number
  /** Whose view this is. */
  readonly role: Role
}

/** A record as it crossed the wire (RFC 8446 §5). */
export interface RecordEvent extends Base {
  readonly type: 'record'
  readonly direction: Direction
  /** The type in the header: `application_data` for every protected record. */
  readonly contentType: string
  /** The type inside of the protection; equal to `contentType` where there is none. */
  readonly innerType: string
  /** The keys that protect it: none, those of the handshake, or those of the application's data. */
  readonly protection: 'plaintext' | 'early' | 'handshake' | 'application'
  /** How often the application keys of this direction were updated; 0 before. */
  readonly generation: number
  readonly sequenceNumber: number
  /** Header and fragment, as on the wire. */
  readonly bytes: Uint8Array
  /** What the fragment holds, protection, type and padding removed. */
  readonly content: Uint8Array
  /** Zeros that were added inside (RFC 8446 §5.4). */
  readonly padding: number
  /** Of a protected record of TLS 1.2 and before: bytes of the nonce or IV at the start of its fragment. */
  readonly nonceLength?: number
}

/** A handshake message, whole (RFC 8446 §4). */
export interface MessageEvent extends Base {
  readonly type: 'message'
  readonly direction: Direction
  /** `ClientHello`, `ServerHello`, `HelloRetryRequest`, … */
  readonly name: string
  /** Header and body. */
  readonly bytes: Uint8Array
  readonly protection: 'plaintext' | 'early' | 'handshake' | 'application'
  /** The version, where it is agreed and not TLS 1.3: several messages have another form there. */
  readonly version?: number
  /** Of TLS 1.2 and before, once it is agreed: what the two key exchange messages hold. */
  readonly keyExchange?: KeyExchange
}

/** A step of the key schedule (RFC 8446 §7.1); of TLS 1.2 the PRF, and the key block that is cut into keys (RFC 5246 §6.3, §8.1). */
export interface KeyScheduleEvent extends Base {
  readonly type: 'keySchedule'
  /** What comes out, in the RFC's words: `Early Secret`, `client_handshake_traffic_secret`, `server_write_key`. */
  readonly name: string
  readonly operation:
    | 'HKDF-Extract'
    | 'HKDF-Expand-Label'
    | 'Derive-Secret'
    | 'HMAC'
    | 'PRF'
    | 'SSL 3.0'
    | 'partition'
  /** The hash that HKDF works with. */
  readonly hash: string
  /** The secret that goes in, by name; for HKDF-Extract the salt, then the input keying material. */
  readonly from: readonly string[]
  /** For Derive-Secret and HKDF-Expand-Label, without "tls13 ". */
  readonly label?: string
  /** The messages in the transcript hash, in order, by name. */
  readonly transcript?: readonly string[]
  readonly transcriptHash?: Uint8Array
  /** Bytes of the output. */
  readonly length: number
  /** The output: a secret, there only where the caller asked for secrets. */
  readonly value?: Uint8Array
}

/** A choice between what was offered. */
export interface DecisionEvent extends Base {
  readonly type: 'decision'
  readonly what:
    | 'version'
    | 'cipher suite'
    | 'group'
    | 'key share'
    | 'signature scheme'
    | 'application protocol'
    | 'certificate'
    | 'certificate compression'
    | 'resumption'
    | 'pre-shared key'
    | 'hello retry'
    | 'client authentication'
    | 'early data'
    | 'record size limit'
    | 'renegotiation'
  /** Who chose. */
  readonly by: Role
  /** The names from which it was chosen. */
  readonly offered: readonly string[]
  /** What was chosen, by name. */
  readonly chosen: string
  readonly why: string
  readonly section: string
}

/** Something that was verified, or was not. */
export interface CheckEvent extends Base, Check {
  readonly type: 'check'
}

/** What the certificate check found, as a whole. */
export interface VerdictEvent extends Base {
  readonly type: 'verdict'
  /** Whose certificate. */
  readonly of: Role
  readonly verdict: Verdict
}

export interface AlertEvent extends Base {
  readonly type: 'alert'
  readonly direction: Direction
  readonly level: string
  readonly description: string
}

/** The handshake came to a named step, or the connection to a new state. */
export interface StateEvent extends Base {
  readonly type: 'state'
  /** What it now does or waits for, in words: `waiting for ServerHello`, `connected`, `closed`. */
  readonly step: string
}

/** New keys are in force for one direction. */
export interface KeysEvent extends Base {
  readonly type: 'keys'
  readonly direction: Direction
  readonly protection: 'early' | 'handshake' | 'application'
  /** How often the application keys of this direction were updated; 0 at first. */
  readonly generation: number
  /** The version, where it is not TLS 1.3: there one set of keys protects the Finished and the data. */
  readonly version?: number
}

/** A session that can be resumed was received, or issued. */
export interface SessionEvent extends Base {
  readonly type: 'session'
  readonly direction: Direction
  /** Seconds. */
  readonly lifetime: number
  /** Bytes of the ticket. */
  readonly ticketLength: number
  /** Up to TLS 1.2: it is no ticket but a session id, by which the server knows the session (RFC 5246 §7.4.1.2). */
  readonly byId?: true
}

/** The connection failed; nothing comes after this but the transport's end. */
export interface FailureEvent extends Base {
  readonly type: 'failure'
  readonly code: string
  readonly blame: Blame
  readonly message: string
  readonly alert?: string
  /** The alert that the peer sent, where that is what ended the connection. */
  readonly received?: string
  readonly section: string
  readonly help: string
  /** Where the handshake stood. */
  readonly step: string
}

/** What only an adapter knows: name resolution, the transport, the first bytes of a protocol above. */
export interface TransportEvent extends Base {
  readonly type: 'transport'
  readonly what: 'resolved' | 'connected' | 'starttls' | 'ended' | 'failed'
  readonly detail: string
}

export type TraceEvent =
  | RecordEvent
  | MessageEvent
  | KeyScheduleEvent
  | DecisionEvent
  | CheckEvent
  | VerdictEvent
  | AlertEvent
  | StateEvent
  | KeysEvent
  | SessionEvent
  | FailureEvent
  | TransportEvent

type WithoutBase<E> = E extends TraceEvent ? Omit<E, 'time' | 'role'> : never
/** An event before the connection adds its time and role. */
export type TraceBody = WithoutBase<TraceEvent>

export type TraceListener = (event: TraceEvent) => void

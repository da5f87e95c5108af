/** What a connection tells its adapter; asked for with `nextEvent()`. */

import type { Verdict } from '@handfast/x509'
import type { ConnectionInfo } from './config.ts'
import type { TlsError } from './errors.ts'
import type { Session } from './session/session.ts'

export type ConnectionEvent =
  /** The handshake is complete: data may flow in both directions. */
  | { readonly type: 'handshakeComplete'; readonly info: ConnectionInfo }
  /** Application data. The bytes may be a view of what was received: use or copy them before the next `receive`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /**
   * Data that a client sent before the handshake was complete (server). It may be a replay, and nothing shows yet that the
   * client is there: do with it only what may be done twice. What is written in answer goes out at once.
   */
  | { readonly type: 'earlyData'; readonly data: Uint8Array }
  /**
   * A session that a later connection can resume (client). Up to TLS 1.2 it comes with the handshake, and so **before**
   * `handshakeComplete`, where a program may want it at once; in TLS 1.3 after it, and again for each ticket.
   */
  | { readonly type: 'session'; readonly session: Session }
  /** The client answered a request for its certificate after the handshake (server); an empty chain where it has none. */
  | {
      readonly type: 'clientCertificate'
      readonly chain: readonly Uint8Array[]
      readonly verdict: Verdict | undefined
    }
  /** The peer sends nothing more: close_notify. We may still send. */
  | { readonly type: 'closeNotify' }
  /** The connection failed: this is its last event, and every call answers with this error from now on. */
  | { readonly type: 'failed'; readonly error: TlsError }

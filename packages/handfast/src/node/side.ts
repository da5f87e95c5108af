/** What a socket needs of its role: how it makes the engine's end, and what it does with the outcome. */

import type { ConnectionInfo } from '../config.ts'
import type { Connection } from '../connection.ts'
import type { TlsError } from '../errors.ts'
import type { SecureContext } from './secureContext.ts'
import type { Verification } from './verification.ts'

export interface Side {
  readonly isServer: boolean
  readonly context: SecureContext
  /** What was found about the peer; undefined where it is not asked who it is. */
  readonly verification: Verification | undefined
  /** Code points of the signature schemes that both ends have; empty where nobody asked. */
  readonly sharedSignatureSchemes: readonly number[]
  /** Set before `open()`: prints the trace. */
  enableTrace: boolean
  open(): Connection
  /** The handshake is complete: tells the program. */
  complete(info: ConnectionInfo): void
  /** The error that the program sees for one of the engine's. */
  explain(error: TlsError): Error
  /** The error for a transport that ended or was closed during the handshake. */
  earlyEnd(): Error
}

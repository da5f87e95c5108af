/** What a protocol brings: how its peers agree that TLS begins. */
import type { Conversation } from './conversation.ts'

export interface DialogueContext {
  /** The name that the certificate will be checked for. */
  readonly serverName: string
  /** Our own address. */
  readonly localAddress: string
}

/** Speaks until the server has agreed to TLS. @throws CommandError (connection) where it does not */
export type Dialogue = (conversation: Conversation, context: DialogueContext) => Promise<void>

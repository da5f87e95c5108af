import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty, named, rest } from '../wire.ts'

/** RFC 5077 §3.2: a client's ticket, or an empty one that asks for one; a server promises one. */
export const sessionTicket = defineExtension(ExtensionType.session_ticket, 'RFC 5077 §3.2', {
  ClientHello: named('ticket', rest),
  ServerHello12: empty,
})

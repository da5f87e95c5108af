import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty } from '../wire.ts'

/** RFC 8446 §4.2.6: the client is ready to be asked for a certificate later. */
export const postHandshakeAuth = defineExtension(
  ExtensionType.post_handshake_auth,
  'RFC 8446 §4.2.6',
  { ClientHello: empty },
)

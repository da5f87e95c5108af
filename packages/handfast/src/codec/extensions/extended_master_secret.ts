import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty } from '../wire.ts'

/** RFC 7627 §5.1: the master secret is bound to the whole handshake. */
export const extendedMasterSecret = defineExtension(
  ExtensionType.extended_master_secret,
  'RFC 7627 §5.1',
  { ClientHello: empty, ServerHello12: empty },
)

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { list, named, opaque, struct, uint16, uint32 } from '../wire.ts'

const PskIdentity = struct('PskIdentity', 'RFC 8446 §4.2.11', {
  identity: opaque(1, 65_535),
  obfuscatedTicketAge: uint32,
})

/** The binders stand last in the ClientHello and cover all that is before them (§4.2.11.2). */
export const PskBinders = list(opaque(32, 255), 33, 65_535, 'PskBinderEntry')

/** RFC 8446 §4.2.11: the keys that the client would resume with, and the one that the server took. */
export const preSharedKey = defineExtension(ExtensionType.pre_shared_key, 'RFC 8446 §4.2.11', {
  ClientHello: struct('OfferedPsks', 'RFC 8446 §4.2.11', {
    identities: list(PskIdentity, 7, 65_535),
    binders: PskBinders,
  }),
  ServerHello: named('selected_identity', uint16),
})

import { defineExtension } from '../extension.ts'
import { ExtensionType, namedGroups } from '../registry.ts'
import { enumerated, list, opaque, struct } from '../wire.ts'

const Group = enumerated(namedGroups)

export const KeyShareEntry = struct('KeyShareEntry', 'RFC 8446 §4.2.8', {
  group: Group,
  keyExchange: opaque(1, 65_535),
})

/** RFC 8446 §4.2.8: public keys of the ephemeral exchange. */
export const keyShare = defineExtension(ExtensionType.key_share, 'RFC 8446 §4.2.8', {
  ClientHello: list(KeyShareEntry, 0, 65_535),
  ServerHello: KeyShareEntry,
  HelloRetryRequest: Group,
})

import { defineExtension } from '../extension.ts'
import { ExtensionType, namedGroups, nameOf } from '../registry.ts'
import { count, enumerated, list, named, opaque, shown, struct } from '../wire.ts'

const Group = enumerated(namedGroups)

const KeyShareEntry = shown(
  struct('KeyShareEntry', 'RFC 8446 §4.2.8', {
    group: Group,
    keyExchange: opaque(1, 65_535),
  }),
  ({ group, keyExchange }) =>
    `${nameOf(namedGroups, group)} (${count(keyExchange.length, 'byte')})`,
)

/** RFC 8446 §4.2.8: public keys of the ephemeral exchange. */
export const keyShare = defineExtension(ExtensionType.key_share, 'RFC 8446 §4.2.8', {
  ClientHello: named('client_shares', list(KeyShareEntry, 0, 65_535)),
  ServerHello: named('server_share', KeyShareEntry),
  HelloRetryRequest: named('selected_group', Group),
})

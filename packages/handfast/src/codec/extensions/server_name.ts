import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { asciiOf, empty, list, named, opaque, shown, struct, uint8 } from '../wire.ts'

/** RFC 6066 §3: the name that the client wants to talk to. Only `host_name` (0) was ever defined. */
const ServerName = shown(
  struct('ServerName', 'RFC 6066 §3', {
    nameType: shown(uint8, (type) => (type === 0 ? 'host_name' : String(type))),
    hostName: opaque(1, 65_535, true),
  }),
  ({ hostName }) => asciiOf(hostName),
)

export const serverName = defineExtension(ExtensionType.server_name, 'RFC 6066 §3', {
  ClientHello: named('server_name_list', list(ServerName, 1, 65_535)),
  ServerHello12: empty,
  EncryptedExtensions: empty,
})

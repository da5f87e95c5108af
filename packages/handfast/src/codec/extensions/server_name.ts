import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty, list, opaque, struct, uint8 } from '../wire.ts'

/** RFC 6066 §3: the name that the client wants to talk to. Only `host_name` (0) was ever defined. */
const ServerName = struct('ServerName', 'RFC 6066 §3', {
  nameType: uint8,
  hostName: opaque(1, 65_535, true),
})

export const serverName = defineExtension(ExtensionType.server_name, 'RFC 6066 §3', {
  ClientHello: list(ServerName, 1, 65_535),
  EncryptedExtensions: empty,
})

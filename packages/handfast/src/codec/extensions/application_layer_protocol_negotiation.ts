import { hexOf } from '../bytes.ts'
import { defineExtension } from '../extension.ts'
import { ExtensionType, isGrease } from '../registry.ts'
import { asciiOf, list, named, opaque, shown } from '../wire.ts'

/** RFC 8701 §2: two equal bytes 0x0a … 0xfa are a reserved name that a server must ignore. */
const ProtocolName = shown(opaque(1, 255), (name) =>
  name.length === 2 && isGrease(name[0]! * 256 + name[1]!)
    ? `GREASE (0x${hexOf(name)})`
    : asciiOf(name),
)
const ProtocolNameList = named('protocol_name_list', list(ProtocolName, 2, 65_535, 'ProtocolName'))

/** RFC 7301 §3.1: application protocols; the server's list has exactly one entry. */
export const applicationLayerProtocolNegotiation = defineExtension(
  ExtensionType.application_layer_protocol_negotiation,
  'RFC 7301 §3.1',
  {
    ClientHello: ProtocolNameList,
    ServerHello12: ProtocolNameList,
    EncryptedExtensions: ProtocolNameList,
  },
)

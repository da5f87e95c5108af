import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { list, opaque } from '../wire.ts'

const ProtocolNameList = list(opaque(1, 255, true), 2, 65_535, 'ProtocolName')

/** RFC 7301 §3.1: application protocols; the server's list has exactly one entry. */
export const applicationLayerProtocolNegotiation = defineExtension(
  ExtensionType.application_layer_protocol_negotiation,
  'RFC 7301 §3.1',
  { ClientHello: ProtocolNameList, EncryptedExtensions: ProtocolNameList },
)

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { named, opaque } from '../wire.ts'

const RenegotiatedConnection = named('renegotiated_connection', opaque(0, 255))

/** RFC 5746 §3.2: in the first handshake empty; this library makes no other. */
export const renegotiationInfo = defineExtension(
  ExtensionType.renegotiation_info,
  'RFC 5746 §3.2',
  { ClientHello: RenegotiatedConnection, ServerHello12: RenegotiatedConnection },
)

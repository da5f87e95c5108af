import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty, uint32 } from '../wire.ts'

/** RFC 8446 §4.2.10: data in the first flight. */
export const earlyData = defineExtension(ExtensionType.early_data, 'RFC 8446 §4.2.10', {
  ClientHello: empty,
  EncryptedExtensions: empty,
  NewSessionTicket: uint32,
})

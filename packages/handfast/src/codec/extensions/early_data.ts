import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty, named, quantity, uint32 } from '../wire.ts'

/** RFC 8446 §4.2.10: data in the first flight. */
export const earlyData = defineExtension(ExtensionType.early_data, 'RFC 8446 §4.2.10', {
  ClientHello: empty,
  EncryptedExtensions: empty,
  NewSessionTicket: named('max_early_data_size', quantity(uint32, 'byte')),
})

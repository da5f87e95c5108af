import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { named, quantity, uint16 } from '../wire.ts'

const RecordSizeLimit = named('record_size_limit', quantity(uint16, 'byte'))

/** RFC 8449 §4: the largest TLSInnerPlaintext (content, type and padding) that the sender will receive, in bytes. */
export const recordSizeLimit = defineExtension(ExtensionType.record_size_limit, 'RFC 8449 §4', {
  ClientHello: RecordSizeLimit,
  ServerHello12: RecordSizeLimit,
  EncryptedExtensions: RecordSizeLimit,
})

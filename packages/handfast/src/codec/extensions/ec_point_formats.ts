import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { list, named, shown, uint8 } from '../wire.ts'

const ECPointFormat = shown(uint8, (format) =>
  format === 0 ? 'uncompressed' : `0x${format.toString(16).padStart(2, '0')}`,
)
const ECPointFormatList = named(
  'ec_point_format_list',
  list(ECPointFormat, 1, 255, 'ECPointFormat'),
)

/** RFC 8422 §5.1.2: only `uncompressed` is left. */
export const ecPointFormats = defineExtension(ExtensionType.ec_point_formats, 'RFC 8422 §5.1.2', {
  ClientHello: ECPointFormatList,
  ServerHello12: ECPointFormatList,
})

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { count, named, rest, shown } from '../wire.ts'

/** RFC 7685: zeros that bring a ClientHello to a size that some middlebox can bear. */
export const padding = defineExtension(ExtensionType.padding, 'RFC 7685 §3', {
  ClientHello: named(
    'padding',
    shown(rest, (zeros) => count(zeros.length, 'byte')),
  ),
})

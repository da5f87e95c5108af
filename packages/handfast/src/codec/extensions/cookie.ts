import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { named, opaque } from '../wire.ts'

const Cookie = named('cookie', opaque(1, 65_535))

/** RFC 8446 §4.2.2: what the server wants back in the second ClientHello. */
export const cookie = defineExtension(ExtensionType.cookie, 'RFC 8446 §4.2.2', {
  ClientHello: Cookie,
  HelloRetryRequest: Cookie,
})

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { count, named, shown, uint8 } from '../wire.ts'

/** RFC 6066 §4: 1 stands for 512 bytes, each further one for twice as many, up to 4. */
const MaxFragmentLength = named(
  'max_fragment_length',
  shown(uint8, (code) =>
    code >= 1 && code <= 4 ? count(2 ** (8 + code), 'byte') : `0x${code.toString(16)}`,
  ),
)

/** RFC 6066 §4: both sides send no larger records than that; the server repeats what it agrees to. */
export const maxFragmentLength = defineExtension(ExtensionType.max_fragment_length, 'RFC 6066 §4', {
  ClientHello: MaxFragmentLength,
  ServerHello12: MaxFragmentLength,
  EncryptedExtensions: MaxFragmentLength,
})

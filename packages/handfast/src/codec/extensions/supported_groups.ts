import { defineExtension } from '../extension.ts'
import { ExtensionType, namedGroups } from '../registry.ts'
import { enumerated, list, named } from '../wire.ts'

const NamedGroupList = named('named_group_list', list(enumerated(namedGroups), 2, 65_535))

/** RFC 8446 §4.2.7: key exchange groups, the preferred first. A server may tell a client its own for next time. */
export const supportedGroups = defineExtension(ExtensionType.supported_groups, 'RFC 8446 §4.2.7', {
  ClientHello: NamedGroupList,
  EncryptedExtensions: NamedGroupList,
})

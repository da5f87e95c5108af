import { defineExtension } from '../extension.ts'
import { ExtensionType, namedGroups } from '../registry.ts'
import { enumerated, list, named } from '../wire.ts'

const NamedGroupList = named('named_group_list', list(enumerated(namedGroups), 2, 65_535))

/**
 * RFC 8446 §4.2.7: key exchange groups, the preferred first. A server may tell a client its own for next time. In a
 * ServerHello of TLS 1.2 it has no meaning (RFC 8422 §5.2 knows ec_point_formats only), but some servers send it there.
 */
export const supportedGroups = defineExtension(ExtensionType.supported_groups, 'RFC 8446 §4.2.7', {
  ClientHello: NamedGroupList,
  ServerHello12: NamedGroupList,
  EncryptedExtensions: NamedGroupList,
})

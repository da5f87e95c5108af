import { defineExtension } from '../extension.ts'
import { ExtensionType, protocolVersions } from '../registry.ts'
import { enumerated, list, named } from '../wire.ts'

const Version = enumerated(protocolVersions)

/** RFC 8446 §4.2.1: which versions a client has, and which one the server chose. */
export const supportedVersions = defineExtension(
  ExtensionType.supported_versions,
  'RFC 8446 §4.2.1',
  {
    ClientHello: named('versions', list(Version, 2, 254)),
    ServerHello: named('selected_version', Version),
    HelloRetryRequest: named('selected_version', Version),
  },
)

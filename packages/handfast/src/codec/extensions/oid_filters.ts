import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { list, named, opaque, struct } from '../wire.ts'

const OidFilter = struct('OIDFilter', 'RFC 8446 §4.2.5', {
  certificateExtensionOid: opaque(1, 255),
  certificateExtensionValues: opaque(0, 65_535),
})

/** RFC 8446 §4.2.5: values that a client's certificate must have. */
export const oidFilters = defineExtension(ExtensionType.oid_filters, 'RFC 8446 §4.2.5', {
  CertificateRequest: named('filters', list(OidFilter, 0, 65_535)),
})

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { list, named, opaque } from '../wire.ts'

const DistinguishedNames = named(
  'authorities',
  list(opaque(1, 65_535), 3, 65_535, 'DistinguishedName'),
)

/** RFC 8446 §4.2.4: names (DER) of the authorities that the sender trusts. */
export const certificateAuthorities = defineExtension(
  ExtensionType.certificate_authorities,
  'RFC 8446 §4.2.4',
  { ClientHello: DistinguishedNames, CertificateRequest: DistinguishedNames },
)

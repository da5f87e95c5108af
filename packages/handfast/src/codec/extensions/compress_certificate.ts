import { defineExtension } from '../extension.ts'
import { certificateCompressionAlgorithms, ExtensionType } from '../registry.ts'
import { enumerated, list, named } from '../wire.ts'

const Algorithms = named('algorithms', list(enumerated(certificateCompressionAlgorithms), 2, 254))

/** RFC 8879 §3: how the sender can unpack certificates. */
export const compressCertificate = defineExtension(
  ExtensionType.compress_certificate,
  'RFC 8879 §3',
  { ClientHello: Algorithms, CertificateRequest: Algorithms },
)

import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty, list, opaque } from '../wire.ts'

/** RFC 6962 §3.3: proofs that the certificate was logged. */
export const signedCertificateTimestamp = defineExtension(
  ExtensionType.signed_certificate_timestamp,
  'RFC 6962 §3.3',
  {
    ClientHello: empty,
    CertificateRequest: empty,
    Certificate: list(opaque(1, 65_535), 1, 65_535, 'SerializedSCT'),
  },
)

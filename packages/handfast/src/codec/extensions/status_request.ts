import { defineExtension } from '../extension.ts'
import { certificateStatusTypes, ExtensionType } from '../registry.ts'
import { empty, enumerated, opaque, rest, struct } from '../wire.ts'

const CertificateStatusRequest = struct('CertificateStatusRequest', 'RFC 6066 §8', {
  statusType: enumerated(certificateStatusTypes),
  request: rest,
})

/** In TLS 1.3 an extension of the certificate, before that a message (RFC 6066 §8). */
export const CertificateStatus = struct('CertificateStatus', 'RFC 6066 §8', {
  statusType: enumerated(certificateStatusTypes),
  response: opaque(1, 0xff_ffff),
})

/** RFC 6066 §8, RFC 8446 §4.4.2.1: a stapled OCSP response, asked for and given. */
export const statusRequest = defineExtension(ExtensionType.status_request, 'RFC 8446 §4.4.2.1', {
  ClientHello: CertificateStatusRequest,
  ServerHello12: empty,
  // Empty by RFC 8446 §4.4.2.1; Go's crypto/tls always sends it so.
  CertificateRequest: empty,
  Certificate: CertificateStatus,
})

import { defineExtension } from '../extension.ts'
import { certificateStatusTypes, ExtensionType } from '../registry.ts'
import { enumerated, opaque, rest, struct } from '../wire.ts'

const CertificateStatusRequest = struct('CertificateStatusRequest', 'RFC 6066 §8', {
  statusType: enumerated(certificateStatusTypes),
  request: rest,
})

/** RFC 6066 §8, RFC 8446 §4.4.2.1: a stapled OCSP response, asked for and given. */
export const statusRequest = defineExtension(ExtensionType.status_request, 'RFC 8446 §4.4.2.1', {
  ClientHello: CertificateStatusRequest,
  CertificateRequest: CertificateStatusRequest,
  Certificate: struct('CertificateStatus', 'RFC 6066 §8', {
    statusType: enumerated(certificateStatusTypes),
    response: opaque(1, 0xff_ffff),
  }),
})

import { defineExtension } from '../extension.ts'
import { CertificateStatusType, certificateStatusTypes, ExtensionType } from '../registry.ts'
import { decode, empty, enumerated, list, opaque, rest, struct } from '../wire.ts'

const OCSPStatusRequest = struct('OCSPStatusRequest', 'RFC 6066 §8', {
  responderIdList: list(opaque(1, 65_535), 0, 65_535, 'ResponderID'),
  requestExtensions: opaque(0, 65_535),
})
const AnyStatusRequest = struct('CertificateStatusRequest', 'RFC 6066 §8', {
  statusType: enumerated(certificateStatusTypes),
  request: rest,
})

/** Nobody reads what is asked for in particular, but what cannot be read ends the connection (RFC 8446 §6). */
const CertificateStatusRequest: typeof AnyStatusRequest = {
  ...AnyStatusRequest,
  decode(reader) {
    const value = AnyStatusRequest.decode(reader)
    if (value.statusType === CertificateStatusType.ocsp) decode(OCSPStatusRequest, value.request)
    return value
  },
}

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

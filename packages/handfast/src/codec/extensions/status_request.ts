import { defineExtension } from '../extension.ts'
import { DecodeError } from '../fields.ts'
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
    if (value.statusType !== CertificateStatusType.ocsp) return value
    try {
      decode(OCSPStatusRequest, value.request)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      // Offsets are of what `reader` reads.
      reader.fail(error.why)
    }
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

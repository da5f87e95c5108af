import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { signatureSchemes } from '../signatureScheme.ts'
import {
  empty,
  enumerated,
  fixed,
  list,
  named,
  opaque,
  opaqueHolding,
  shown,
  struct,
  uint8,
} from '../wire.ts'

/** RFC 6962 §3.2; its hash and signature algorithms are what RFC 8446 reads as one SignatureScheme. */
const SignedCertificateTimestamp = struct('SignedCertificateTimestamp', 'RFC 6962 §3.2', {
  sctVersion: shown(uint8, (version) => `v${version + 1}`),
  logId: fixed(32),
  timestamp: shown(fixed(8), showTime),
  extensions: opaque(0, 65_535),
  algorithm: enumerated(signatureSchemes),
  signature: opaque(0, 65_535),
})

/** Milliseconds since 1970, to a date of the calendar where there is one. */
function showTime(bytes: Uint8Array): string {
  const milliseconds = bytes.reduce((value, byte) => value * 256 + byte, 0)
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? `${milliseconds} milliseconds` : date.toISOString()
}

const SerializedSct = opaqueHolding(SignedCertificateTimestamp, 1, 65_535)
const SerializedScts = named('sct_list', list(SerializedSct, 1, 65_535, 'SerializedSCT'))

/** RFC 6962 §3.3: proofs that the certificate was logged. */
export const signedCertificateTimestamp = defineExtension(
  ExtensionType.signed_certificate_timestamp,
  'RFC 6962 §3.3',
  {
    ClientHello: empty,
    ServerHello12: SerializedScts,
    CertificateRequest: empty,
    Certificate: SerializedScts,
  },
)

/** SSL 3.0 (RFC 6101), which must not be used (RFC 7568): no extensions, digests of its own in the place of HMAC and PRF. */
import { formsSSL3 } from '../codec/messages10.ts'
import { AlertDescription, ExtensionType, ProtocolVersion } from '../codec/registry.ts'
import { blockProtection, type ClassicVersion } from '../handshake/version12.ts'
import { certificateVerifyDigests, prfSSL3, verifyDataSSL3 } from './digestsSSL3.ts'
import { md5Sha1 } from './prf10.ts'
import { rulesSSL3 } from './recordsSSL3.ts'
import { signatures10 } from './signatures10.ts'
import { tls10, tls11 } from './tls10.ts'

/** The alerts that SSL 3.0 has (RFC 6101 §5.4). */
const alerts: ReadonlySet<number> = new Set([
  ...[AlertDescription.close_notify, AlertDescription.unexpected_message],
  ...[AlertDescription.bad_record_mac, AlertDescription.handshake_failure],
  ...[AlertDescription.no_certificate_RESERVED, AlertDescription.bad_certificate],
  ...[AlertDescription.unsupported_certificate, AlertDescription.certificate_revoked],
  ...[AlertDescription.certificate_expired, AlertDescription.certificate_unknown],
  ...[AlertDescription.illegal_parameter, AlertDescription.no_renegotiation],
])

/** What says nearly the same. */
const instead: ReadonlyMap<number, number> = new Map([
  [AlertDescription.unknown_ca, AlertDescription.bad_certificate],
  [AlertDescription.decode_error, AlertDescription.illegal_parameter],
  [AlertDescription.record_overflow, AlertDescription.illegal_parameter],
  // RFC 7507 §3 defines it for every version.
  [AlertDescription.inappropriate_fallback, AlertDescription.inappropriate_fallback],
])

export const ssl30: ClassicVersion = {
  ...tls10,
  version: ProtocolVersion.SSL3,
  prf: prfSSL3,
  operation: 'SSL 3.0',
  verifyData: verifyDataSSL3,
  forms: formsSSL3,
  signatures: {
    ...signatures10((content, { name }) =>
      name === 'CertificateVerify' ? content : (md5Sha1.digest(content) as Uint8Array),
    ),
    transcriptToSign: (_, master, transcript) => certificateVerifyDigests(master, transcript),
  },
  hasSuite: (suite) => tls11.hasSuite(suite) && ['RSA', 'DHE'].includes(suite.keyExchange),
  // RFC 5746 §4.5: the one extension that its ServerHello may carry all the same.
  extensions: [ExtensionType.renegotiation_info],
  noCertificateAlert: AlertDescription.no_certificate_RESERVED,
  alert: (description) =>
    alerts.has(description)
      ? description
      : (instead.get(description) ?? AlertDescription.handshake_failure),
  *protection(crypto, { protection }, keys) {
    if (protection.kind !== 'block') throw new TypeError('SSL 3.0 has block ciphers only')
    const options = { version: ProtocolVersion.SSL3, firstIv: keys.iv, rules: rulesSSL3 }
    return yield* blockProtection(crypto, protection, keys, { ...options, encryptThenMac: false })
  },
}

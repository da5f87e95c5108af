/** The list of signed certificate timestamps embedded in a certificate (RFC 6962 §3.3): TLS encoding inside DER. */
import { DerReader } from '../der.ts'

/**
 * The `SerializedSCT` bodies, in order; at least one, none empty.
 *
 * @param der the value of the extension: of a certificate (where `signedCertificateTimestamps` has done it already), or
 * of an OCSP response about one (1.3.6.1.4.1.11129.2.4.5)
 * @throws X509Error when the bytes are no such list
 */
export function parseTimestampList(der: Uint8Array): readonly Uint8Array[] {
  const reader = new DerReader(der, 'signedCertificateTimestampList')
  const list = reader.octetString('SignedCertificateTimestampList')
  reader.finish()
  const length16 = (offset: number): number => ((list[offset] ?? 0) << 8) | (list[offset + 1] ?? 0)
  if (list.length < 2 || length16(0) !== list.length - 2) {
    throw reader.error('list has not the length it says')
  }
  const timestamps: Uint8Array[] = []
  for (let offset = 2; offset < list.length; ) {
    const start = offset + 2
    const end = start + length16(offset)
    if (end > list.length || end === start)
      throw reader.error('timestamp has not the length it says')
    timestamps.push(list.subarray(start, end))
    offset = end
  }
  if (timestamps.length === 0) throw reader.error('list is empty')
  return timestamps
}

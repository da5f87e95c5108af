/** Certificate timestamps that came within a stapled OCSP response (RFC 6962 §3.3). */
import { parseOcspResponse, X509Error } from '@handfast/x509'
import { parseTimestampList } from '@handfast/x509/transparency'

/** The extension of a SingleResponse that holds a SignedCertificateTimestampList. */
const timestampsOid = '1.3.6.1.4.1.11129.2.4.5'

/**
 * The SerializedSCTs of a response, whatever certificate each is about: their signatures tell.
 * @param der an OCSPResponse; one that cannot be read has no timestamps, and what else that means is for the check of
 * revocation to say
 */
export function timestampsOfOcsp(der: Uint8Array | undefined): readonly Uint8Array[] {
  if (der === undefined) return []
  try {
    return parseOcspResponse(der)
      .responses.flatMap(({ extensions }) => extensions)
      .filter(({ oid }) => oid === timestampsOid)
      .flatMap(({ value }) => parseTimestampList(value))
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    return []
  }
}

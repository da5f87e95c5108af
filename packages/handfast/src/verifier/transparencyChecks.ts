/** Do public logs know the certificate? By the timestamps in it, in the handshake, and in the stapled OCSP response. */
import { checkTransparency } from '@handfast/x509/transparency'
import type { VerifierPart } from './certificateVerifierOf.ts'
import { timestampsOfOcsp } from './ocspTimestamps.ts'

/** The part of a verifier for its option `transparency`. */
export const transparencyChecks: VerifierPart = {
  option: 'transparency',
  checks({ crypto, transparency }, { ocspResponse, signedCertificateTimestamps: tlsTimestamps }) {
    if (transparency === undefined) return []
    const ocspTimestamps = timestampsOfOcsp(ocspResponse)
    const sha256 = crypto.hashes.sha256.digest
    return [checkTransparency({ ...transparency, sha256, tlsTimestamps, ocspTimestamps })]
  },
}

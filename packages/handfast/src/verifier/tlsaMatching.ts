/** Does a TLSA record of the server's name match (RFC 6698)? */
import { verifyWithTlsa } from '@handfast/x509/dane'
import type { VerifierPart } from './certificateVerifierOf.ts'

/** The part of a verifier for its option `tlsaRecords`. */
export const tlsaMatching: VerifierPart = {
  option: 'tlsaRecords',
  verify({ crypto, tlsaRecords: records = [] }, { role }, input) {
    if (records.length === 0 || role === 'client') return undefined
    const { sha256, sha512 } = crypto.hashes
    const digests = { sha256: sha256.digest, sha512: sha512.digest }
    return verifyWithTlsa(input, { records, digests })
  },
}

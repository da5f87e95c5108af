/** Was the certificate withdrawn? By the stapled OCSP response, and the lists and responses that the caller has. */
import { checkRevocation, type PathCheck } from '@handfast/x509'
import { ExtensionType } from '../codec/registry.ts'
import type { VerifierPart } from './certificateVerifierOf.ts'

/** The part of a verifier for its option `revocation`, and for certificates that demand a stapled response (RFC 7633). */
export const revocationChecks: VerifierPart = {
  option: 'revocation',
  checks({ crypto, revocation }, { ocspResponse, ocspRequested }) {
    const { sha256, sha1 } = crypto.hashes
    const digests = { sha256: sha256.digest, ...(sha1 && { sha1: sha1.digest }) }
    const stapled = ocspResponse && { stapledOcspResponse: ocspResponse }
    if (revocation !== undefined) return [checkRevocation({ ...revocation, ...stapled, digests })]
    if (ocspRequested !== true) return []
    return [whereDemanded(checkRevocation({ policy: 'prefer', ...stapled, digests }))]
  },
}

/** RFC 7633 §4: a server offers what its certificate says that it does, of what the client asked for. */
const whereDemanded =
  (check: PathCheck): PathCheck =>
  (path, context) =>
    path.certificates[0]?.tlsFeature?.includes(ExtensionType.status_request) === true
      ? check(path, context)
      : undefined

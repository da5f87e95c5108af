/** The default judge of certificates, with every part that a verifier may have. */
import { parseCertificate } from '@handfast/x509'
import type { CertificateVerifier } from './config.ts'
import {
  type CertificateVerifierOptions,
  certificateVerifierOf,
} from './verifier/certificateVerifierOf.ts'
import { revocationChecks } from './verifier/revocationChecks.ts'
import { tlsaMatching } from './verifier/tlsaMatching.ts'
import { transparencyChecks } from './verifier/transparencyChecks.ts'

/**
 * Makes a verifier that accepts a chain to one of the trust anchors, for the name that was asked for.
 * @throws X509Error `invalid-argument` for pins that are no SHA-256
 */
export function certificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  return certificateVerifierOf([revocationChecks, transparencyChecks, tlsaMatching], options)
}

/** Accepts whoever answers: encryption without knowing with whom. For tests, and for looking at a broken server. */
export const dangerousAcceptAnyCertificate: CertificateVerifier = (peer) => ({
  valid: true,
  path: peer.chain.slice(0, 1).map((der) => parseCertificate(der)),
  checks: [
    {
      what: 'certificate',
      against: 'nothing: the caller accepts any certificate',
      result: 'skipped',
      section: 'RFC 5280 §6',
    },
  ],
  failures: [],
  attempts: [],
})

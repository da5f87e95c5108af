/** The default judge of certificates: path validation by @handfast/x509 with the provider's signatures. */
import {
  parseCertificate,
  type TrustAnchor,
  type TrustStore,
  verifyCertificate,
} from '@handfast/x509'
import type { CertificateVerifier } from './config.ts'
import type { CryptoProvider } from './crypto/provider.ts'

export interface CertificateVerifierOptions {
  readonly crypto: CryptoProvider
  /** Who is trusted. A store made once by `createTrustStore` is quicker than a list. */
  readonly trust: TrustStore | readonly (TrustAnchor | Uint8Array)[]
  /** `webpki` demands what browsers demand; `rfc5280`, the default, suits private authorities too. */
  readonly profile?: 'rfc5280' | 'webpki'
}

/** Makes a verifier that accepts a chain to one of the trust anchors, for the name that was asked for. */
export function certificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  const { crypto, trust, profile } = options
  return (peer) =>
    verifyCertificate({
      certificate: peer.leaf,
      intermediates: peer.chain.slice(1),
      trust,
      time: peer.time,
      usage: peer.role === 'server' ? 'serverAuth' : 'clientAuth',
      verifiers: crypto.signatureVerifiers,
      ...(peer.serverName === undefined ? {} : { name: peer.serverName }),
      ...(profile === undefined ? {} : { profile }),
    })
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

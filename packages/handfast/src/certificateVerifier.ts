/** The default judge of certificates: path validation by @handfast/x509 with the provider's signatures. */
import {
  checkPins,
  checkRevocation,
  type PathCheck,
  type PolicyDemands,
  type Profile,
  parseCertificate,
  type RevocationOptions,
  type TlsaRecord,
  type TransparencyOptions,
  type TrustAnchor,
  type TrustStore,
  type VerifyInput,
  verifyCertificate,
} from '@handfast/x509'
import { verifyWithTlsa } from '@handfast/x509/dane'
import { checkTransparency } from '@handfast/x509/transparency'
import { ExtensionType } from './codec/registry.ts'
import type { CertificateVerifier, PeerCertificate } from './config.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { rememberedSignatures } from './crypto/rememberedSignatures.ts'
import { timestampsOfOcsp } from './ocspTimestamps.ts'

export interface CertificateVerifierOptions {
  readonly crypto: CryptoProvider
  /** Who is trusted. A store made once by `createTrustStore` is quicker than a list. */
  readonly trust: TrustStore | readonly (TrustAnchor | Uint8Array)[]
  /**
   * More than a valid path: `webpki()` of `@handfast/x509/profiles` demands of certificates what browsers do. Default: no
   * more, which suits private authorities too.
   */
  readonly profile?: Profile
  /** Certificate policies that the peer's path has to have (RFC 5280 §6.1.1). Default: what the certificates themselves demand. */
  readonly policies?: PolicyDemands
  /**
   * Whether the certificate was withdrawn: by what the peer stapled, and by the lists and responses that are given here.
   * A session keeps no stapled response: where one is needed, a session is not resumed and a full handshake asks for a
   * fresh one. Default: asked only of a certificate that demands a stapled response (RFC 7633 §4), which is refused
   * without a good one wherever this side asked for it; with the policy `ignore` nobody asks at all.
   */
  readonly revocation?: Omit<RevocationOptions, 'stapledOcspResponse' | 'digests'>
  /**
   * Whether public logs know the certificate: by the timestamps in it, those that the peer sent, and those in the OCSP
   * response that it stapled. Default: nobody asks.
   */
  readonly transparency?: Omit<TransparencyOptions, 'sha256' | 'tlsTimestamps' | 'ocspTimestamps'>
  /** SHA-256 digests of SubjectPublicKeyInfos, one of which has to be in the path. Default: any key will do. */
  readonly pins?: readonly Uint8Array[]
  /**
   * The TLSA records of the server, which came by DNSSEC (RFC 6698): one has to match, as `verifyWithTlsa` says. With
   * one of usage DANE-EE that matches, nothing else but the name is asked. None, the default: they play no part.
   */
  readonly tlsaRecords?: readonly TlsaRecord[]
  /** Demands of your own, made after all others. */
  readonly additionalChecks?: readonly PathCheck[]
}

/**
 * Makes a verifier that accepts a chain to one of the trust anchors, for the name that was asked for.
 * @throws X509Error `invalid-argument` for pins that are no SHA-256
 */
export function certificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  const { crypto, trust, profile, policies, tlsaRecords = [] } = options
  const { sha256, sha512 } = crypto.hashes
  const checksFor = demands(options)
  const verifiers = rememberedSignatures(crypto)
  return (peer) => {
    const input: VerifyInput = {
      certificate: peer.leaf,
      intermediates: peer.chain.slice(1),
      trust,
      time: peer.time,
      usage: peer.role === 'server' ? 'serverAuth' : 'clientAuth',
      verifiers,
      additionalChecks: checksFor(peer),
      ...(peer.serverName === undefined ? {} : { name: peer.serverName }),
      ...(profile === undefined ? {} : { profile }),
      ...(policies === undefined ? {} : { policies }),
    }
    if (tlsaRecords.length === 0 || peer.role === 'client') return verifyCertificate(input)
    const digests = { sha256: sha256.digest, sha512: sha512.digest }
    return verifyWithTlsa(input, { records: tlsaRecords, digests })
  }
}

/** The checks of a peer. What does not depend on it is made once. */
function demands(options: CertificateVerifierOptions): (peer: PeerCertificate) => PathCheck[] {
  const { crypto, revocation, transparency, pins, additionalChecks = [] } = options
  const sha256 = crypto.hashes.sha256.digest
  const sha1 = crypto.hashes.sha1?.digest
  const digests = { sha256, ...(sha1 === undefined ? {} : { sha1 }) }
  const always = [...(pins === undefined ? [] : [checkPins({ pins, sha256 })]), ...additionalChecks]
  return (peer) => {
    const { ocspResponse: stapledOcspResponse, signedCertificateTimestamps: tlsTimestamps } = peer
    const stapled = stapledOcspResponse === undefined ? {} : { stapledOcspResponse }
    const checks: PathCheck[] = []
    if (revocation !== undefined)
      checks.push(checkRevocation({ ...revocation, ...stapled, digests }))
    else if (peer.ocspRequested === true)
      checks.push(whereDemanded(checkRevocation({ policy: 'prefer', ...stapled, digests })))
    if (transparency !== undefined) {
      const ocspTimestamps = timestampsOfOcsp(stapledOcspResponse)
      checks.push(checkTransparency({ ...transparency, sha256, tlsTimestamps, ocspTimestamps }))
    }
    return [...checks, ...always]
  }
}

/** RFC 7633 §4: a server offers what its certificate says that it does, of what the client asked for. */
const whereDemanded =
  (check: PathCheck): PathCheck =>
  (path, context) =>
    path.certificates[0]?.tlsFeature?.includes(ExtensionType.status_request) === true
      ? check(path, context)
      : undefined

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

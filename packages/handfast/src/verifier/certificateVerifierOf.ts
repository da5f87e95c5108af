/** A judge of certificates: path validation by @handfast/x509 with the provider's signatures, and what parts add to it. */
import {
  checkPins,
  type MaybePromise,
  type PathCheck,
  type PolicyDemands,
  type Profile,
  type RevocationOptions,
  type TlsaRecord,
  type TransparencyOptions,
  type TrustAnchor,
  type TrustStore,
  type Verdict,
  type VerifyInput,
  verifyCertificate,
} from '@handfast/x509'
import type { CertificateVerifier, PeerCertificate } from '../config.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { rememberedSignatures } from '../crypto/rememberedSignatures.ts'
import { ConfigurationError } from '../errors.ts'

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

/** What a verifier may do beside path validation: a value, so that what a program does not name falls out of its bundle. */
export interface VerifierPart {
  /** The option that tells it what to do. */
  readonly option: 'revocation' | 'transparency' | 'tlsaRecords'
  /** What it demands of the path of this peer. */
  readonly checks?: (
    options: CertificateVerifierOptions,
    peer: PeerCertificate,
  ) => readonly PathCheck[]
  /** Verifies in place of `verifyCertificate`; undefined where it has nothing to go by. */
  readonly verify?: (
    options: CertificateVerifierOptions,
    peer: PeerCertificate,
    input: VerifyInput,
  ) => MaybePromise<Verdict> | undefined
}

/** The options that belong to parts. */
const optional = ['revocation', 'transparency', 'tlsaRecords'] as const

/**
 * `certificateVerifier` made of the parts that are named: `revocationChecks`, `transparencyChecks`, `tlsaMatching`, and no
 * others. Without `revocationChecks` a certificate that demands a stapled OCSP response is taken without one.
 * @throws X509Error `invalid-argument` for pins that are no SHA-256
 * @throws ConfigurationError `ERR_PART_MISSING` for an option whose part is not named
 */
export function certificateVerifierOf(
  parts: readonly VerifierPart[],
  options: CertificateVerifierOptions,
): CertificateVerifier {
  for (const option of optional)
    if (options[option] !== undefined && !parts.some((part) => part.option === option))
      throw new ConfigurationError(
        'ERR_PART_MISSING',
        `\`${option}\` is given to a verifier that is made without its part`,
      )
  const { crypto, trust, profile, policies, pins, additionalChecks = [] } = options
  const sha256 = crypto.hashes.sha256.digest
  const always = [...(pins === undefined ? [] : [checkPins({ pins, sha256 })]), ...additionalChecks]
  const verifiers = rememberedSignatures(crypto)
  return (peer) => {
    const [certificate = new Uint8Array(0), ...intermediates] = peer.chain
    const checks = parts.flatMap((part) => part.checks?.(options, peer) ?? [])
    const input: VerifyInput = {
      ...{ certificate, intermediates, trust, verifiers },
      time: peer.time,
      usage: peer.role === 'server' ? 'serverAuth' : 'clientAuth',
      additionalChecks: [...checks, ...always],
      ...(peer.serverName === undefined ? {} : { name: peer.serverName }),
      ...(profile === undefined ? {} : { profile }),
      ...(policies === undefined ? {} : { policies }),
    }
    for (const part of parts) {
      const verdict = part.verify?.(options, peer, input)
      if (verdict !== undefined) return verdict
    }
    return verifyCertificate(input)
  }
}

/** Certificates as node:tls shows them: plain objects of texts, each with its issuer where the caller wants to see it. */
import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import type { Verdict } from '@handfast/x509'

/** One certificate, as `getPeerCertificate()` gives it. */
export function legacyCertificate(der: Uint8Array): PeerCertificate {
  return new X509Certificate(der).toLegacyObject()
}

/**
 * The leaf with its issuers below `issuerCertificate`; that of a self-signed root is the root itself.
 * @param chain DER, the leaf first, as the peer sent it
 * @param verdict whose path, where it is a valid one, says which certificates belong together
 */
export function detailedCertificate(
  chain: readonly Uint8Array[],
  verdict: Verdict | undefined,
): DetailedPeerCertificate {
  const path = verdict === undefined ? [] : verdict.path.map(({ der }) => der)
  const ordered = (path.length > 0 ? path : chain).map((der) => new X509Certificate(der))
  const objects = ordered.map(
    (certificate) => certificate.toLegacyObject() as DetailedPeerCertificate,
  )
  objects.forEach((object, i) => {
    const certificate = ordered[i]!
    const issuer = ordered[i + 1]
    if (issuer !== undefined && certificate.checkIssued(issuer))
      object.issuerCertificate = objects[i + 1]!
    else if (certificate.checkIssued(certificate)) object.issuerCertificate = object
  })
  return objects[0]!
}

/** The check of a server's certificate, with what it points at fetched (`--fetch`). */
import { parseCertificate, type TrustStore, X509Error } from '@handfast/x509'
import type { CertificateVerifier } from 'handfast'
import type { Fetcher } from './fetching.ts'
import { judge } from './judge.ts'

export function fetchingVerifier(trust: TrustStore, fetcher: Fetcher): CertificateVerifier {
  return ({ chain: [leaf = new Uint8Array(0), ...others], serverName, ocspResponse }) =>
    judge({
      chain: [parseCertificate(leaf), ...others.flatMap(readable)],
      trust,
      name: serverName,
      usage: 'serverAuth',
      stapled: ocspResponse,
      fetcher,
    })
}

/** What cannot be read is of no help, and no harm: a path goes without it, or there is none. */
function readable(der: Uint8Array) {
  try {
    return [parseCertificate(der)]
  } catch (error) {
    if (error instanceof X509Error) return []
    throw error
  }
}

/** The certificates that are trusted where a program names none: Node's own, parsed when first needed, and once. */
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import { createTrustStore, type TrustStore } from '@handfast/x509'
import { certificatesOf } from './certificates.ts'

/** There since Node 22.15; it knows the system's store and NODE_EXTRA_CA_CERTS where Node was told to use them. */
const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => readonly string[] }

/** Certificates of `NODE_EXTRA_CA_CERTS`, PEM, which `tls.rootCertificates` leaves out. */
function extraCertificates(): readonly string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS
  if (!file) return []
  try {
    return [readFileSync(file, 'utf8')]
  } catch (error) {
    // As Node does: a warning, since a program may do well without them.
    process.emitWarning(`Cannot read the certificates of NODE_EXTRA_CA_CERTS: ${error}`)
    return []
  }
}

let pems: readonly string[] | undefined
let store: TrustStore | undefined

/** PEM, one or more certificates in each. */
export function defaultRootCertificates(): readonly string[] {
  pems ??= getCACertificates?.('default') ?? [...tls.rootCertificates, ...extraCertificates()]
  return pems
}

/** Node's own are one certificate each, in a form that needs no strict reading. */
function toDer(pem: string): readonly Uint8Array[] {
  const [, base64] =
    /^-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----\s*$/.exec(pem) ?? []
  return base64 === undefined
    ? certificatesOf(pem, 'NODE_EXTRA_CA_CERTS')
    : [Uint8Array.from(Buffer.from(base64, 'base64'))]
}

export function defaultTrustStore(): TrustStore {
  store ??= createTrustStore(defaultRootCertificates().flatMap(toDer))
  return store
}

/**
 * Whom a client trusts: the authorities of `--ca`, or else those of SSL_CERT_FILE, or else Mozilla's, which Node
 * carries; in the last two cases those of NODE_EXTRA_CA_CERTS too.
 */
import { rootCertificates } from 'node:tls'
import { createTrustStore, type TrustStore } from '@handfast/x509'
import { usageError } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import { readCertificates } from './files.ts'

export interface Trust {
  readonly store: TrustStore
  /** Where the authorities are from, in words. */
  readonly source: string
}

/** @param ca the files of `--ca`. @throws CommandError (usage) for a file that cannot be used */
export function trustFrom(ca: readonly string[], { env }: Pick<Terminal, 'env'>): Trust {
  if (ca.length > 0) {
    const store = createTrustStore(ca.flatMap((path) => readCertificates('--ca', path)))
    const [odd] = store.rejected
    // The system's store may hold a root that we cannot read; a file that was named must be right.
    if (odd !== undefined)
      throw usageError(`--ca: a certificate cannot be read (${odd.error.message})`)
    return { store, source: ca.join(', ') }
  }
  const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = env
  const roots = SSL_CERT_FILE
    ? readCertificates('SSL_CERT_FILE', SSL_CERT_FILE)
    : rootCertificates.map(
        (pem) => new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')),
      )
  const extra = NODE_EXTRA_CA_CERTS
    ? readCertificates('NODE_EXTRA_CA_CERTS', NODE_EXTRA_CA_CERTS)
    : []
  const source = SSL_CERT_FILE ? SSL_CERT_FILE : "Mozilla's list, as Node carries it"
  return {
    store: createTrustStore([...roots, ...extra]),
    source: extra.length === 0 ? source : `${source}, and ${NODE_EXTRA_CA_CERTS}`,
  }
}

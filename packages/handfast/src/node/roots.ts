/** The certificates that are trusted where a program names none: Node's own, parsed when first needed, and once. */
import { createTrustStore, type TrustStore } from '@handfast/x509'
import { encodePem } from '../pem.ts'
import { certificatesOf } from './certificates.ts'
import { unavailable } from './errors.ts'
import { invalidArgType, invalidArgValue } from './validate.ts'

const tls = process.getBuiltinModule('node:tls')

/** There since Node 22.15; it knows the system's store and NODE_EXTRA_CA_CERTS where Node was told to use them. */
const { getCACertificates: nodeCertificates } = tls as {
  getCACertificates?: (type: CertificateSource) => readonly string[]
}

/** Which certificates, in the words of `tls.getCACertificates()`. */
export type CertificateSource = 'default' | 'system' | 'bundled' | 'extra'

/** Certificates of `NODE_EXTRA_CA_CERTS`, PEM, which `tls.rootCertificates` leaves out. */
function extraCertificates(): readonly string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS
  if (!file) return []
  try {
    return [process.getBuiltinModule('node:fs').readFileSync(file, 'utf8')]
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
  pems ??= nodeCertificates?.('default') ?? [...tls.rootCertificates, ...extraCertificates()]
  return pems
}

/** Trusts these, PEM or DER, in place of what is trusted by default, from now on and in this process. */
export function setDefaultCACertificates(
  certificates: readonly (string | NodeJS.ArrayBufferView)[],
): void {
  if (!Array.isArray(certificates))
    throw invalidArgType('certs', 'an instance of Array', certificates)
  const ders = certificates.flatMap((certificate, i) => certificatesOf(certificate, `certs[${i}]`))
  pems = ders.map((der) => encodePem('CERTIFICATE', der).trimEnd())
  store = createTrustStore(ders)
}

/**
 * PEM of the certificates that are trusted by default, that come with Node, or that NODE_EXTRA_CA_CERTS adds.
 * @throws Error `ERR_FEATURE_UNAVAILABLE` for `system` on a Node that cannot read the system's store (before 22.15)
 */
export function getCACertificates(type: CertificateSource = 'default'): string[] {
  if (type === 'default') return [...defaultRootCertificates()]
  if (nodeCertificates !== undefined) return [...nodeCertificates(type)]
  if (type === 'bundled') return [...tls.rootCertificates]
  if (type === 'extra')
    return extraCertificates()
      .flatMap(toDer)
      .map((der) => encodePem('CERTIFICATE', der).trimEnd())
  if (type === 'system')
    throw unavailable("getCACertificates('system') on this Node", 'it is there since Node 22.15')
  throw invalidArgValue('type', type)
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

/** The channel binding that is made of the server's certificate alone (RFC 5929 §4). */
import { type MaybePromise, parseCertificate, type SignatureAlgorithm } from '@handfast/x509'
import type { CryptoProvider } from './crypto/provider.ts'
import { ConfigurationError } from './errors.ts'

/**
 * `tls-server-end-point`: the certificate under the hash of its own signature, with SHA-256 in place of MD5 and SHA-1.
 * @param certificate DER of the server's: the first of `info.peerCertificates`, or, for a server, of `info.localCertificates`
 * @throws X509Error where it is no certificate
 * @throws ConfigurationError `ERR_NO_CHANNEL_BINDING` for a signature that is of no such hash (Ed25519, ML-DSA)
 */
export function tlsServerEndPoint(
  certificate: Uint8Array,
  { hashes }: Pick<CryptoProvider, 'hashes'>,
): MaybePromise<Uint8Array> {
  const { name } = parseCertificate(certificate).signatureAlgorithm
  const hash = name && hashNames[name]
  if (hash !== undefined) return hashes[hash].digest(certificate)
  throw new ConfigurationError(
    'ERR_NO_CHANNEL_BINDING',
    `tls-server-end-point is not defined for a certificate that is signed with ${name ?? 'an unknown algorithm'}`,
  )
}

const hashNames: { readonly [name in SignatureAlgorithm]?: 'sha256' | 'sha384' | 'sha512' } = {
  'ecdsa-sha1': 'sha256',
  'rsa-pkcs1-sha1': 'sha256',
  'ecdsa-sha256': 'sha256',
  'ecdsa-sha384': 'sha384',
  'ecdsa-sha512': 'sha512',
  'rsa-pkcs1-sha256': 'sha256',
  'rsa-pkcs1-sha384': 'sha384',
  'rsa-pkcs1-sha512': 'sha512',
  'rsa-pss-sha256': 'sha256',
  'rsa-pss-sha384': 'sha384',
  'rsa-pss-sha512': 'sha512',
}

/** Channel bindings (RFC 5929, RFC 9266): values that both ends of one connection, and nobody else, have in common. */
import { parseCertificate, type SignatureAlgorithm, type Steps, settle } from '@handfast/x509'
import { ProtocolVersion } from './codec/registry.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { ConfigurationError } from './errors.ts'
import type { Established } from './handshake/context.ts'
import type { Role } from './trace/events.ts'

export type ChannelBindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'

export function* channelBinding(
  type: ChannelBindingType,
  established: Established,
  role: Role,
  crypto: CryptoProvider,
): Steps<Uint8Array> {
  const { info } = established
  if (type === 'tls-server-end-point') {
    const chain = role === 'client' ? info.peerCertificates : info.localCertificates
    return yield* serverEndPoint(chain[0], crypto)
  }
  // Without it, two connections can have the same master secret (RFC 7627 §1), and so the same binding.
  if (info.version < ProtocolVersion.TLS13 && info.extendedMasterSecret !== true)
    throw none(`${type} needs extended_master_secret, which this connection has not`)
  if (type === 'tls-exporter') {
    const label = 'EXPORTER-Channel-Binding'
    return yield* established.exportKeyingMaterial(label, new Uint8Array(0), 32)
  }
  const { tlsUnique } = established
  if (tlsUnique === undefined)
    throw none('TLS 1.3 has no tls-unique (RFC 8446 §C.5): use tls-exporter')
  return tlsUnique.slice()
}

/** RFC 5929 §4.1: with the hash of the certificate's signature, with SHA-256 in place of MD5 and SHA-1. */
function* serverEndPoint(der: Uint8Array | undefined, crypto: CryptoProvider): Steps<Uint8Array> {
  if (der === undefined) throw none('The server showed no certificate')
  const { name } = parseCertificate(der).signatureAlgorithm
  const hash = name && hashNames[name]
  if (hash === undefined)
    throw none(
      `tls-server-end-point is not defined for a certificate that is signed with ${name ?? 'an unknown algorithm'}`,
    )
  return yield* settle(crypto.hashes[hash].digest(der))
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

function none(message: string): ConfigurationError {
  return new ConfigurationError('ERR_NO_CHANNEL_BINDING', message)
}

/** Channel bindings of keys (RFC 5929 §3, RFC 9266): values that both ends of one connection, and nobody else, have in common. */
import type { Steps } from '@handfast/x509'
import { ProtocolVersion } from './codec/registry.ts'
import { ConfigurationError } from './errors.ts'
import type { Established } from './handshake/context.ts'

export type ChannelBindingType = 'tls-exporter' | 'tls-unique'

export function* channelBinding(
  type: ChannelBindingType,
  established: Established,
): Steps<Uint8Array> {
  const { info, tlsUnique } = established
  // Without it, two connections can have the same master secret (RFC 7627 §1), and so the same binding.
  if (info.version < ProtocolVersion.TLS13 && info.extendedMasterSecret !== true)
    throw none(`${type} needs extended_master_secret, which this connection has not`)
  if (type === 'tls-exporter') {
    const label = 'EXPORTER-Channel-Binding'
    return yield* established.exportKeyingMaterial(label, new Uint8Array(0), 32)
  }
  if (tlsUnique === undefined)
    throw none('TLS 1.3 has no tls-unique (RFC 8446 §C.5): use tls-exporter')
  return tlsUnique.slice()
}

function none(message: string): ConfigurationError {
  return new ConfigurationError('ERR_NO_CHANNEL_BINDING', message)
}

/** Lines of the SSLKEYLOGFILE format (draft-ietf-tls-keylogfile), which Wireshark reads. */
import { hexOf } from '../codec/bytes.ts'
import type { NamedSecret } from './schedule.ts'

const labels: Readonly<Record<string, string>> = {
  client_early_traffic_secret: 'CLIENT_EARLY_TRAFFIC_SECRET',
  client_handshake_traffic_secret: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  server_handshake_traffic_secret: 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  client_application_traffic_secret_0: 'CLIENT_TRAFFIC_SECRET_0',
  server_application_traffic_secret_0: 'SERVER_TRAFFIC_SECRET_0',
  early_exporter_master_secret: 'EARLY_EXPORTER_SECRET',
  exporter_master_secret: 'EXPORTER_SECRET',
  // TLS 1.2 and before have this one only.
  master_secret: 'CLIENT_RANDOM',
}

/** `LABEL client_random secret`; undefined for a secret that the format does not carry. */
export function keyLogLine(secret: NamedSecret, clientRandom: Uint8Array): string | undefined {
  const label = labels[secret.name]
  return label && `${label} ${hexOf(clientRandom)} ${hexOf(secret.value)}`
}

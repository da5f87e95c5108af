/** What early data is protected by, and what keying material goes with it, on both sides (RFC 8446 §7.1, §7.5). */
import type { Steps } from '@handfast/x509'
import { type EarlySecret, exportKeyingMaterial, type NamedSecret } from '../keys/schedule.ts'
import type { HandshakeContext } from './context.ts'

/** @returns client_early_traffic_secret; the exporter's secret is kept. The transcript holds the ClientHello */
export function* earlyTrafficSecret(
  hs: HandshakeContext,
  earlySecret: EarlySecret,
): Steps<NamedSecret> {
  const traffic = yield* earlySecret.trafficSecret(hs.transcript)
  const exporter = yield* earlySecret.exporterSecret(hs.transcript)
  hs.logKey(traffic)
  hs.logKey(exporter)
  hs.earlyExporter = {
    exportKeyingMaterial: (label, value, length) =>
      exportKeyingMaterial(earlySecret.context, exporter, label, value, length),
    forget: () => exporter.value.fill(0),
  }
  return traffic
}

/** What a side has enabled of a version up to TLS 1.2. */
import { cipherSuiteName } from '../codec/classicCipherSuites.ts'
import { NamedGroup } from '../codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../config.ts'
import type { ClassicCipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { enabledGroups } from './negotiation.ts'
import type { ClassicVersion } from './version12.ts'

/** In the order of preference: those that `cipherSuites` names, else the defaults. Without PSK callback no PSK suite. */
export function enabledClassicSuites(
  config: ClientConfig | ServerConfig,
  version: ClassicVersion,
): readonly ClassicCipherSuite[] {
  return suitesOf(config, version, config.cipherSuites ?? version.defaultCipherSuites)
}

/** Those of `ids` that can be used with a version. */
export function suitesOf(
  config: ClientConfig | ServerConfig,
  { hasSuite }: ClassicVersion,
  ids: readonly number[],
): readonly ClassicCipherSuite[] {
  const { classicCipherSuites = [] } = config.crypto
  return ids.flatMap((id) => {
    const suite = classicCipherSuites.find((candidate) => candidate.id === id)
    return suite === undefined || !usable(config, suite) || !hasSuite(suite) ? [] : [suite]
  })
}

/** What a suite needs beside its name: a key in common, or a provider that encrypts with RSA. */
function usable(
  config: ClientConfig | ServerConfig,
  { keyExchange, authentication }: ClassicCipherSuite,
): boolean {
  if (authentication === 'PSK') return 'preSharedKey' in config || 'findPreSharedKey' in config
  if (keyExchange === 'RSA' && 'verifyCertificate' in config)
    return config.crypto.rsaEncrypt !== undefined
  return true
}

const curves: ReadonlySet<number> = new Set([
  NamedGroup.secp256r1,
  NamedGroup.secp384r1,
  NamedGroup.secp521r1,
  NamedGroup.x25519,
  NamedGroup.x448,
])

/** The curves of RFC 8422 that are enabled: hybrids are for TLS 1.3 only. */
export function enabledCurves(config: ClientConfig | ServerConfig): readonly KeyExchangeGroup[] {
  return enabledGroups(config).filter(({ id }) => curves.has(id))
}

const curveGroups: Readonly<Record<string, number>> = {
  'P-256': NamedGroup.secp256r1,
  'P-384': NamedGroup.secp384r1,
  'P-521': NamedGroup.secp521r1,
}

/** The group that stands for the curve of a certificate's key: in TLS 1.2 it has to be offered for both (RFC 8422 §5.3). */
export function groupOfCurve(curve: string | undefined): number | undefined {
  return curve === undefined ? undefined : curveGroups[curve]
}

/** RFC 7919 §2: these code points are finite fields. */
export function isFiniteField(group: number): boolean {
  return group >= 0x0100 && group <= 0x01ff
}

export function suiteNames(ids: readonly number[]): string[] {
  return ids.map(cipherSuiteName)
}

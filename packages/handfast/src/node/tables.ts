/** What node:tls lists: ciphers, roots and defaults. */
import { constants } from 'node:crypto'
import { cipherSuiteName } from '../codec/classicCipherSuites.ts'
import { opensslName } from '../codec/opensslName.ts'
import { defaultCipherSuites } from '../defaults.ts'
import { defaultClassicCipherSuites } from '../defaults12.ts'
import { unavailable } from './errors.ts'
import { type Compression, knownCipherNames, knownCompressions } from './names.ts'

const tls = process.getBuiltinModule('node:tls')

/** PEM of the certificates that come with Node (Mozilla's); what is trusted by default may be more. */
export const rootCertificates: readonly string[] = tls.rootCertificates

/** The suites that can be named in `ciphers`, in lower case. */
export function getCiphers(): string[] {
  return [...knownCipherNames]
}

/** The compressions of certificates that this Node has (RFC 8879). */
export function getCertificateCompressionAlgorithms(): Compression[] {
  return [...knownCompressions]
}

/** What `--tls-cipher-list` says; without it, this library's own choice. */
const fromCommandLine =
  tls.DEFAULT_CIPHERS === constants.defaultCoreCipherList ? undefined : tls.DEFAULT_CIPHERS

/** The suites that the engine enables by itself. */
export const engineCiphers: string = [...defaultCipherSuites, ...defaultClassicCipherSuites]
  .map((id) => opensslName(cipherSuiteName(id)))
  .join(':')

/** The suites that are enabled where `ciphers` says nothing, the preferred first. */
export const DEFAULT_CIPHERS: string = fromCommandLine ?? engineCiphers

/** Versions that connections have by default; Node's command line may say otherwise (`--tls-min-v1.3` and its like). */
export const { DEFAULT_MIN_VERSION, DEFAULT_MAX_VERSION } = tls
export const DEFAULT_ECDH_CURVE = 'auto'

/** Of Node's renegotiations: this library refuses each. */
export const CLIENT_RENEG_LIMIT = 3
export const CLIENT_RENEG_WINDOW = 600

/** What `import tls from 'handfast/node'` may assign to, as programs do with node:tls. */
export const settings: {
  DEFAULT_CIPHERS: string
  DEFAULT_ECDH_CURVE: string
  DEFAULT_MIN_VERSION: string
  DEFAULT_MAX_VERSION: string
  CLIENT_RENEG_LIMIT: number
  CLIENT_RENEG_WINDOW: number
} = {
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MIN_VERSION,
  DEFAULT_MAX_VERSION,
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
}

/** Properties that read and write them. */
export function settingsAccessors(): PropertyDescriptorMap {
  const names = Object.keys(settings) as (keyof typeof settings)[]
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        get: () => settings[name],
        set: (value: never) => {
          settings[name] = value
        },
        enumerable: true,
        configurable: true,
      },
    ]),
  )
}

/** Node had it until 24, deprecated for ten years before. */
export function createSecurePair(..._: unknown[]): never {
  throw unavailable('createSecurePair()', 'make a TLSSocket over a Duplex')
}

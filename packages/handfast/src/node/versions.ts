/** Protocol versions as node:tls names them, and the bits of `secureOptions`. */
import { constants } from 'node:crypto'
import { ProtocolVersion } from '../codec/registry.ts'
import type { LegacyDoor } from '../handshake/protocol.ts'
import { settings } from './tables.ts'
import { invalidArgType, withCode } from './validate.ts'

export interface VersionOptions {
  readonly minVersion?: string | undefined
  readonly maxVersion?: string | undefined
  readonly secureProtocol?: string | undefined
  readonly secureOptions?: number | undefined
  /**
   * `legacy` of `handfast/legacy`: TLSv1.1, TLSv1 and SSLv3, which are not safe, and 3DES. Without `minVersion` all of them
   * are spoken, and servers that do not know RFC 5746 are let in.
   */
  readonly legacy?: LegacyDoor | undefined
}

const codeOf: Readonly<Record<string, number>> = {
  SSLv3: ProtocolVersion.SSL3,
  TLSv1: ProtocolVersion.TLS10,
  'TLSv1.1': ProtocolVersion.TLS11,
  'TLSv1.2': ProtocolVersion.TLS12,
  'TLSv1.3': ProtocolVersion.TLS13,
}

/** What this library speaks, and the bit of `secureOptions` that turns it off. */
const spoken = [
  { version: ProtocolVersion.TLS13, off: constants.SSL_OP_NO_TLSv1_3 },
  { version: ProtocolVersion.TLS12, off: constants.SSL_OP_NO_TLSv1_2 },
]
const spokenWithLegacy = [
  ...spoken,
  { version: ProtocolVersion.TLS11, off: constants.SSL_OP_NO_TLSv1_1 },
  { version: ProtocolVersion.TLS10, off: constants.SSL_OP_NO_TLSv1 },
  { version: ProtocolVersion.SSL3, off: constants.SSL_OP_NO_SSLv3 },
]

/** OpenSSL's methods: of every version, or of one. */
const methods: Readonly<Record<string, number | undefined>> = {
  TLS: undefined,
  SSLv23: undefined,
  TLSv1: ProtocolVersion.TLS10,
  TLSv1_1: ProtocolVersion.TLS11,
  TLSv1_2: ProtocolVersion.TLS12,
}

/** Bits that name versions, or ask for what this library does anyway. */
const fulfilled =
  constants.SSL_OP_NO_SSLv2 |
  constants.SSL_OP_NO_SSLv3 |
  constants.SSL_OP_NO_TLSv1 |
  constants.SSL_OP_NO_TLSv1_1 |
  constants.SSL_OP_NO_TLSv1_2 |
  constants.SSL_OP_NO_TLSv1_3 |
  constants.SSL_OP_NO_COMPRESSION |
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION |
  constants.SSL_OP_LEGACY_SERVER_CONNECT |
  constants.SSL_OP_ALL

function checkName(
  version: string,
  which: 'minimum' | 'maximum',
  legacy: LegacyDoor | undefined,
): void {
  if (version in codeOf && (version !== 'SSLv3' || legacy !== undefined)) return
  throw withCode(
    new TypeError(`${JSON.stringify(version)} is not a valid ${which} TLS protocol version`),
    'ERR_TLS_INVALID_PROTOCOL_VERSION',
  )
}

/** What `secureOptions` asks for beyond what is always so. */
export interface SecureOptionEffects {
  readonly noTickets: boolean
  readonly serverPreference: boolean
  /** A server that does not know RFC 5746 is refused, unless `SSL_OP_LEGACY_SERVER_CONNECT` lets it in. */
  readonly legacyServers: boolean
}

/** What a context may speak, and what else its options ask for. */
export interface VersionChoice extends SecureOptionEffects {
  /** Code points, the highest first. */
  readonly versions: readonly number[]
}

/** @throws Error where the options leave no version, contradict each other or ask for what is not here */
export function chooseVersions(options: VersionOptions): VersionChoice {
  const { minVersion, maxVersion, secureProtocol, secureOptions, legacy } = options
  const effects = checkSecureOptions(secureOptions ?? 0)
  let [min, max] = [0, 0xffff]
  if (secureProtocol != null) {
    const only = methodVersion(secureProtocol, minVersion ?? maxVersion)
    if (only !== undefined) [min, max] = [only, only]
  } else {
    const least = minVersion ?? (legacy ? 'SSLv3' : settings.DEFAULT_MIN_VERSION)
    const most = maxVersion ?? settings.DEFAULT_MAX_VERSION
    checkName(least, 'minimum', legacy)
    checkName(most, 'maximum', legacy)
    min = codeOf[least]!
    max = codeOf[most]!
  }
  const versions = (legacy ? spokenWithLegacy : spoken)
    .filter(({ version, off }) => version >= min && version <= max && !((secureOptions ?? 0) & off))
    .map(({ version }) => version)
  if (versions.length === 0)
    throw withCode(
      new Error(
        `The options leave no version of TLS: handfast speaks TLSv1.2 and TLSv1.3${legacy ? '' : ', and older ones with the option legacy'}`,
      ),
      'ERR_TLS_NO_SUPPORTED_VERSIONS_ENABLED',
    )
  return { ...effects, legacyServers: effects.legacyServers || legacy !== undefined, versions }
}

/** @returns the one version that the method speaks, if it is one of a single version */
function methodVersion(secureProtocol: unknown, conflict: string | undefined): number | undefined {
  if (typeof secureProtocol !== 'string')
    throw invalidArgType('options.secureProtocol', 'of type string', secureProtocol)
  if (conflict != null)
    throw withCode(
      new TypeError(
        `TLS protocol version ${JSON.stringify(conflict)} conflicts with secureProtocol ${JSON.stringify(secureProtocol)}`,
      ),
      'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
    )
  const name = /^(.+?)(_client|_server)?_method$/.exec(secureProtocol)?.[1]
  if (name === undefined || !(name in methods))
    throw withCode(
      new TypeError(`Unknown method: ${secureProtocol}`),
      'ERR_TLS_INVALID_PROTOCOL_METHOD',
    )
  return methods[name]
}

function checkSecureOptions(bits: number): SecureOptionEffects {
  if (!Number.isInteger(bits)) throw invalidArgType('secureOptions', 'an integer', bits)
  const done = fulfilled | constants.SSL_OP_NO_TICKET | constants.SSL_OP_CIPHER_SERVER_PREFERENCE
  const others = bits & ~done
  if (others !== 0)
    throw withCode(
      new Error(`secureOptions 0x${(others >>> 0).toString(16)} are not supported by handfast`),
      'ERR_FEATURE_UNAVAILABLE',
    )
  return {
    noTickets: (bits & constants.SSL_OP_NO_TICKET) !== 0,
    legacyServers: (bits & constants.SSL_OP_LEGACY_SERVER_CONNECT) !== 0,
    serverPreference: (bits & constants.SSL_OP_CIPHER_SERVER_PREFERENCE) !== 0,
  }
}

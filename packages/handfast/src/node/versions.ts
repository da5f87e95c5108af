/**
 * Protocol versions as node:tls names them. The engine speaks TLS 1.3: a choice that leaves it out is an error, one that
 * has it among others is met.
 */
import { constants } from 'node:crypto'
import { invalidArgType, withCode } from './validate.ts'

export interface VersionOptions {
  readonly minVersion?: string | undefined
  readonly maxVersion?: string | undefined
  readonly secureProtocol?: string | undefined
  readonly secureOptions?: number | undefined
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** Methods whose range of versions ends above TLS 1.2. */
const openMethods = /^(TLS|SSLv23)(_client|_server)?_method$/
const knownMethods = /^(TLS|SSLv23|SSLv2|SSLv3|TLSv1|TLSv1_1|TLSv1_2)(_client|_server)?_method$/

/** Bits that change nothing here, since TLS 1.3 has no such thing, or that this library does anyway. */
const fulfilled =
  constants.SSL_OP_NO_SSLv2 |
  constants.SSL_OP_NO_SSLv3 |
  constants.SSL_OP_NO_TLSv1 |
  constants.SSL_OP_NO_TLSv1_1 |
  constants.SSL_OP_NO_TLSv1_2 |
  constants.SSL_OP_NO_COMPRESSION |
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION |
  constants.SSL_OP_NO_ENCRYPT_THEN_MAC |
  constants.SSL_OP_ALL

function checkName(version: string | undefined, which: 'minimum' | 'maximum'): void {
  if (version == null || versions.includes(version)) return
  throw withCode(
    new TypeError(`${JSON.stringify(version)} is not a valid ${which} TLS protocol version`),
    'ERR_TLS_INVALID_PROTOCOL_VERSION',
  )
}

function excluded(how: string): Error {
  return withCode(
    new Error(`${how} leaves out TLS 1.3, the only version that handfast speaks so far`),
    'ERR_TLS_NO_SUPPORTED_VERSIONS_ENABLED',
  )
}

/** What `secureOptions` asks for beyond what is always so. */
export interface SecureOptionEffects {
  readonly noTickets: boolean
  readonly serverPreference: boolean
}

/** @throws Error where the options leave no version, contradict each other or ask for what is not here */
export function checkVersions(options: VersionOptions): SecureOptionEffects {
  const { minVersion, maxVersion, secureProtocol, secureOptions } = options
  if (secureProtocol != null) {
    if (typeof secureProtocol !== 'string')
      throw invalidArgType('options.secureProtocol', 'of type string', secureProtocol)
    const conflict = minVersion ?? maxVersion
    if (conflict != null)
      throw withCode(
        new TypeError(
          `TLS protocol version ${JSON.stringify(conflict)} conflicts with secureProtocol ${JSON.stringify(secureProtocol)}`,
        ),
        'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
      )
    if (!knownMethods.test(secureProtocol))
      throw withCode(
        new TypeError(`Unknown method: ${secureProtocol}`),
        'ERR_TLS_INVALID_PROTOCOL_METHOD',
      )
    if (!openMethods.test(secureProtocol)) throw excluded(`secureProtocol ${secureProtocol}`)
  }
  checkName(minVersion, 'minimum')
  checkName(maxVersion, 'maximum')
  if (maxVersion != null && maxVersion !== 'TLSv1.3') throw excluded(`maxVersion ${maxVersion}`)
  return checkSecureOptions(secureOptions ?? 0)
}

function checkSecureOptions(bits: number): SecureOptionEffects {
  if (!Number.isInteger(bits)) throw invalidArgType('secureOptions', 'an integer', bits)
  if ((bits & constants.SSL_OP_NO_TLSv1_3) !== 0) throw excluded('secureOptions SSL_OP_NO_TLSv1_3')
  const done = fulfilled | constants.SSL_OP_NO_TICKET | constants.SSL_OP_CIPHER_SERVER_PREFERENCE
  const others = bits & ~done
  if (others !== 0)
    throw withCode(
      new Error(`secureOptions 0x${(others >>> 0).toString(16)} are not supported by handfast`),
      'ERR_FEATURE_UNAVAILABLE',
    )
  return {
    noTickets: (bits & constants.SSL_OP_NO_TICKET) !== 0,
    serverPreference: (bits & constants.SSL_OP_CIPHER_SERVER_PREFERENCE) !== 0,
  }
}

/** Which version a connection speaks: all of the negotiation, for both roles (RFC 8446 §4.2.1, §4.1.3). */
import { findExtension, hasExtension } from '../codec/extension.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import { type ClientHello, isHelloRetryRequest, type ServerHello } from '../codec/messages.ts'
import { ExtensionType, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../config.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import { namesOf } from './negotiation.ts'
import type { ClientProtocol, ServerProtocol } from './protocol.ts'

/** The protocols of `versions` for which `cipherSuites` leaves a suite, the highest version first. */
export function enabledProtocols<P extends ClientProtocol | ServerProtocol>(
  protocols: readonly P[],
  config: ClientConfig | ServerConfig,
): readonly P[] {
  const { versions } = config
  const absent = versions?.find((wanted) => !protocols.some(({ version }) => version === wanted))
  if (absent !== undefined)
    throw new ConfigurationError(
      'ERR_NOT_PROVIDED',
      `versions names ${nameOf(protocolVersions, absent)}, which this connection was not made with`,
    )
  const enabled = protocols.filter(
    (protocol) =>
      (versions?.includes(protocol.version) ?? true) && protocol.hasCipherSuites(config),
  )
  if (enabled.length === 0)
    throw new ConfigurationError(
      'ERR_NOTHING_ENABLED',
      'No protocol version is enabled that has an enabled cipher suite',
    )
  return enabled.length === 1 ? enabled : enabled.toSorted((a, b) => b.version - a.version)
}

/** The version that a ServerHello or HelloRetryRequest chose, whether it was offered or not. */
export function serverVersion(hello: ServerHello): number {
  const context = isHelloRetryRequest(hello.random) ? 'HelloRetryRequest' : 'ServerHello'
  return findExtension(hello.extensions, supportedVersions, context) ?? hello.legacyVersion
}

/** What a ClientHello without supported_versions can mean: TLS 1.3 is not among it (RFC 8446 §4.2.1). */
const versionsBefore13 = [
  ProtocolVersion.TLS12,
  ProtocolVersion.TLS11,
  ProtocolVersion.TLS10,
  ProtocolVersion.SSL3,
]

/** The versions that a client has: what supported_versions says, else all up to its legacy_version (RFC 5246 §E.1). */
export function clientVersions(hello: ClientHello): readonly number[] {
  return (
    findExtension(hello.extensions, supportedVersions, 'ClientHello') ??
    versionsBefore13.filter((version) => version <= hello.legacyVersion)
  )
}

/** Client: the protocol that the server chose. @throws TlsError for one that was not offered */
export function protocolChosen<P extends { readonly version: number }>(
  enabled: readonly P[],
  hello: ServerHello,
): P {
  const chosen = serverVersion(hello)
  if (
    chosen < ProtocolVersion.TLS13 &&
    hasExtension(hello.extensions, ExtensionType.supported_versions)
  )
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The server selects ${nameOf(protocolVersions, chosen)} in supported_versions, which is for later ones`,
      { section: 'RFC 8446 §4.2.1' },
    )
  const protocol = enabled.find(({ version }) => version === chosen)
  if (protocol !== undefined) return protocol
  const offered = namesOf(protocolVersions, versionsOf(enabled)).join(', ')
  const name = nameOf(protocolVersions, chosen)
  // An older server does what it can; a newer one that takes what was not offered breaks the protocol.
  throw chosen <= ProtocolVersion.TLS12
    ? new TlsError(
        'ERR_NO_COMMON_VERSION',
        `The server answers with ${name}; ${offered} was offered`,
        { section: 'RFC 8446 §4.1.3' },
      )
    : new TlsError('ERR_ILLEGAL_PARAMETER', `The server chooses ${name}, which was not offered`, {
        section: 'RFC 8446 §4.2.1',
      })
}

/** Server: the highest protocol that both have. @throws TlsError where there is none */
export function chooseProtocolVersion<P extends { readonly version: number }>(
  enabled: readonly P[],
  hello: ClientHello,
): P {
  const offered = clientVersions(hello)
  const protocol = enabled.find(({ version }) => offered.includes(version))
  if (protocol !== undefined) return protocol
  throw new TlsError(
    'ERR_NO_COMMON_VERSION',
    `The client offers ${namesOf(protocolVersions, offered).join(', ')}; this server speaks ${namesOf(protocolVersions, versionsOf(enabled)).join(', ')}`,
  )
}

export function versionsOf(protocols: readonly { readonly version: number }[]): number[] {
  return protocols.map(({ version }) => version)
}

/** Which version a connection speaks (RFC 8446 §4.2.1, §4.1.3). */
import { findExtension } from '../codec/extension.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import { type ClientHello, isHelloRetryRequest, type ServerHello } from '../codec/messages.ts'
import { nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'

/** The version that a ServerHello chose. @throws TlsError for one that was not offered */
export function serverHelloVersion(hello: ServerHello): number {
  const context = isHelloRetryRequest(hello.random) ? 'HelloRetryRequest' : 'ServerHello'
  const selected = findExtension(hello.extensions, supportedVersions, context)
  if (selected === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_VERSION',
      `The server answers with ${nameOf(protocolVersions, hello.legacyVersion)}; TLS 1.3 was offered`,
      { section: 'RFC 8446 §4.1.3' },
    )
  if (selected !== ProtocolVersion.TLS13)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The server chooses ${nameOf(protocolVersions, selected)}, which was not offered`,
      { section: 'RFC 8446 §4.2.1' },
    )
  if (hello.legacyVersion !== ProtocolVersion.TLS12)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'The legacy_version of a ServerHello is not 0x0303',
      {
        section: 'RFC 8446 §4.1.3',
      },
    )
  return selected
}

/** The versions that a client has: what supported_versions says, else what legacy_version implies. */
export function clientVersions(hello: ClientHello): readonly number[] {
  return findExtension(hello.extensions, supportedVersions, 'ClientHello') ?? [hello.legacyVersion]
}

/** The version that a server chooses. @throws TlsError where there is none */
export function chooseVersion(hello: ClientHello): number {
  const offered = clientVersions(hello)
  if (offered.includes(ProtocolVersion.TLS13)) return ProtocolVersion.TLS13
  throw new TlsError(
    'ERR_NO_COMMON_VERSION',
    `The client offers ${offered.map((version) => nameOf(protocolVersions, version)).join(', ')}; this server speaks TLS 1.3`,
  )
}

/** What a ClientHello says, checked as far as every version wants it (RFC 8446 §4.1.2). */
import { toText } from '../codec/bytes.ts'
import { findExtension, hasExtension, refuseDuplicates } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { compressCertificate } from '../codec/extensions/compress_certificate.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { serverName } from '../codec/extensions/server_name.ts'
import { signatureAlgorithms } from '../codec/extensions/signature_algorithms.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import { ClientHello, type HandshakeMessage } from '../codec/messages.ts'
import { ExtensionType, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import type { ClientHelloInfo } from '../config.ts'
import { TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'
import { clientVersions } from './version.ts'

/** Checks that concern every version, and what a configuration may want to know of the offer. @param leastVersion that we have */
export function readClientHello(
  hs: HandshakeContext,
  message: HandshakeMessage,
  leastVersion: number = ProtocolVersion.TLS10,
): ClientHelloInfo {
  const hello = hs.read(message, ClientHello)
  const { extensions } = hello
  // RFC 8446 §D.5: SSL 3.0 must not be negotiated, but for those who came through the legacy door.
  if (hello.legacyVersion < Math.min(ProtocolVersion.TLS10, leastVersion))
    throw new TlsError(
      'ERR_NO_COMMON_VERSION',
      `The client's legacy_version is ${nameOf(protocolVersions, hello.legacyVersion)}`,
      { section: 'RFC 8446 §D.5' },
    )
  refuseDuplicates(extensions, 'ClientHello')
  refuseMisplaced(extensions, 'ClientHello')
  if (
    hasExtension(extensions, ExtensionType.pre_shared_key) &&
    extensions.at(-1)?.type !== ExtensionType.pre_shared_key
  )
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'pre_shared_key is not the last extension', {
      section: 'RFC 8446 §4.2.11',
    })
  const algorithms = findExtension(extensions, compressCertificate, 'ClientHello') ?? []
  if (new Set(algorithms).size < algorithms.length)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'compress_certificate names an algorithm twice', {
      section: 'RFC 8879 §3',
    })
  const protocols =
    findExtension(extensions, applicationLayerProtocolNegotiation, 'ClientHello') ?? []
  return {
    serverName: requestedName(hello),
    alpnProtocols: protocols.map(toText),
    supportedVersions: clientVersions(hello),
    cipherSuites: hello.cipherSuites,
    supportedGroups: findExtension(extensions, supportedGroups, 'ClientHello') ?? [],
    signatureSchemes: findExtension(extensions, signatureAlgorithms, 'ClientHello') ?? [],
    message: hello,
    bytes: message.bytes,
  }
}

function requestedName(hello: ClientHello): string | undefined {
  const names = findExtension(hello.extensions, serverName, 'ClientHello') ?? []
  const hostNames = names.filter(({ nameType }) => nameType === 0)
  if (hostNames.length > 1)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'server_name holds more than one host_name', {
      section: 'RFC 6066 §3',
    })
  const [first] = hostNames
  if (first === undefined) return undefined
  const name = toText(first.hostName)
  // No name holds other bytes (a NUL would end it early in another program's eyes), and none is longer.
  if (!/^[\x21-\x7e]{1,255}$/.test(name))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'server_name holds bytes that no DNS name has', {
      section: 'RFC 6066 §3',
    })
  return name.toLowerCase()
}

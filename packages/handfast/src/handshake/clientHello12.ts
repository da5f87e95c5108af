/** What a ClientHello must have for TLS 1.2, and what the server answers of its extensions (RFC 5246 §7.4.1.2, §7.4.1.4). */
import { fromText } from '../codec/bytes.ts'
import { extensionOf, findExtension, hasExtension, type RawExtension } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import { ecPointFormats } from '../codec/extensions/ec_point_formats.ts'
import { encryptThenMac } from '../codec/extensions/encrypt_then_mac.ts'
import { extendedMasterSecret } from '../codec/extensions/extended_master_secret.ts'
import { maxFragmentLength } from '../codec/extensions/max_fragment_length.ts'
import { recordSizeLimit } from '../codec/extensions/record_size_limit.ts'
import { renegotiationInfo } from '../codec/extensions/renegotiation_info.ts'
import { serverName } from '../codec/extensions/server_name.ts'
import { sessionTicket } from '../codec/extensions/session_ticket.ts'
import { signedCertificateTimestamp } from '../codec/extensions/signed_certificate_timestamp.ts'
import { statusRequest } from '../codec/extensions/status_request.ts'
import type { ClientHello } from '../codec/messages.ts'
import { CipherSuiteId, ExtensionType } from '../codec/registry.ts'
import type { ClientHelloInfo, Identity, ServerConfig } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import type { HandshakeContext } from './context.ts'
import { useMaxFragmentLength } from './maxFragmentLength.ts'
import { useRecordSizeLimit12 } from './recordSize12.ts'

/** What a ClientHello says of the guards of TLS 1.2. */
export interface Guards {
  readonly extendedMasterSecret: boolean
  readonly secureRenegotiation: boolean
}

/** @throws TlsError for an offer that is not one of TLS 1.2, or not safe enough for this configuration */
export function checkClientHello12(
  hs: HandshakeContext,
  config: ServerConfig,
  hello: ClientHello,
): Guards {
  const { extensions } = hello
  if (!hello.legacyCompressionMethods.includes(0))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The client offers no null compression', {
      section: 'RFC 5246 §7.4.1.2',
    })
  const formats = findExtension(extensions, ecPointFormats, 'ClientHello')
  if (formats !== undefined && !formats.includes(0))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The client takes no uncompressed points', {
      section: 'RFC 8422 §5.1.2',
    })
  const info = findExtension(extensions, renegotiationInfo, 'ClientHello')
  if (info !== undefined && info.length > 0)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      "The client's renegotiation_info is not empty in a first handshake",
      { alert: 'handshake_failure', section: 'RFC 5746 §3.6' },
    )
  const secureRenegotiation =
    info !== undefined ||
    hello.cipherSuites.includes(CipherSuiteId.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
  if (secureRenegotiation)
    hs.checked('secure renegotiation', 'renegotiation_info, which is empty', 'RFC 5746 §3.6')
  else if (config.requireSecureRenegotiation === true)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The client has no renegotiation_info, and it is required',
      { alert: 'handshake_failure', section: 'RFC 5746 §4.3' },
    )
  const extended = hasExtension(extensions, ExtensionType.extended_master_secret)
  if (!extended && config.requireExtendedMasterSecret === true)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The client has no extended_master_secret, and it is required',
      { alert: 'handshake_failure', section: 'RFC 7627 §5.2' },
    )
  return { extendedMasterSecret: extended, secureRenegotiation }
}

/** As a version reads it that has no extensions: what of them the client sends is for others. */
export function withoutExtensions(info: ClientHelloInfo): ClientHelloInfo {
  return {
    ...info,
    serverName: undefined,
    alpnProtocols: [],
    supportedGroups: [],
    signatureSchemes: [],
    message: { ...info.message, extensions: [] },
  }
}

export interface Answer12 {
  readonly suite: ClassicCipherSuite
  readonly guards: Guards
  readonly alpnProtocol: string | undefined
  readonly encryptThenMac: boolean
  readonly ticketPromised: boolean
  /** Undefined where none is shown: in a resumption, or with PSK. */
  readonly identity: Identity | undefined
}

/** The extensions of our ServerHello: none that was not asked for. */
export function serverExtensions12(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  answer: Answer12,
): RawExtension[] {
  const { extensions: offered } = info.message
  const { suite, guards, identity } = answer
  const asked = (type: number) => hasExtension(offered, type)
  const extensions: RawExtension[] = []
  if (guards.secureRenegotiation)
    extensions.push(extensionOf(renegotiationInfo, 'ServerHello12', new Uint8Array(0)))
  if (guards.extendedMasterSecret)
    extensions.push(extensionOf(extendedMasterSecret, 'ServerHello12', true))
  if (answer.encryptThenMac) extensions.push(extensionOf(encryptThenMac, 'ServerHello12', true))
  if (answer.ticketPromised) extensions.push(extensionOf(sessionTicket, 'ServerHello12', true))
  if (asked(ExtensionType.ec_point_formats) && suite.keyExchange.startsWith('ECDHE'))
    extensions.push(extensionOf(ecPointFormats, 'ServerHello12', [0]))
  // RFC 6066 §3: an empty answer says that the name chose the certificate.
  if (identity !== undefined && info.serverName !== undefined)
    extensions.push(extensionOf(serverName, 'ServerHello12', true))
  if (willStaple(info, identity)) extensions.push(extensionOf(statusRequest, 'ServerHello12', true))
  const scts = identity?.signedCertificateTimestamps ?? []
  if (scts.length > 0 && asked(ExtensionType.signed_certificate_timestamp))
    extensions.push(extensionOf(signedCertificateTimestamp, 'ServerHello12', [...scts]))
  if (answer.alpnProtocol !== undefined)
    extensions.push(
      extensionOf(applicationLayerProtocolNegotiation, 'ServerHello12', [
        fromText(answer.alpnProtocol),
      ]),
    )
  extensions.push(...sizeExtensions(hs, config, offered))
  return extensions
}

/** Whether CertificateStatus will be sent. */
export function willStaple(info: ClientHelloInfo, identity: Identity | undefined): boolean {
  return (
    identity?.ocspResponse !== undefined &&
    hasExtension(info.message.extensions, ExtensionType.status_request)
  )
}

/** RFC 8449 §5: of two ways to ask for small records the newer one counts. */
function sizeExtensions(
  hs: HandshakeContext,
  config: ServerConfig,
  offered: readonly RawExtension[],
): RawExtension[] {
  const limit = findExtension(offered, recordSizeLimit, 'ClientHello')
  if (limit !== undefined) {
    useRecordSizeLimit12(hs, config, limit, 'client')
    const ours = Math.min(config.recordSizeLimit ?? maxPlaintextLength, maxPlaintextLength)
    return [extensionOf(recordSizeLimit, 'ServerHello12', ours)]
  }
  const fragment = findExtension(offered, maxFragmentLength, 'ClientHello')
  if (fragment === undefined) return []
  useMaxFragmentLength(hs, fragment, undefined)
  return [extensionOf(maxFragmentLength, 'ServerHello12', fragment)]
}

/** All extensions that this library reads. */

import { TlsError } from '../../errors.ts'
import {
  type Extension,
  type ExtensionContext,
  findExtension,
  type RawExtension,
} from '../extension.ts'
import { extensionTypes, nameOf } from '../registry.ts'
import { applicationLayerProtocolNegotiation } from './application_layer_protocol_negotiation.ts'
import { certificateAuthorities } from './certificate_authorities.ts'
import { compressCertificate } from './compress_certificate.ts'
import { cookie } from './cookie.ts'
import { earlyData } from './early_data.ts'
import { ecPointFormats } from './ec_point_formats.ts'
import { encryptThenMac } from './encrypt_then_mac.ts'
import { extendedMasterSecret } from './extended_master_secret.ts'
import { keyShare } from './key_share.ts'
import { maxFragmentLength } from './max_fragment_length.ts'
import { oidFilters } from './oid_filters.ts'
import { padding } from './padding.ts'
import { postHandshakeAuth } from './post_handshake_auth.ts'
import { preSharedKey } from './pre_shared_key.ts'
import { pskKeyExchangeModesExtension } from './psk_key_exchange_modes.ts'
import { recordSizeLimit } from './record_size_limit.ts'
import { renegotiationInfo } from './renegotiation_info.ts'
import { serverName } from './server_name.ts'
import { sessionTicket } from './session_ticket.ts'
import { signatureAlgorithms, signatureAlgorithmsCert } from './signature_algorithms.ts'
import { signedCertificateTimestamp } from './signed_certificate_timestamp.ts'
import { statusRequest } from './status_request.ts'
import { supportedGroups } from './supported_groups.ts'
import { supportedVersions } from './supported_versions.ts'

const known: ReadonlyMap<number, Extension> = new Map(
  [
    applicationLayerProtocolNegotiation,
    certificateAuthorities,
    compressCertificate,
    cookie,
    earlyData,
    ecPointFormats,
    encryptThenMac,
    extendedMasterSecret,
    maxFragmentLength,
    renegotiationInfo,
    sessionTicket,
    keyShare,
    oidFilters,
    padding,
    postHandshakeAuth,
    preSharedKey,
    pskKeyExchangeModesExtension,
    recordSizeLimit,
    serverName,
    signatureAlgorithms,
    signatureAlgorithmsCert,
    signedCertificateTimestamp,
    statusRequest,
    supportedGroups,
    supportedVersions,
  ].map((extension: Extension) => [extension.type, extension]),
)

export function knownExtension(type: number): Extension | undefined {
  return known.get(type)
}

/**
 * An extension that is known must not stand in a message that the table of RFC 8446 §4.2 does not allow it in, and must be
 * what the table says, whether anybody will read it or not (§6: what cannot be parsed ends the connection).
 */
export function refuseMisplaced(
  extensions: readonly RawExtension[],
  context: ExtensionContext,
): void {
  for (const { type } of extensions) {
    const extension = known.get(type)
    if (extension === undefined) continue
    if (extension.in[context] === undefined)
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        `The extension ${nameOf(extensionTypes, type)} must not stand in ${context}`,
        { section: 'RFC 8446 §4.2' },
      )
    findExtension(extensions, extension, context)
  }
}

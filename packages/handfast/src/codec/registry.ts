/**
 * Names and code points: one table for each registry of IANA's "Transport Layer Security (TLS) Parameters" that the
 * engine speaks. A number that is not in a table is still carried, shown in hexadecimal.
 */

/** A table of names and its inverse. */
export interface Registry {
  readonly title: string
  /** Digits of the hexadecimal form. */
  readonly digits: 2 | 4
  readonly names: ReadonlyMap<number, string>
  /** A table of one-byte values that has reserved ones (RFC 8701). */
  readonly grease?: true
}

function registry(
  title: string,
  digits: 2 | 4,
  entries: Readonly<Record<string, number>>,
): Registry {
  return { title, digits, names: new Map(Object.entries(entries).map(([name, id]) => [id, name])) }
}

/** RFC 8701: sixteen reserved two-byte values, 0x0a0a … 0xfafa, that a peer must ignore. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}

/** RFC 8701 §2: the same for the one-byte values of PskKeyExchangeMode. */
function isGreaseMode(value: number): boolean {
  return (value - 0x0b) % 0x1f === 0 && value >= 0x0b && value <= 0xe4
}

/** The name of a code point, or its number in hexadecimal. */
export function nameOf(table: Registry, value: number): string {
  const known = table.names.get(value)
  if (known !== undefined) return known
  const hex = `0x${value.toString(16).padStart(table.digits, '0')}`
  const grease = table.digits === 4 ? isGrease(value) : table.grease && isGreaseMode(value)
  return grease ? `GREASE (${hex})` : hex
}

export const ProtocolVersion = {
  SSL3: 0x0300,
  TLS10: 0x0301,
  TLS11: 0x0302,
  TLS12: 0x0303,
  TLS13: 0x0304,
} as const
export const protocolVersions: Registry = registry('ProtocolVersion', 4, {
  'SSL 3.0': 0x0300,
  'TLS 1.0': 0x0301,
  'TLS 1.1': 0x0302,
  'TLS 1.2': 0x0303,
  'TLS 1.3': 0x0304,
})

export const ContentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const
export const contentTypes: Registry = registry('ContentType', 2, ContentType)

export const HandshakeType = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_status: 22,
  key_update: 24,
  compressed_certificate: 25,
  message_hash: 254,
} as const
export const handshakeTypes: Registry = registry('HandshakeType', 2, HandshakeType)

export const ExtensionType = {
  server_name: 0,
  max_fragment_length: 1,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  use_srtp: 14,
  heartbeat: 15,
  application_layer_protocol_negotiation: 16,
  signed_certificate_timestamp: 18,
  client_certificate_type: 19,
  server_certificate_type: 20,
  padding: 21,
  encrypt_then_mac: 22,
  extended_master_secret: 23,
  compress_certificate: 27,
  record_size_limit: 28,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  oid_filters: 48,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  quic_transport_parameters: 57,
  application_settings: 17613,
  encrypted_client_hello: 65037,
  renegotiation_info: 65281,
} as const
export const extensionTypes: Registry = registry('ExtensionType', 4, ExtensionType)

export const NamedGroup = {
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  x25519: 0x001d,
  x448: 0x001e,
  ffdhe2048: 0x0100,
  ffdhe3072: 0x0101,
  ffdhe4096: 0x0102,
  ffdhe6144: 0x0103,
  ffdhe8192: 0x0104,
  MLKEM768: 0x0201,
  MLKEM1024: 0x0202,
  SecP256r1MLKEM768: 0x11eb,
  X25519MLKEM768: 0x11ec,
  SecP384r1MLKEM1024: 0x11ed,
} as const
export const namedGroups: Registry = registry('NamedGroup', 4, NamedGroup)

export const CipherSuiteId = {
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_CHACHA20_POLY1305_SHA256: 0x1303,
  TLS_AES_128_CCM_SHA256: 0x1304,
  TLS_AES_128_CCM_8_SHA256: 0x1305,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV: 0x00ff,
  TLS_FALLBACK_SCSV: 0x5600,
} as const
export const cipherSuites: Registry = registry('CipherSuite', 4, CipherSuiteId)

export const AlertLevel = { warning: 1, fatal: 2 } as const
export const alertLevels: Registry = registry('AlertLevel', 2, AlertLevel)

export const AlertDescription = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed_RESERVED: 21,
  record_overflow: 22,
  decompression_failure_RESERVED: 30,
  handshake_failure: 40,
  no_certificate_RESERVED: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction_RESERVED: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const
export type AlertName = keyof typeof AlertDescription
export const alertDescriptions: Registry = registry('AlertDescription', 2, AlertDescription)

export const CertificateStatusType = { ocsp: 1 } as const
export const certificateStatusTypes: Registry = registry(
  'CertificateStatusType',
  2,
  CertificateStatusType,
)

export const PskKeyExchangeMode = { psk_ke: 0, psk_dhe_ke: 1 } as const
export const pskKeyExchangeModes: Registry = {
  ...registry('PskKeyExchangeMode', 2, PskKeyExchangeMode),
  grease: true,
}

export const CertificateCompressionAlgorithm = { zlib: 1, brotli: 2, zstd: 3 } as const
export const certificateCompressionAlgorithms: Registry = registry(
  'CertificateCompressionAlgorithm',
  4,
  CertificateCompressionAlgorithm,
)

export const KeyUpdateRequest = { update_not_requested: 0, update_requested: 1 } as const
export const keyUpdateRequests: Registry = registry('KeyUpdateRequest', 2, KeyUpdateRequest)

/**
 * Names of code points beyond those that the engine speaks, from IANA's registries: a hello of another program is full
 * of them. For display only, so that a connection does not have to carry them.
 */
import { otherCipherSuites } from './cipherSuiteNames.ts'

type Names = Readonly<Record<number, string>>

const groups: Names = {
  ...counted(1, [
    ...['sect163k1', 'sect163r1', 'sect163r2', 'sect193r1', 'sect193r2', 'sect233k1', 'sect233r1'],
    ...['sect239k1', 'sect283k1', 'sect283r1', 'sect409k1', 'sect409r1', 'sect571k1', 'sect571r1'],
    ...['secp160k1', 'secp160r1', 'secp160r2', 'secp192k1', 'secp192r1', 'secp224k1', 'secp224r1'],
    'secp256k1',
  ]),
  ...counted(26, ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']),
  ...counted(31, ['brainpoolP256r1tls13', 'brainpoolP384r1tls13', 'brainpoolP512r1tls13']),
  ...counted(34, ['GC256A', 'GC256B', 'GC256C', 'GC256D', 'GC512A', 'GC512B', 'GC512C']),
  41: 'curveSM2',
  ...counted(0x0200, ['MLKEM512', 'MLKEM768', 'MLKEM1024']),
  4590: 'curveSM2MLKEM768',
  ...counted(0x6399, ['X25519Kyber768Draft00', 'SecP256r1Kyber768Draft00']),
  ...counted(0xff01, ['arbitrary_explicit_prime_curves', 'arbitrary_explicit_char2_curves']),
}

/** The combinations of RFC 5246 §7.4.1.4.1 that RFC 8446 has no name for are written as hash and algorithm. */
const signatureSchemes: Names = {
  257: 'md5 with rsa',
  514: 'sha1 with dsa',
  769: 'sha224 with rsa',
  770: 'sha224 with dsa',
  771: 'sha224 with ecdsa',
  1026: 'sha256 with dsa',
  1282: 'sha384 with dsa',
  1538: 'sha512 with dsa',
  1800: 'sm2sig_sm3',
  ...counted(0x081a, [
    'ecdsa_brainpoolP256r1tls13_sha256',
    'ecdsa_brainpoolP384r1tls13_sha384',
    'ecdsa_brainpoolP512r1tls13_sha512',
  ]),
}

const extensionTypes: Names = {
  ...counted(2, ['client_certificate_url', 'trusted_ca_keys', 'truncated_hmac']),
  ...counted(6, ['user_mapping', 'client_authz', 'server_authz', 'cert_type']),
  12: 'srp',
  17: 'status_request_v2',
  ...counted(24, ['token_binding', 'cached_info', 'tls_lts']),
  ...counted(29, ['pwd_protect', 'pwd_clear', 'password_salt', 'ticket_pinning']),
  ...counted(33, ['tls_cert_with_extern_psk', 'delegated_credential']),
  36: 'TLMSP',
  ...counted(37, ['TLMSP_proxying', 'TLMSP_delegate', 'supported_ekt_ciphers']),
  ...counted(52, ['transparency_info', 'connection_id (deprecated)', 'connection_id']),
  ...counted(55, ['external_id_hash', 'external_session_id']),
  ...counted(58, ['ticket_request', 'dnssec_chain', 'sequence_number_encryption_algorithms']),
  13172: 'next_protocol_negotiation',
  17513: 'application_settings (old)',
  30032: 'channel_id',
  64768: 'ech_outer_extensions',
}

const handshakeTypes: Names = {
  3: 'hello_verify_request',
  6: 'hello_retry_request',
  9: 'request_connection_id',
  10: 'new_connection_id',
  21: 'certificate_url',
  23: 'supplemental_data',
  25: 'compressed_certificate',
  67: 'next_protocol',
}

const alerts: Names = {
  21: 'decryption_failed',
  30: 'decompression_failure',
  41: 'no_certificate',
  52: 'too_many_cids_requested',
  60: 'export_restriction',
  111: 'certificate_unobtainable',
  114: 'bad_certificate_hash_value',
  117: 'general_error',
  121: 'ech_required',
}

const protocolVersions: Names = {
  2: 'SSL 2.0',
  32535: 'TLS 1.3 (draft 23)',
  32540: 'TLS 1.3 (draft 28)',
  65279: 'DTLS 1.0',
  65277: 'DTLS 1.2',
  65276: 'DTLS 1.3',
}

/** By the type of the field. */
const tables: Readonly<Record<string, Names>> = {
  CipherSuite: otherCipherSuites,
  NamedGroup: groups,
  KeyShareEntry: groups,
  SignatureScheme: signatureSchemes,
  ExtensionType: extensionTypes,
  Extension: extensionTypes,
  HandshakeType: handshakeTypes,
  AlertDescription: alerts,
  ProtocolVersion: protocolVersions,
}

/**
 * The name of a code point that the engine shows in hexadecimal, where IANA has one.
 * @param type of the field, which is the name of the registry: `CipherSuite`
 * @param value as the engine shows it: `0xc02b`; anything else comes back as it is
 */
export function displayName(type: string, value: string): string {
  const table = tables[type]
  return table === undefined
    ? value
    : value.replace(/^0x[0-9a-f]{2,4}\b/, (hex) => table[Number(hex)] ?? hex)
}

/** Names of consecutive numbers. */
function counted(first: number, names: readonly string[]): Names {
  return Object.fromEntries(names.map((name, i) => [first + i, name]))
}

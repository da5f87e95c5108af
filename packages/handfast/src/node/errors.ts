/**
 * Failures of the engine in Node's words. What OpenSSL has a name for gets that name, so that a program which matches
 * `error.code` goes on working; the engine's own error, which says who is at fault and what helps, is the `cause`.
 */
import type { FailureCode, TlsError } from '../errors.ts'
import { type NodeError, withCode } from './validate.ts'

/** OpenSSL 3.2 renamed the alerts that SSL 3.0 had; programs match what their Node says. */
const oldAlertPrefix = /^(1|3\.[01])\./.test(process.versions.openssl ?? '3.0.')
  ? 'SSLV3_ALERT_'
  : 'SSL/TLS_ALERT_'

/** The alerts whose name in OpenSSL is not that prefix and their own. */
const alertReasons: Readonly<Record<string, string>> = {
  record_overflow: 'TLSV1_ALERT_RECORD_OVERFLOW',
  unknown_ca: 'TLSV1_ALERT_UNKNOWN_CA',
  access_denied: 'TLSV1_ALERT_ACCESS_DENIED',
  decode_error: 'TLSV1_ALERT_DECODE_ERROR',
  decrypt_error: 'TLSV1_ALERT_DECRYPT_ERROR',
  protocol_version: 'TLSV1_ALERT_PROTOCOL_VERSION',
  insufficient_security: 'TLSV1_ALERT_INSUFFICIENT_SECURITY',
  internal_error: 'TLSV1_ALERT_INTERNAL_ERROR',
  inappropriate_fallback: 'TLSV1_ALERT_INAPPROPRIATE_FALLBACK',
  user_canceled: 'TLSV1_ALERT_USER_CANCELLED',
  missing_extension: 'TLSV13_ALERT_MISSING_EXTENSION',
  unsupported_extension: 'TLSV1_UNSUPPORTED_EXTENSION',
  unrecognized_name: 'TLSV1_UNRECOGNIZED_NAME',
  bad_certificate_status_response: 'TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE',
  unknown_psk_identity: 'TLSV1_ALERT_UNKNOWN_PSK_IDENTITY',
  certificate_required: 'TLSV13_ALERT_CERTIFICATE_REQUIRED',
  no_application_protocol: 'TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
}

const reasons: { readonly [code in FailureCode]?: string } = {
  ERR_BAD_RECORD_MAC: 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  ERR_BAD_SIGNATURE: 'BAD_SIGNATURE',
  ERR_BAD_FINISHED: 'DIGEST_CHECK_FAILED',
  ERR_BAD_BINDER: 'BINDER_DOES_NOT_VERIFY',
  ERR_BAD_KEY_SHARE: 'BAD_KEY_SHARE',
  ERR_UNEXPECTED_MESSAGE: 'UNEXPECTED_MESSAGE',
  ERR_MISSING_EXTENSION: 'MISSING_EXTENSION',
  ERR_UNSOLICITED_EXTENSION: 'UNSOLICITED_EXTENSION',
  ERR_RECORD_OVERFLOW: 'PACKET_LENGTH_TOO_LONG',
  ERR_MESSAGE_TOO_LONG: 'EXCESSIVE_MESSAGE_SIZE',
  ERR_NO_COMMON_VERSION: 'UNSUPPORTED_PROTOCOL',
  ERR_NO_COMMON_CIPHER_SUITE: 'NO_SHARED_CIPHER',
  ERR_NO_COMMON_GROUP: 'NO_SUITABLE_KEY_SHARE',
  ERR_NO_COMMON_SIGNATURE_SCHEME: 'NO_SUITABLE_SIGNATURE_ALGORITHM',
  ERR_UNRECOGNIZED_NAME: 'NO_SUITABLE_SIGNATURE_ALGORITHM',
  ERR_NO_COMMON_PROTOCOL: 'NO_APPLICATION_PROTOCOL',
  ERR_UNKNOWN_PSK_IDENTITY: 'PSK_IDENTITY_NOT_FOUND',
  ERR_INAPPROPRIATE_FALLBACK: 'INAPPROPRIATE_FALLBACK',
  ERR_DOWNGRADE: 'INAPPROPRIATE_FALLBACK',
  ERR_CERTIFICATE_REQUIRED: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
}

/** What is too weak, by the rule that says so. */
const weaknesses: Readonly<Record<string, string>> = {
  'RFC 5746 §4.1': 'UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
  'RFC 7919 §3': 'DH_KEY_TOO_SMALL',
}

/** An error of a connection, as `error` and `tlsClientError` deliver it. */
export interface ConnectionError extends NodeError {
  /** `SSL routines`, where OpenSSL has a name for the failure. */
  readonly library?: string
  /** OpenSSL's name for the failure, in words. */
  readonly reason?: string
  /** What helps. */
  readonly help: string
  /** The engine's own error: who is at fault, which alert, which rule, at which step. */
  readonly cause: TlsError
}

function reasonOf(error: TlsError, isServer: boolean): string | undefined {
  if (error.code === 'ERR_ALERT_RECEIVED') {
    const name = error.received ?? ''
    return (
      alertReasons[name] ??
      (/^[a-z_]+$/.test(name) ? `${oldAlertPrefix}${name.toUpperCase()}` : undefined)
    )
  }
  if (error.code === 'ERR_NOT_TLS')
    return isServer && /HTTP/.test(error.message) ? 'HTTP_REQUEST' : 'WRONG_VERSION_NUMBER'
  if ((error.cause as { code?: string } | undefined)?.code === 'ERR_NO_PRE_SHARED_KEY')
    return reasons.ERR_UNKNOWN_PSK_IDENTITY
  if (error.code === 'ERR_INSUFFICIENT_SECURITY') return weaknesses[error.section]
  return reasons[error.code as FailureCode]
}

/** @param isServer whether it happened to a server */
export function connectionError(error: TlsError, isServer: boolean): ConnectionError {
  const reason = reasonOf(error, isServer)
  const wrapped = new Error(error.message, { cause: error }) as Error & { cause: TlsError }
  const { help } = error
  if (reason === undefined) return withCode(wrapped, error.code, { help })
  return withCode(wrapped, `ERR_SSL_${reason}`, {
    help,
    library: 'SSL routines',
    reason: reason.toLowerCase().replaceAll('_', ' '),
  })
}

/** What happened, in Node's words, when the other end closed the transport in the handshake. */
export function connectionReset(message: string): NodeError {
  return withCode(new Error(message), 'ECONNRESET')
}

export function handshakeTimeout(): NodeError {
  return withCode(new Error('TLS handshake timeout'), 'ERR_TLS_HANDSHAKE_TIMEOUT')
}

export function invalidState(): NodeError {
  return withCode(
    new Error('TLS socket connection must be securely established'),
    'ERR_TLS_INVALID_STATE',
  )
}

export function unavailable(what: string, advice: string): NodeError {
  return withCode(
    new Error(`${what} is not supported by handfast: ${advice}`),
    'ERR_FEATURE_UNAVAILABLE',
  )
}

/** Kinds of outcomes. RFC 8446 §6.2 has an alert for each error and no order of checks: one kind may have several. */
const classes: Readonly<Record<string, readonly string[]>> = {
  accepted: ['accepted', 'answered'],
  'not the protocol': [
    'decode_error',
    'illegal_parameter',
    'unexpected_message',
    'missing_extension',
    'unsupported_extension',
    'record_overflow',
  ],
  'does not verify': ['decrypt_error', 'bad_record_mac'],
  'nothing in common': [
    'handshake_failure',
    'protocol_version',
    'insufficient_security',
    'no_application_protocol',
    'unrecognized_name',
  ],
  'the certificate': [
    'bad_certificate',
    'unsupported_certificate',
    'certificate_expired',
    'certificate_unknown',
    'unknown_ca',
    'certificate_required',
  ],
  'without a word': ['closed', 'unreadable'],
  waits: ['waits'],
}

export function classOf(outcome: string): string {
  const found = Object.entries(classes).find(([, outcomes]) => outcomes.includes(outcome))
  return found?.[0] ?? outcome
}

/** What an alert from the peer most often means, and what to do about it (RFC 8446 §6). */
import type { AlertName } from './codec/registry.ts'
import type { Blame } from './errors.ts'

interface Advice {
  readonly blame?: Blame
  readonly help: string
}

const incompatible = (help: string): Advice => ({ blame: 'incompatible', help })
const certificate = (help: string): Advice => ({ blame: 'certificate', help })

const advice: { readonly [name in AlertName]?: Advice } = {
  handshake_failure: incompatible(
    'The peer found no cipher suite, group or signature scheme in common, or wants a client certificate: compare what both sides have.',
  ),
  insufficient_security: incompatible(
    'The peer demands stronger cipher suites or groups than were offered.',
  ),
  protocol_version: incompatible(
    'The peer does not speak the protocol versions that were offered: it may know older ones only.',
  ),
  inappropriate_fallback: incompatible(
    'The peer speaks a newer version than this connection tried after a failure: try without the fallback.',
  ),
  unrecognized_name: incompatible(
    'The server has no site under the name that was asked for: check the server name (SNI).',
  ),
  no_application_protocol: incompatible(
    'The peer speaks none of the application protocols that were offered (ALPN).',
  ),
  missing_extension: incompatible('The peer demands an extension that was not sent.'),
  unsupported_extension: incompatible('The peer refuses an extension that was sent.'),
  unknown_psk_identity: incompatible('The peer does not know the pre-shared key that was named.'),
  bad_certificate: certificate(
    'The peer did not accept our certificate: it is damaged, or its signature or name does not fit.',
  ),
  unsupported_certificate: certificate('The peer does not accept this type of certificate or key.'),
  certificate_revoked: certificate('Our certificate was revoked by its authority.'),
  certificate_expired: certificate(
    'Our certificate has expired or is not valid yet, by the clock of the peer.',
  ),
  certificate_unknown: certificate('The peer did not accept our certificate and does not say why.'),
  unknown_ca: certificate(
    'The peer does not trust the authority of our certificate, or the intermediates were not sent.',
  ),
  certificate_required: certificate('The server demands a client certificate, and none was sent.'),
  bad_certificate_status_response: certificate('The stapled OCSP response was not accepted.'),
  access_denied: certificate('The peer knows who we are and does not let us in.'),
  decrypt_error: {
    blame: 'peer',
    help: 'The peer could not verify a signature, a Finished or a binder of ours: the messages differ on their way, or one side has a fault.',
  },
  bad_record_mac: {
    blame: 'peer',
    help: 'The peer could not decrypt a record of ours: it was changed on its way, or one side has a fault.',
  },
  internal_error: {
    blame: 'peer',
    help: 'The peer failed for a reason of its own: its log knows more.',
  },
}

export function alertAdvice(name: string): Advice | undefined {
  return advice[name as AlertName]
}

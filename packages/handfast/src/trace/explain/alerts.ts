/** What each alert says (RFC 8446 §6). `{sender}` and `{receiver}` stand for the client and the server. */
import type { AlertName } from '../../codec/registry.ts'

export const alerts: Readonly<Record<AlertName, string>> = {
  close_notify:
    'The {sender} says that it will send nothing more: the orderly end. Without it, somebody who cuts the line could make half of an answer look like all of it.',
  unexpected_message:
    'The {sender} got a message that has no place at this point of the handshake, and gives up: messages out of order are a sign of a fault or an attack.',
  bad_record_mac:
    'A record did not verify at the {sender}: it was changed on its way, or the two sides have different keys. One such record ends the connection.',
  decryption_failed_RESERVED:
    'A record did not decrypt at the {sender}. TLS 1.0 told this apart from a bad MAC, which let attackers find out what a record holds; since TLS 1.1 both are bad_record_mac.',
  decompression_failure_RESERVED:
    'The {sender} could not decompress a record. Compression betrays what it compresses: nobody has it any more.',
  no_certificate_RESERVED:
    'The client has no certificate to show. SSL 3.0 says so by this warning, TLS by an empty Certificate message.',
  export_restriction_RESERVED:
    'A rule of the time when strong cryptography was not to be exported: keys longer than it allowed.',
  record_overflow: 'The {sender} got a record that is longer than TLS allows.',
  handshake_failure:
    'The {sender} found nothing in common with what was offered: no cipher suite, group or signature that both can use. Nothing was wrong with the messages themselves.',
  bad_certificate:
    'The {sender} did not accept the certificate: it is damaged, its signature does not fit, or it is for another name.',
  unsupported_certificate: 'The {sender} cannot use a certificate or key of this kind.',
  certificate_revoked:
    'The certificate was withdrawn by its authority before its time, so the {sender} refuses it.',
  certificate_expired:
    'By the clock of the {sender} the certificate has expired, or is not valid yet. Sometimes it is the clock that is wrong.',
  certificate_unknown:
    'The {sender} did not accept the certificate, for a reason that has no alert of its own.',
  illegal_parameter:
    'The {sender} got a value that is well formed and yet not allowed, such as a choice that was never offered.',
  unknown_ca:
    'The {sender} does not trust the authority that issued the certificate, or the certificates between the two are missing.',
  access_denied: 'The {sender} knows who the {receiver} is, and will not let it in.',
  decode_error: 'The {sender} could not read a message: a length or a structure in it is wrong.',
  decrypt_error:
    'A proof did not hold at the {sender}: a signature, a Finished or a binder does not fit the messages that it saw.',
  protocol_version: 'The {sender} speaks none of the versions that were offered.',
  insufficient_security: 'The {sender} demands stronger ciphers than were offered.',
  internal_error:
    'The {sender} failed for a reason of its own that has nothing to do with the {receiver}.',
  inappropriate_fallback:
    'The client came back with an older version than it could speak, as an attacker would like it to; the server knows better ones and refuses.',
  no_renegotiation:
    'The {sender} was asked to begin a new handshake within the connection and does not: that is how attacks on renegotiation are kept out. The connection can go on.',
  user_canceled:
    'The {sender} gave up for a reason outside of TLS: a user pressed cancel, a program had enough.',
  missing_extension: 'The {sender} got a hello without an extension that it needs.',
  unsupported_extension: 'The {sender} got an answer to a question that it never asked.',
  unrecognized_name: 'The server has no site under the name that the client asked for.',
  bad_certificate_status_response:
    'The stapled statement about revocation (OCSP) did not hold at the {sender}.',
  unknown_psk_identity:
    'The server does not know the key that the client named, and cannot do without it.',
  certificate_required: 'The server wants a certificate of the client, and got none.',
  no_application_protocol:
    'Client and server have no application protocol (ALPN) in common, so there is nothing to be said inside.',
}

/** For an alert that is not in the table. */
export const otherAlert =
  'The {sender} reports a problem under a number that this library has no words for.'

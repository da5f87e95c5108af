/** What each extension is for (RFC 8446 §4.2 and the RFCs that define the others). */
import type { ExtensionType } from '../../codec/registry.ts'

export const extensions: Readonly<Record<keyof typeof ExtensionType, string>> = {
  server_name:
    'The name of the site that the client wants (SNI): one address can serve many, and the server must know which certificate to show. It stands in the ClientHello in the clear, which is how an eavesdropper learns where you go.',
  max_fragment_length:
    'An old way to ask for smaller records, for devices with little memory; record_size_limit took its place.',
  status_request:
    'The client asks for, and the server staples to its certificate, a fresh statement by the authority that it was not revoked (OCSP). So the client need not ask the authority itself, and does not tell it which sites it visits.',
  supported_groups:
    'The mathematical groups in which the sender can agree on a secret, the preferred first: elliptic curves, finite fields, and combinations with ML-KEM that a quantum computer cannot undo.',
  ec_point_formats:
    'How points of elliptic curves may be written; a leftover of TLS 1.2, since only the uncompressed form is used today.',
  signature_algorithms:
    'The kinds of signature that the sender can verify. The other side must sign its handshake, and unless signature_algorithms_cert says otherwise its certificates, with one of them.',
  use_srtp:
    'Keys for encrypted audio and video (SRTP) are to be taken from this handshake; WebRTC does so.',
  heartbeat:
    'A keep-alive within TLS that hardly anybody needs. A missing length check in one implementation of it became known as Heartbleed.',
  application_layer_protocol_negotiation:
    "Which protocol will be spoken inside (ALPN): h2 is HTTP/2, http/1.1 the older one. Client and server settle it within the handshake and save a round trip; the client's list can be read by anyone, the server's choice cannot.",
  signed_certificate_timestamp:
    'Proof that the certificate was entered in public logs (Certificate Transparency), where the owner of a name can see certificates that were issued behind its back.',
  client_certificate_type: 'Lets a client show a bare public key in place of a certificate.',
  server_certificate_type: 'Lets a server show a bare public key in place of a certificate.',
  padding:
    'Zeros that bring the ClientHello to a size that some old network devices do not stumble over. They carry no meaning.',
  encrypt_then_mac:
    'For TLS 1.2 with CBC ciphers: computes the integrity code over the encrypted bytes, the order that resists padding attacks. TLS 1.3 has no use for it.',
  extended_master_secret:
    "For TLS 1.2: binds the session's secret to the whole handshake, so that two connections cannot be mixed up. TLS 1.3 always does so; a client sends it for older servers.",
  compress_certificate:
    'The sender can unpack compressed certificates, which shortens the longest message of the handshake.',
  record_size_limit:
    'The largest record that the sender is ready to receive: a small device saves memory, since a record must be there as a whole before it can be verified.',
  session_ticket:
    'The resumption of TLS 1.2: an empty one says that the client would like a ticket. TLS 1.3 uses pre_shared_key in its place.',
  pre_shared_key:
    "The client names a key that both sides already have, mostly from an earlier connection's ticket; the server says which it takes. It then need not show its certificate again. The client's binder proves that it really holds the key.",
  early_data:
    'The client would like to send data with its very first message (0-RTT), under a key of an earlier connection. It saves a round trip, but somebody who recorded that data can send it again.',
  supported_versions:
    'The true list of versions: the older version field is frozen at TLS 1.2, because too many devices on the way break at a number that they do not know.',
  cookie:
    'A note that the server gives in its HelloRetryRequest and gets back in the second ClientHello. It proves that the client can be reached at its address, and lets the server forget the first attempt.',
  psk_key_exchange_modes:
    'How the client is willing to resume: psk_dhe_ke mixes the old key with a fresh key exchange, so that the old key, stolen later, does not open this connection; psk_ke leaves that out.',
  certificate_authorities:
    'The names of the authorities that the sender trusts, so that the other side can pick a certificate that will be accepted.',
  oid_filters:
    'Tells the client in detail which fields its certificate must have, so that it can pick the right one of several.',
  post_handshake_auth:
    'The client is ready to be asked for its certificate later, when it wants something that needs one.',
  signature_algorithms_cert:
    'The kinds of signature that the sender can verify within certificates, where they differ from those for the handshake itself.',
  key_share:
    "A fresh public key for each group that the client bets on; the server answers with one of its own. Each side combines its private key with the other's public key and gets the same secret, which an eavesdropper who saw both public keys cannot compute.",
  quic_transport_parameters:
    'Settings of QUIC, the transport under HTTP/3, carried in the TLS handshake.',
  application_settings:
    "Settings of the application protocol sent along with the handshake, an experiment of Chromium's.",
  encrypted_client_hello:
    'The real ClientHello, encrypted to a key that the server published in DNS, within an outer one that tells nothing. With it even the name of the site is hidden. Clients without such a key send random bytes, so that the use of it does not stand out.',
  renegotiation_info:
    'A guard of TLS 1.2 against an attack on renegotiation (starting a new handshake within a connection). TLS 1.3 has no renegotiation; clients send it for older servers.',
}

/** For a type that is in no table. */
export const otherExtension =
  'An extension that this library does not know. A receiver passes over what it does not know: that is how TLS can grow.'
/** RFC 8701 */
export const greaseExtension =
  'A reserved value without meaning (GREASE), sent now and then so that servers do not unlearn to ignore what they do not know.'

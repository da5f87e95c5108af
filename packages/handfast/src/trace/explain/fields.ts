/** What each field of a message, record or certificate is, by the name that annotation gives it. */

/** Of messages, their extensions, records and alerts. */
export const fields: Readonly<Record<string, string>> = {
  // Headers
  msg_type: 'Which handshake message this is.',
  length: 'How many bytes follow that belong to this.',
  type: 'What a record carries: handshake messages, alerts or data. In a change_cipher_spec it is always 1.',
  opaque_type:
    'Always application_data once keys are in force: the true type is inside, encrypted, so that an eavesdropper cannot tell handshake from data.',
  legacy_record_version:
    'No longer of any meaning: fixed at an old version for the sake of devices that look at it. The true version is in supported_versions.',
  fragment:
    'What this record carries of the handshake; messages can share a record or be spread over several.',
  encrypted_record:
    'The content, its true type and padding, encrypted together, and the tag that proves them unchanged.',
  content: 'The encrypted content. Its length shows; its meaning does not.',
  nonce:
    'Up to TLS 1.2 each record brings what makes its encryption different from all others; TLS 1.3 counts along and sends nothing.',
  zeros: 'Padding that hides how long the content really is.',
  tag: 'The proof that header and content were not changed; who does not have the key cannot make it.',
  level: 'Warning or fatal. In TLS 1.3 it means nothing any more: what the alert says decides.',
  description: 'Which alert it is.',
  undecoded: 'Bytes that could not be read, because something before them is wrong.',
  body: 'The content of a message that this library does not read.',

  // Hellos
  legacy_version:
    'Frozen at TLS 1.2, since too many devices on the way break at newer numbers; supported_versions has the true one.',
  random:
    '32 fresh random bytes: they make every handshake, and so every key, different from all others, and a recording worthless for a replay.',
  legacy_session_id:
    'A leftover of older versions: random bytes, so that the handshake looks to old devices like a familiar resumption.',
  legacy_session_id_echo: "The client's legacy_session_id, sent back unchanged.",
  cipher_suites: 'The ways of encrypting records that the client has, its preferred first.',
  cipher_suite: 'The one that the server chose.',
  CipherSuite: 'One cipher suite: the cipher that encrypts, and the hash that keys are made with.',
  legacy_compression_methods:
    'Always null: compression before encryption can betray what was encrypted.',
  legacy_compression_method: 'Always null: TLS 1.3 does not compress.',
  extensions:
    'Everything that is not in the fixed form: each has a number, a length and a body of its own.',
  Extension: 'One extension: its number, its length, its body.',
  extension_type: "The number of the extension, by IANA's registry.",
  extension_data: 'The body of the extension, as it came.',

  // Extensions
  server_name_list: 'The names that the client asks for; in practice exactly one.',
  ServerName: 'One name, with its kind.',
  name_type: 'The kind of name: 0, host_name, is the only one that was ever defined.',
  host_name: 'The DNS name of the site. An eavesdropper can read it.',
  named_group_list: 'The groups, the preferred first.',
  NamedGroup: 'One group for agreeing on a secret.',
  supported_signature_algorithms: 'The signature schemes, the preferred first.',
  SignatureScheme: 'One kind of signature: algorithm, hash, and for ECDSA the curve.',
  protocol_name_list: "The application protocols; in the server's answer exactly one.",
  ProtocolName: 'One application protocol.',
  versions: 'The versions that the client speaks, the preferred first.',
  ProtocolVersion: 'One version.',
  selected_version: 'The version that the server chose.',
  client_shares: 'A public key for each group that the client bets on.',
  server_share: "The server's public key, in the group that it chose of the client's.",
  KeyShareEntry: 'A group, and a fresh public key in it.',
  selected_group: 'The group for which the client is to send a public key in its second try.',
  group: 'The group that the key belongs to.',
  key_exchange:
    'A public key made for this connection only. Its private half never leaves the sender and is thrown away afterwards.',
  algorithms: 'The ways of compressing that the sender can unpack.',
  CertificateCompressionAlgorithm: 'One way of compressing.',
  uncompressed_length: 'How long the certificate is unpacked: more than that is never unpacked.',
  compressed_certificate_message: 'The certificates, compressed.',
  ke_modes: 'The ways in which the client is ready to resume.',
  PskKeyExchangeMode:
    'One way to resume: with a fresh key exchange (psk_dhe_ke) or without (psk_ke).',
  identities: 'The keys that the client could use, by name.',
  PskIdentity: 'One key by its name, with the age of its ticket.',
  identity: 'The name of the key: mostly the ticket that the server once issued.',
  obfuscated_ticket_age:
    'How many milliseconds ago the client got the ticket, plus a secret number, so that an eavesdropper cannot link connections by it.',
  binders: 'For each key a code over this ClientHello, which proves that the client holds it.',
  PskBinderEntry: 'The code for one key.',
  selected_identity: "Which of the client's keys the server takes, counted from 0.",
  cookie: 'Bytes that mean something to the server only; the client sends them back unchanged.',
  max_early_data_size: 'How many bytes of early data the server will accept with this ticket.',
  record_size_limit:
    'The largest record that the sender will receive, in bytes, before encryption.',
  padding: 'Zeros without meaning.',
  authorities: 'The names of the authorities.',
  DistinguishedName: "One authority's name, as its certificate has it.",
  filters: "What the client's certificate must have.",
  OIDFilter: 'One field that the certificate must have, and its values.',
  certificate_extension_oid: 'Which field of the certificate, by its object identifier.',
  certificate_extension_values: 'The values that it must have.',
  status_type: 'What kind of statement about revocation: 1 is OCSP, the only one in use.',
  request: 'Which responders are accepted, and extensions of the question; mostly both are empty.',
  response: "The authority's signed statement (OCSP) on whether the certificate was revoked.",
  sct_list: 'One timestamp for each log.',
  SerializedSCT: 'A promise by a public log that the certificate was, or will be, entered.',
  sct_version: "The version of the timestamp's form.",
  log_id: 'Which log: the hash of its public key.',
  timestamp: 'When the log saw the certificate.',

  // Certificates and their proofs
  certificate_request_context:
    'Ties the answer to its question; empty during the handshake, a number for questions that come later.',
  certificate_list: "The sender's certificate first, then those that lead to a trusted authority.",
  CertificateEntry: 'One certificate, with extensions that belong to it.',
  cert_data: 'One certificate.',
  algorithm: 'The kind of signature.',
  signature:
    'The signature itself: only the owner of the private key can make it, everybody can verify it.',
  verify_data:
    'A code over all messages so far, made with a key that only the two sides have. One changed byte anywhere, and it would not fit.',

  // Key exchange of TLS 1.2
  params: "The server's fresh public key, and the group that it belongs to.",
  signed_params: "The server's signature over both randoms and the parameters.",
  curve_type: 'How the curve is given: 3, by its name, is the only way in use.',
  named_curve: 'The curve.',
  public: "The server's public key: a point of the curve.",
  dh_p: 'The prime number of the group. Too small a one can be broken (Logjam).',
  dh_g: 'The generator of the group.',
  dh_ys: "The server's public key.",
  dh_yc: "The client's public key.",
  ecdh_yc: "The client's public key: a point of the curve.",
  encrypted_pre_master_secret:
    "The secret that the client made, encrypted with the public key of the server's certificate. Who has, or later steals, the private key can read it: so this key exchange is gone from TLS 1.3.",
  psk_identity_hint: 'Tells the client which of its keys the server means.',
  psk_identity: 'The name of the key that both sides have.',
  certificate_types: 'Which kinds of key the client may sign with.',
  ClientCertificateType: 'One kind of key.',
  certificate_authorities: 'The names of the authorities that the server trusts for clients.',

  // Extensions of TLS 1.2
  max_fragment_length: 'The longest record that is to be sent.',
  ec_point_format_list: 'The ways of writing points; only uncompressed is left.',
  ECPointFormat: 'One way of writing points.',
  renegotiated_connection:
    'Empty in a first handshake; in a later one it names the one before, so that nobody can put his own in front.',

  // After the handshake
  ticket_lifetime_hint: 'For how long the server thinks that it will take the ticket.',
  ticket_lifetime: 'For how long the ticket may be used; seven days at the most.',
  ticket_age_add: "The secret number that hides the ticket's age when it is used.",
  ticket_nonce: 'Makes the key of this ticket different from those of its sisters.',
  ticket:
    'Bytes that mean something to the server only: often the whole session, encrypted with a key of its own.',
  request_update: 'Whether the other side is to change its keys too.',
}

/** Of certificates (RFC 5280 §4.1), by the ASN.1 names that annotation gives them. */
export const certificateFields: Readonly<Record<string, string>> = {
  'tag and length':
    'DER, the encoding of certificates, writes before each thing what it is and how long.',
  certificate: 'What the authority signed, how, and the signature.',
  tbsCertificate: 'All that the authority vouches for: the part that is signed (to be signed).',
  version: 'The version of the form: v3, which has extensions.',
  serialNumber: "The authority's number for this certificate; by it a certificate is revoked.",
  signature:
    'The algorithm of the signature, repeated within the signed part so that it cannot be changed.',
  issuer: 'Who issued it.',
  validity: 'From when to when it is good.',
  notBefore: 'Not valid before this time.',
  notAfter: 'Not valid after this time.',
  subject: 'Whose it is. For web sites the names in subjectAltName count, not this.',
  subjectPublicKeyInfo: 'The public key that the name is bound to, and its kind.',
  subjectPublicKey: 'The public key itself.',
  algorithm: 'Which algorithm, by its object identifier.',
  parameters: 'What the algorithm needs besides, such as the curve.',
  issuerUniqueID: 'A leftover of version 2 that nobody uses.',
  subjectUniqueID: 'A leftover of version 2 that nobody uses.',
  relativeDistinguishedName: 'One step of a name, of several parts.',
  extensions: 'What the certificate says beyond name, key and time.',
  extnID: 'Which extension, by its object identifier.',
  critical: 'Who does not understand this extension must refuse the certificate.',
  extnValue: 'What the extension says.',
  signatureAlgorithm: 'How the authority signed.',
  signatureValue: "The authority's signature over the whole of tbsCertificate.",

  // Parts of names
  CN: "Common name: for web sites once the site's name, today for display only.",
  O: 'Organization.',
  OU: 'Part of the organization.',
  C: 'Country, in two letters.',
  L: 'City.',
  ST: 'State or province.',
  SN: 'Family name.',
  GN: 'Given name.',
  initials: 'Initials of a person.',
  generationQualifier: 'What tells a person from a parent of the same name, such as Jr.',
  title: 'Title or position of a person.',
  pseudonym: 'A name that is not the true one.',
  street: 'Street.',
  postalCode: 'Postal code.',
  businessCategory: 'What kind of organization it is.',
  organizationIdentifier: 'A number by which the organization is registered.',
  dnQualifier: 'Tells names apart that would otherwise be the same.',
  UID: 'A user name.',
  DC: 'One part of a DNS name, written as part of a distinguished name.',
  emailAddress: 'An e-mail address.',
  jurisdictionL: 'City in whose register the organization stands.',
  jurisdictionST: 'State in whose register the organization stands.',
  jurisdictionC: 'Country in whose register the organization stands.',

  // Extensions
  subjectAltName:
    'The names that the certificate is good for: DNS names, addresses. These are what a client compares.',
  issuerAltName: 'Further names of the authority.',
  basicConstraints: 'Whether this is an authority, and how many further ones may stand below it.',
  keyUsage: 'What the key may do: sign handshakes, sign certificates, sign revocation lists.',
  extKeyUsage: 'What the certificate is for: web servers, clients, mail, code.',
  subjectKeyIdentifier: 'A short mark of this key, by which others refer to it.',
  authorityKeyIdentifier: 'The mark of the key that signed, which helps to find the issuer.',
  certificatePolicies:
    'Under which rules the authority issued it; for web sites: how thoroughly it looked.',
  policyMappings: 'Which rules of one authority are worth as much as which of another.',
  policyConstraints: 'Demands on the rules further down the chain.',
  inhibitAnyPolicy:
    'From which point of the chain on the answer that any policy will do does not count.',
  nameConstraints: 'The only names for which this authority may issue.',
  authorityInfoAccess:
    "Where to ask whether it was revoked (OCSP), and where the issuer's certificate is.",
  subjectInfoAccess: 'Where more about the owner is to be found.',
  crlDistributionPoints: 'Where the authority publishes what it has revoked.',
  freshestCRL: 'Where the newest changes of the revocation list are.',
  signedCertificateTimestampList:
    'Promises by public logs that this certificate can be seen by everybody (Certificate Transparency).',
  precertificatePoison: 'Marks a draft for the logs that must never be used as a certificate.',
  netscapeCertType: 'An old way to say what a certificate is for.',
  netscapeComment: 'A remark for humans.',
  tlsFeature:
    'A promise of the server: with must-staple it always brings a statement that it was not revoked.',
}

/** For a field of a certificate that is known by its object identifier only. */
export const otherCertificateField = 'A part that this library knows by its object identifier only.'

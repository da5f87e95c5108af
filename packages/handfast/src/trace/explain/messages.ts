/** What each handshake message is for (RFC 8446 §4). `{sender}` and `{receiver}` stand for the client and the server. */

export const messages: Readonly<Record<string, string>> = {
  ClientHello:
    'The client opens the conversation: it lists the versions, cipher suites and groups that it can use, and adds fresh public keys, so that the server can choose and answer in one step. No keys exist yet, so anyone on the path can read it, the name of the server included.',
  ServerHello:
    'The server chooses one of everything that the client offered and adds its own public key. It is the last message that an eavesdropper can read: with the two public keys both sides now compute the same secret, which nobody who only listened can.',
  HelloRetryRequest:
    'The server can work with the offer but not with the public keys that came along (or wants proof that the client is really there): it asks for a second ClientHello with a key for the group that it names. It costs one more round trip, and can be read by anyone.',
  EncryptedExtensions:
    "The server's answers to those offers of the ClientHello that have nothing to do with making keys, such as the application protocol. It is the first message that is encrypted: what was agreed here stays between the two.",
  CertificateRequest:
    'The server asks the client to show a certificate too, and says which signatures (and perhaps which authorities) it accepts. Most web sites never send it; where both sides prove who they are, one speaks of mutual TLS.',
  Certificate:
    'The {sender} shows its certificate, a statement by an authority that binds a name to a public key, together with the certificates that lead to an authority which the {receiver} trusts. Encrypted, it no longer tells an eavesdropper who is being talked to, as it did up to TLS 1.2.',
  CertificateVerify:
    'Anyone can copy a certificate, so the {sender} proves that it holds the private key that belongs to it: it signs all that was said so far. The signature is good for this one handshake and cannot be replayed in another.',
  Finished:
    'The {sender} closes its part of the handshake with a code over every message so far, made with the new keys. If anybody changed a single byte on the way, such as removing a strong cipher from the offer, the codes differ and the connection ends here.',
  NewSessionTicket:
    'The server hands out a ticket: with it the client can resume later, and both save the certificate and its signature. When it is used the ticket can be seen, but it is of no use to others: the key that belongs to it never crosses the wire.',
  KeyUpdate:
    'The {sender} changes to new keys from the next record on, made from the old ones in a way that does not lead back. Keys should not protect endless amounts of data, and whoever stole the new ones cannot read what went before.',
  HelloRequest:
    'TLS 1.2: the server would like a new handshake within this connection. It was the way for several attacks; this library refuses it.',
  ServerKeyExchange:
    "TLS 1.2: the server's fresh public key, signed with the key of its certificate together with both randoms. TLS 1.3 has the key in the ServerHello, and signs in CertificateVerify.",
  ServerHelloDone:
    'TLS 1.2: the server has said what it has to say, and it is the turn of the client. It has no content.',
  ClientKeyExchange:
    "TLS 1.2: the client's half of the key exchange: its fresh public key, or a secret that is encrypted so that only the owner of the server's certificate can read it.",
  CertificateStatus:
    "TLS 1.2: the authority's fresh statement that the certificate was not revoked (OCSP), stapled by the server. In TLS 1.3 it is an extension of the certificate.",
  end_of_early_data:
    "The client has sent the last of its early data, which it encrypted with keys of the earlier connection; what follows is under the new handshake's keys.",
  message_hash:
    'Not a message on the wire: after a HelloRetryRequest the first ClientHello stands in the transcript as its hash, so that a server need not remember it.',
}

/** For a message of a type that is not in the table. */
export const otherMessage =
  'A handshake message of a type that this library does not know; it is shown as it came.'

/** What each handshake message is for (RFC 8446 §4). `{sender}` and `{receiver}` stand for the client and the server. */
import type { KeyExchange } from '../../codec/messages12.ts'

export const messages: Readonly<Record<string, string>> = {
  ClientHello:
    'The client opens the conversation: it lists the versions, cipher suites and groups that it can use, and for TLS 1.3 adds fresh public keys, so that the server can choose and answer in one step. No keys exist yet, so anyone on the path can read it, the name of the server included.',
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
  CompressedCertificate:
    'The {sender} shows its certificate, as in a Certificate message, compressed with an algorithm that the {receiver} said it can unpack.',
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
  EndOfEarlyData:
    "The client has sent the last of its early data, which it encrypted with keys of the earlier connection; what follows is under the new handshake's keys.",
  message_hash:
    'Not a message on the wire: after a HelloRetryRequest the first ClientHello stands in the transcript as its hash, so that a server need not remember it.',
}

/** Of the same messages up to TLS 1.2, where another sentence is true (RFC 5246 §7.4). */
export const messages12: Readonly<Record<string, string>> = {
  ServerHello:
    'The server chooses the version, the cipher suite and more from what the client offered, and adds its random. The keys are agreed on by messages of their own that follow; until then everything can be read by anyone.',
  Certificate:
    'The {sender} shows its certificate, a statement by an authority that binds a name to a public key, together with the certificates that lead to an authority which the {receiver} trusts. There are no keys yet: an eavesdropper reads it too, and learns who is there. TLS 1.3 encrypts it.',
  CertificateRequest:
    'The server asks the client to show a certificate too, and says which keys, signatures and authorities it accepts: mutual TLS. The answer will travel in the clear, so an eavesdropper learns who the client is; TLS 1.3 encrypts it.',
  CertificateVerify:
    'Anyone can copy a certificate, so the client proves that it holds the private key that belongs to it: it signs all messages so far. The server proves the same in ServerKeyExchange, or by being able to decrypt.',
  Finished:
    'The {sender} closes its part of the handshake with a code over every message so far, made of the master secret: the first thing under the new keys. If anybody changed a single byte on the way, such as removing a strong cipher from the offer, the codes differ and the connection ends here.',
  NewSessionTicket:
    'The server hands out a ticket: the session, encrypted so that the server alone can read it. With it the client can resume later, and both save the certificate and its signature. It is sent before encryption begins, so an eavesdropper sees it, and knows the client again when it is used; the master secret it does not give away.',
}

/** What the messages of the key exchange are depends on the key exchange (RFC 5246 §7.4.3, §7.4.7; RFC 4279, 5489, 8422). */
export const keyExchangeMessages: Readonly<
  Record<string, Readonly<Partial<Record<KeyExchange, string>>>>
> = {
  ServerKeyExchange: {
    ECDHE:
      "The server's half of the Diffie-Hellman exchange on an elliptic curve: a fresh public key, signed with the key of its certificate together with both randoms. So the key is the owner's of the certificate, and made for this handshake.",
    DHE: "The server's half of the Diffie-Hellman exchange: a prime, a generator and a fresh public key, signed with the key of its certificate together with both randoms. The client has to judge the prime: too small a one can be broken (Logjam).",
    PSK: 'Tells the client which of the keys that both have the server means. Nothing here is secret, or signed.',
    ECDHE_PSK:
      "The server's fresh public key. Nobody signs it: that both sides know the pre-shared key is the proof.",
  },
  ClientKeyExchange: {
    ECDHE:
      "The client's half of the Diffie-Hellman exchange: its fresh public key. Each side now combines its private key with the other's public key and gets the same premaster secret, which an eavesdropper who saw both public keys cannot compute. Both private keys are thrown away, so nobody can do it later either.",
    DHE: "The client's half of the Diffie-Hellman exchange: its fresh public key. Each side now combines its private key with the other's public key and gets the same premaster secret, which an eavesdropper who saw both public keys cannot compute. Both private keys are thrown away, so nobody can do it later either.",
    RSA: "The client made the premaster secret by itself and sends it, encrypted with the public key of the server's certificate. That the server can decrypt it proves who it is. But whoever steals its key, even years later, can decrypt it from a recording too: no forward secrecy, and the reason why TLS 1.3 has dropped this.",
    PSK: 'The client says which pre-shared key it uses, by name. The premaster secret is made of that key alone: who learns it later can read what was recorded.',
    ECDHE_PSK:
      'Which pre-shared key the client uses, and its fresh public key: the premaster secret is made of both, so that the key alone does not open what was recorded.',
  },
}

/** For a message of a type that is not in the table. */
export const otherMessage =
  'A handshake message of a type that this library does not know; it is shown as it came.'

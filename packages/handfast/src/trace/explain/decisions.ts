/** What hangs on each choice, what each check proves, and what the other events mean. */
import type { Blame } from '../../errors.ts'
import type { DecisionEvent, TransportEvent } from '../events.ts'

export const decisions: Readonly<Record<DecisionEvent['what'], string>> = {
  version:
    'The version of TLS for this connection. The choice is part of what both sides confirm at the end, so nobody between them can talk them into an older one.',
  'cipher suite':
    'The cipher suite says how records are encrypted and which hash the keys are made with. In TLS 1.3 every suite is a good one; how the secret is agreed on and who signs are settled separately.',
  group:
    'The group is where the two sides agree on a fresh secret, and so what stands between a recording of today and its reader of tomorrow. Names with MLKEM in them hold against quantum computers too.',
  'key share':
    'Which of the public keys that came with the hello is used. If none fits, the server has to ask for another, which costs a round trip.',
  'signature scheme':
    'The kind of signature by which the owner of a certificate proves that it holds the key; it must fit the key and be accepted by the other side.',
  'application protocol':
    'The protocol inside (ALPN), settled here so that no further round trip is needed for it.',
  certificate:
    'A server can have many certificates: it picks the one for the name that the client asked for, with a key that the client can verify.',
  'certificate compression':
    'Certificates are the longest part of the handshake. If the other side can unpack them they travel compressed, which may save a round trip.',
  resumption:
    'If both sides still know a key from an earlier connection, they can do without certificate and signature. If they do not, a full handshake follows, and nothing is lost but time.',
  'pre-shared key':
    'Both sides can be given a key beforehand, under a name. If the server has the one that the client names, the key vouches for both, and no certificate is needed. The name can be read by everybody on the way.',
  'hello retry':
    'The first hello was not enough, mostly because it has no key for the group that the server wants: the client gets a second try, and the handshake takes one more round trip.',
  'client authentication':
    'Whether the client shows a certificate too. On the web it rarely does; between machines it is common (mutual TLS).',
  'early data':
    'Whether data may come with the first message, before the server has answered: faster, but it can be replayed by an attacker.',
  renegotiation:
    'TLS 1.2 knows a second handshake within a connection. It was the way for several attacks, and TLS 1.3 has none; here it is always refused.',
  'record size limit': 'How large the records may be that one side sends to the other.',
}

/** Up to TLS 1.2, where another sentence is true. */
export const decisions12: Readonly<Partial<Record<DecisionEvent['what'], string>>> = {
  'cipher suite':
    'Up to TLS 1.2 the cipher suite says everything at once: how the secret is agreed on (ECDHE, DHE, RSA), who signs for the server (ECDSA, RSA), how records are encrypted and by what a changed one is noticed. Good ones and bad ones stand side by side, so the choice matters.',
}

/** By the name of the check: those of the handshake, then those of `@handfast/x509`. */
export const checks: Readonly<Record<string, string>> = {
  'key share':
    'The public key of the other side must be a valid one of its group: a crafted one could betray the secret.',
  CertificateVerify:
    'The signature over the handshake must verify with the key in the certificate. This is what proves that the certificate was shown by its owner, and not copied.',
  Finished:
    'Both sides computed a code over all messages; that they are equal proves that neither was told anything that the other did not say.',
  ServerKeyExchange:
    "The server signs its fresh public key together with both randoms: so the key is the owner's of the certificate, and made for this handshake.",
  'PSK binder':
    'The code with which the client proves, before anything else is agreed, that it holds the key that it names: of an earlier connection, or one that both sides had before.',
  'downgrade protection':
    'A server that has a newer version says so in its random. That it did not shows that nobody between removed the newer version from the offer.',
  'secure renegotiation':
    'The other side knows the guard against an attack on renegotiation, and says that this is a first handshake.',
  'certificate of the session':
    'A session is resumed without showing a certificate again, so the one of the earlier connection must still be acceptable today.',
  name: 'The certificate must be for the name that was asked for; otherwise anyone with any valid certificate could pose as anyone.',
  path: 'From the certificate a chain of issuers must lead to an authority that is trusted; here there is none.',
  signature:
    'Each certificate must be signed by the key of the next one: so trust in one authority reaches down to this site.',
  'signature algorithm':
    'Old signature algorithms can be forged; a certificate that was signed with one proves nothing.',
  'public key': 'The key must be of a kind and length that cannot be broken by computing.',
  validity:
    'A certificate is good from one date to another; its authority vouches for nothing before and nothing after.',
  'critical extensions':
    'A certificate can carry rules that must be understood; one with a rule that this library does not know is refused, not guessed at.',
  'key usage':
    'The certificate says what its key is for; it must be for what is done with it here.',
  'extended key usage':
    "The certificate says which purpose it was issued for: a server's certificate does not make a client, nor a mail certificate a web site.",
  'certificate authority':
    'Only a certificate that is marked as an authority may issue others; otherwise every site could make certificates for every other.',
  'path length': 'An authority can limit how many further authorities may stand below it.',
  'name constraints':
    'An authority can be limited to certain names, such as those of one company; what it issues for others does not count.',
  policies:
    'The rules under which the certificates were issued must fit each other along the chain.',
  revocation:
    'An authority can withdraw a certificate before its time, for instance when a key was stolen; this asks whether it did.',
  'pinned key':
    'The caller named the keys that it accepts for this peer; one of them must be in the chain, whatever authorities vouch for.',
  tlsa: 'The DNS, signed by DNSSEC, may say which certificate or key this name has; what the peer shows must be among them.',
  'certificate transparency':
    'Public logs must have promised to show the certificate to everybody, so that one which was issued behind the back of its owner comes to light.',
  profile:
    'Rules of form that certificates of this kind have to keep, beyond what security alone demands.',
  encoding:
    'The certificate must be readable, in the one encoding (DER) that allows no two readings.',
  budget:
    'Looking for a chain may take only so much work, so that nobody can keep this side busy with a heap of crafted certificates.',
}

/** For a check without a sentence of its own. */
export const otherCheck = 'Something that must hold before the handshake goes on.'

export const failures: Readonly<Record<Blame, string>> = {
  peer: 'The other side broke the rules of TLS, or the bytes were changed on their way. It is not something that an option here could mend.',
  incompatible:
    'Nobody did anything wrong: the two sides have nothing in common, or one will not accept what the other has. A setting on either side can change that.',
  certificate:
    'The other side could not prove who it is (or our certificate was not accepted), so nothing was sent to it. Ignoring this would mean to talk to anybody.',
  caller:
    'The program that uses this library asked for something that cannot be; the other side has no part in it.',
  transport:
    'The connection underneath ended or failed, without the proper goodbye that tells an end from a cut.',
  library:
    'This library, or the crypto that it was given, has a fault. The other side has no part in it.',
}

export const transport: Readonly<Record<TransportEvent['what'], string>> = {
  resolved:
    'The name was looked up in DNS and is an address now. That question mostly travels in the clear; TLS begins later.',
  connected:
    'The transport, mostly TCP, stands: bytes can flow in both directions, and anyone between can read them. TLS begins now.',
  starttls:
    'The protocol began in the clear, and both sides agreed in its own words to go on with TLS (STARTTLS).',
  ended:
    'The transport delivers nothing more. After a close_notify that is a proper end; without one it may be a cut.',
  failed:
    'The transport could not be made or broke down: TLS never got its turn, or lost its footing.',
}

/**
 * The attacks that other stacks met, and the tests that show that this one stands. Each says what happened elsewhere; the
 * tests drive the engine, the adapter or the certificate code with the hostile input itself.
 */

export interface Attack {
  /** The CVE, or the name it goes by. */
  readonly name: string
  /** What happened, and to whom. */
  readonly seen: string
  /** Files below the root, each with the words that its tests have in their titles. */
  readonly tests: Readonly<Record<string, readonly string[]>>
}

const here = (file: string) => `conformance/attacks/${file}.test.ts`
const records = here('records')
const handshakes = here('handshakes')
const certificates = here('certificates')
const sockets = here('sockets')
const engine = (file: string) => `packages/handfast/test/engine/${file}`
const hostile = (file: string) => engine(`hostile/${file}.ts`)
const tls12 = 'packages/handfast/test/tls12/hostile.test.ts'
const oracles = 'packages/handfast/test/tls12/oracles.test.ts'
const legacy = 'packages/handfast/test/legacy/versions.test.ts'
const x509 = (file: string) => `packages/x509/test/${file}.test.ts`

export const attacks: readonly Attack[] = [
  // ── Records, alerts, floods ───────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'CVE-2024-32650',
    seen: 'rustls read on for ever after a close_notify in the middle of a handshake',
    tests: {
      [records]: ['CVE-2024-32650'],
      [sockets]: ['CVE-2024-32650'],
      [hostile('protectedRecords')]: ['close_notify comes under the handshake keys'],
    },
  },
  {
    name: 'CVE-2024-11738',
    seen: 'rustls panicked when a ClientHello came in several records',
    tests: {
      [records]: ['CVE-2024-11738'],
      [engine('tolerance.test.ts')]: ['handshake messages in records of a byte'],
    },
  },
  {
    name: 'CVE-2014-3511',
    seen: 'OpenSSL chose TLS 1.0 for a ClientHello that was badly fragmented',
    tests: { [records]: ['CVE-2014-3511'] },
  },
  {
    name: 'Heartbleed, CVE-2014-0160',
    seen: 'OpenSSL answered a heartbeat with as much memory as the peer claimed to have sent',
    tests: {
      [records]: ['CVE-2014-0160'],
      [hostile('protectedRecords')]: ['a protected record holds a heartbeat'],
    },
  },
  {
    name: 'CVE-2016-6307',
    seen: 'OpenSSL allocated what the header of a message announced',
    tests: {
      [records]: ['CVE-2016-6307', 'a peer that never completes its message'],
      [hostile('plainRecords')]: ['a handshake message announces more than the limit'],
      'packages/handfast/test/codec/messages.test.ts': [
        'nothing is allocated for what is announced',
      ],
    },
  },
  {
    name: 'CVE-2022-41724',
    seen: 'Go panicked over large handshake records',
    tests: {
      [hostile('protectedRecords')]: [
        'a record holds more than 2^14 bytes',
        'a protected record announces more than 2^14 + 256 bytes',
        'a protected message announces more than the limit',
      ],
    },
  },
  {
    name: 'SSL Death Alert, CVE-2016-8610',
    seen: 'OpenSSL, GnuTLS and NSS spent a processor on warning alerts without end',
    tests: {
      [sockets]: ['CVE-2016-8610'],
      [hostile('plainRecords')]: ['user_canceled comes again and again'],
      [hostile('protectedRecords')]: ['user_canceled comes again and again after the handshake'],
      [tls12]: ['a warning of a name that is not known changes nothing'],
    },
  },
  {
    name: 'CVE-2020-12457',
    seen: 'wolfSSL got stuck on change_cipher_spec records in a row',
    tests: {
      [sockets]: ['CVE-2020-12457'],
      [hostile('plainRecords')]: ['change_cipher_spec comes again and again'],
    },
  },
  {
    name: 'empty records without end',
    seen: 'several stacks decrypted records without content for as long as they came',
    tests: { [hostile('protectedRecords')]: ['empty records of data come again and again'] },
  },
  {
    name: 'records of no length, and of one byte too many',
    seen: 'empty handshake records and alerts, and 2^14 + 1 bytes, were read in different ways',
    tests: {
      [hostile('plainRecords')]: [
        'an empty handshake record comes first',
        'an empty alert comes first',
        'a record announces more than 2^14 bytes',
      ],
      [hostile('protectedRecords')]: ['a handshake record is empty', 'a record holds zeros only'],
    },
  },
  {
    name: 'KeyUpdate floods',
    seen: 'several stacks derived keys, and queued answers, for each of endless KeyUpdates',
    tests: {
      [hostile('afterHandshake')]: [
        'KeyUpdate comes again and again',
        'KeyUpdate comes again and again and wants an answer',
      ],
      [records]: ['KeyUpdates that want answers, from a peer that reads none of them'],
    },
  },
  {
    name: 'CVE-2026-32283',
    seen: 'Go deadlocked over several KeyUpdates in one record',
    tests: {
      [hostile('afterHandshake')]: ['something follows a KeyUpdate in its record'],
      [records]: ['CVE-2026-32283'],
    },
  },
  {
    name: 'CVE-2023-39322',
    seen: 'Go buffered post-handshake messages without a bound',
    tests: {
      [hostile('afterHandshake')]: ['NewSessionTicket comes again and again'],
      [engine('tolerance.test.ts')]: ['keeps no more than its limit'],
      [hostile('clientFlight')]: ['requests are answered without end'],
    },
  },
  {
    name: 'CVE-2025-61730',
    seen: 'Go read messages that stood behind a change of keys in one record as if they had been protected',
    tests: {
      [hostile('afterHandshake')]: ['the beginning of something follows a KeyUpdate in its record'],
      [hostile('serverCertificate')]: ['something follows Finished in its record'],
      [hostile('serverHello')]: ['has the beginning of the ServerHello behind it'],
      [hostile('preSharedKeys')]: [
        'the first ClientHello has the beginning of the second behind it',
      ],
    },
  },
  {
    name: 'truncation',
    seen: 'clients took a connection that was cut for one that had ended',
    tests: {
      'packages/handfast/test/node/streams.test.ts': ['is an error with requireCloseNotify'],
      [hostile('protectedRecords')]: [
        'the transport ends in the middle of a record after the handshake',
      ],
    },
  },
  {
    name: 'replay, reordering and omission of records',
    seen: 'what AEADs and record numbers are for',
    tests: {
      [hostile('protectedRecords')]: [
        'a record comes twice',
        'records come in another order',
        'a record is left out',
      ],
      [tls12]: ['a record comes again'],
    },
  },
  {
    name: 'slow loris',
    seen: 'servers kept half-made handshakes for as long as a byte came now and then',
    tests: { [sockets]: ['slow loris'] },
  },
  {
    name: 'CRIME, CVE-2012-4929',
    seen: 'compression under encryption told the secrets by their lengths',
    tests: {
      [records]: ['CVE-2012-4929'],
      [hostile('serverHello')]: ['chooses compression'],
      [hostile('secondClientHello')]: ['offers compression'],
    },
  },
  {
    name: 'certificate bombs, CVE-2025-66199',
    seen: 'OpenSSL allocated the length that a CompressedCertificate announced',
    tests: {
      [records]: ['CVE-2025-66199'],
      [hostile('compression')]: [
        'a compressed certificate is a bomb',
        'a compressed certificate announces more than is allowed',
      ],
      [engine('certificateCompression.test.ts')]: ['unpacks no more than was announced'],
    },
  },
  // ── Negotiation and order ─────────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'SMACK, SKIP-TLS, CVE-2014-6593',
    seen: 'JSSE and others completed handshakes whose messages were left out or out of order',
    tests: {
      [engine('noise.test.ts')]: ['are completed by no'],
      [hostile('clientFlight')]: [
        'CertificateVerify comes before Certificate',
        'Certificate comes twice',
      ],
    },
  },
  {
    name: 'EarlyCCS, CVE-2014-0224',
    seen: 'OpenSSL took a change_cipher_spec before there were keys',
    tests: { [tls12]: ['a change_cipher_spec comes before the ClientKeyExchange'] },
  },
  {
    name: 'goto fail, CVE-2014-1266',
    seen: "Apple's client did not verify the signature of the server's parameters",
    tests: { [tls12]: ['a signature over other randoms'] },
  },
  {
    name: 'CVE-2020-24613',
    seen: 'the client of wolfSSL went on without the CertificateVerify of the server',
    tests: {
      [hostile('serverFlight')]: ['CertificateVerify'],
      [engine('noise.test.ts')]: ['are completed by no'],
    },
  },
  {
    name: 'CVE-2022-25640, CVE-2015-0205',
    seen: 'servers of wolfSSL and OpenSSL let clients in whose CertificateVerify was missing',
    tests: {
      [hostile('clientFlight')]: ['CertificateVerify is left out'],
      [tls12]: ['a certificate without its CertificateVerify'],
    },
  },
  {
    name: 'CVE-2022-25638, a scheme that was not offered',
    seen: 'wolfSSL took a signature of another scheme than was agreed',
    tests: {
      [hostile('serverCertificate')]: [
        'CertificateVerify is made with a scheme that the client left out',
        'CertificateVerify names a scheme of another type of key',
      ],
      [hostile('clientFlight')]: ['names a scheme that the server did not ask for'],
      [tls12]: ['a signature scheme that was not offered', 'a signature scheme of SHA-1'],
    },
  },
  {
    name: 'CVE-2024-5814, negotiation of what was not offered',
    seen: 'the client of wolfSSL let itself be given a suite that it had not offered',
    tests: {
      [hostile('serverHello')]: [
        'chooses a suite that was not offered',
        'takes a PSK that nobody offered',
      ],
      [hostile('serverFlight')]: ['EncryptedExtensions chooses a protocol that was not offered'],
      [tls12]: ['a suite that was not offered', 'a curve that was not offered'],
    },
  },
  {
    name: 'CVE-2023-3724',
    seen: 'wolfSSL used a predictable secret where a ServerHello had neither key share nor PSK',
    tests: {
      [hostile('serverHello')]: ['has no key share'],
      [hostile('clientHello')]: ['has no key_share'],
    },
  },
  {
    name: 'duplicate extensions and key shares',
    seen: 'of two, one part of a stack read the first and another part the last',
    tests: {
      [hostile('clientHello')]: ['carries an extension twice'],
      [hostile('serverHello')]: ['carries an extension twice'],
      [hostile('serverFlight')]: ['EncryptedExtensions carries an extension twice'],
      [hostile('secondClientHello')]: ['has two shares'],
    },
  },
  {
    name: 'a second ClientHello that differs from the first',
    seen: 'servers checked one ClientHello and answered the other',
    tests: {
      [hostile('secondClientHello')]: [
        'has another random',
        'has another list of suites',
        'lacks an extension',
        'leaves out the PSK of the first',
        'lacks the cookie',
      ],
    },
  },
  {
    name: 'downgrade, CVE-2014-3566 (POODLE)',
    seen: 'attackers on the path made both sides use an older version than they have',
    tests: {
      [tls12]: ['TLS 1.3 is taken out of the offer: the sentinel shows it', 'a client falls back'],
      [handshakes]: ['the sentinel is in every random'],
    },
  },
  {
    name: 'BEAST (CVE-2011-3389), POODLE (CVE-2014-3566), Sweet32 (CVE-2016-2183), SSL 2.0',
    seen: 'what was known of the old versions was made use of where they were still there',
    tests: {
      [legacy]: [
        'sends one byte of data ahead, in both roles',
        'SSL 3.0 is not spoken where nobody brought it',
        '3DES is only for those who come through the door',
        'its ClientHello is refused with a sentence that says so',
      ],
      'packages/handfast/test/legacy/bundles.test.ts': ['nothing of the legacy door is in'],
    },
  },
  {
    name: 'FREAK, Logjam (CVE-2015-4000), DROWN, SWEET32, SLOTH',
    seen: 'export suites, small groups, weak ciphers and hashes that were still there were used',
    tests: {
      [handshakes]: ['FREAK, Logjam, DROWN, SWEET32'],
      [tls12]: [
        'a finite field of 1024 bits',
        'a ServerKeyExchange for RSA',
        'a signature scheme of SHA-1',
      ],
    },
  },
  {
    name: 'renegotiation, CVE-2009-3555',
    seen: "an attacker's words came to stand before those of the client",
    tests: {
      [tls12]: ['a renegotiation that the', 'a renegotiation_info that is not empty'],
      [hostile('clientFlight')]: ['a ClientHello comes after the handshake'],
    },
  },
  {
    name: 'CVE-2021-3449',
    seen: 'a renegotiating ClientHello without signature_algorithms brought OpenSSL down',
    tests: { [handshakes]: ['CVE-2021-3449'] },
  },
  {
    name: 'CVE-2020-1967',
    seen: 'signature_algorithms_cert with unknown schemes brought OpenSSL down',
    tests: { [handshakes]: ['CVE-2020-1967'] },
  },
  {
    name: 'CVE-2024-5535, ALPN',
    seen: 'OpenSSL read beyond an empty list of protocols',
    tests: {
      [hostile('clientHello')]: ['ClientHello offers the empty protocol'],
      [hostile('serverFlight')]: ['EncryptedExtensions chooses the empty protocol'],
    },
  },
  {
    name: 'ALPACA',
    seen: 'a server of one protocol answered clients of another',
    tests: { [hostile('clientHello')]: ['offers protocols of which this server has none'] },
  },
  {
    name: 'CVE-2014-3466',
    seen: 'GnuTLS copied a session id that was longer than its place',
    tests: { [hostile('serverHello')]: ['echoes a session id that is too long'] },
  },
  {
    name: 'triple handshake, CVE-2014-1295',
    seen: 'two connections were made to share a master secret',
    tests: {
      [tls12]: [
        'without extended_master_secret is refused by the client',
        'without extended_master_secret is refused by the server',
      ],
    },
  },
  {
    name: 'NUL in a PSK identity',
    seen: 'identities were handled as strings that a NUL ends',
    tests: { [handshakes]: ['a NUL in a PSK identity'] },
  },
  {
    name: 'CVE-2025-58189',
    seen: "Go put what the peer had offered into an error's text as it was",
    tests: { [handshakes]: ['CVE-2025-58189'] },
  },
  // ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'Bleichenbacher, ROBOT (CVE-2017-13099), Marvin (CVE-2022-4304)',
    seen: 'alerts, and then the time, told whether the padding of an RSA ciphertext was right',
    tests: {
      [tls12]: ['RSA key transport gives no oracle', ': 48 other bytes'],
      [oracles]: ['the same calls, in the same order, of the same lengths'],
    },
  },
  {
    name: 'Lucky Thirteen (CVE-2013-0169), CVE-2016-2107',
    seen: 'alerts, and then the time, told how the padding of a CBC record was wrong',
    tests: {
      'packages/handfast/test/tls12/protection.test.ts': [
        'refuses every error in the same way, with the same work',
        'takes as many hash blocks for each',
      ],
      [oracles]: ['hashes as many blocks for every length of padding'],
    },
  },
  {
    name: 'Raccoon, CVE-2020-1968',
    seen: 'a Diffie-Hellman key that is used again tells, by leading zeros, the secrets of others',
    tests: { [handshakes]: ['CVE-2020-1968'] },
  },
  {
    name: 'invalid curve points, small subgroups',
    seen: 'shares off the curve, or of low order, told bits of the private key or made the secret known',
    tests: {
      [hostile('keyShares')]: [
        'off the curve',
        'of low order (0)',
        'the point at infinity',
        'p - 1',
      ],
      [tls12]: ['a point off the curve', 'a point of low order', 'a public key of p - 1'],
      'packages/handfast/test/crypto/hostile.test.ts': ['good shares with a byte changed'],
    },
  },
  {
    name: 'CVE-2020-11501',
    seen: 'GnuTLS sent a ClientHello whose random was zeros',
    tests: { [handshakes]: ['CVE-2020-11501'] },
  },
  // ── Resumption ────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'CVE-2025-68121, CVE-2020-8172',
    seen: 'Go and Node resumed sessions although the authorities that are trusted, or the checks, had changed',
    tests: {
      [handshakes]: ['CVE-2025-68121'],
      [sockets]: ['CVE-2025-68121'],
      'packages/handfast/test/session/resumption.test.ts': [
        'whose certificate it would not accept now',
        'that is not trusted any more is asked for again',
      ],
    },
  },
  {
    name: 'CVE-2025-23419, ticket keys shared between contexts',
    seen: 'nginx let a session of one name into another that demands client certificates',
    tests: {
      [handshakes]: ['CVE-2025-23419'],
      'packages/handfast/test/session/resumption.test.ts': [
        'a ticket for another name than the client asks for now',
        'is not skipped by a ticket from before the server asked for one',
      ],
    },
  },
  {
    name: 'resumption that ignores ALPN',
    seen: 'the protocol of an old connection was taken for that of the new one',
    tests: {
      'packages/handfast/test/session/resumption.test.ts': [
        'with another application protocol, which is agreed anew',
      ],
    },
  },
  {
    name: 'CVE-2026-34873',
    seen: 'Mbed TLS resumed TLS 1.2 with a secret of zeros after a ticket of TLS 1.3 and a HelloRetryRequest',
    tests: { [handshakes]: ['CVE-2026-34873'] },
  },
  {
    name: 'CVE-2019-11873, bad and truncated binders',
    seen: 'wolfSSL wrote beyond a buffer for an identity that was longer than it; others took binders in part',
    tests: {
      [handshakes]: ['CVE-2019-11873'],
      [hostile('preSharedKeys')]: ['has a binder that is damaged', 'is not the last extension'],
      [engine('noise.test.ts')]: ['does no harm to'],
    },
  },
  {
    name: 'CVE-2022-30629',
    seen: "Go's ticket_age_add was the same each time",
    tests: { [handshakes]: ['CVE-2022-30629'] },
  },
  {
    name: 'CVE-2020-13777',
    seen: 'GnuTLS sealed tickets under a key of zeros until the first rotation',
    tests: { [handshakes]: ['CVE-2020-13777'] },
  },
  {
    name: 'CVE-2024-2511',
    seen: "OpenSSL's session cache grew without a bound",
    tests: {
      [handshakes]: ['CVE-2024-2511', 'a session cache whose store holds something else'],
      'packages/handfast/test/session/tickets.test.ts': ['holds no more than its capacity'],
    },
  },
  // ── Certificates ──────────────────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'CVE-2023-29409',
    seen: 'Go verified signatures with RSA keys of any size',
    tests: { [certificates]: ['CVE-2023-29409'] },
  },
  {
    name: 'CurveBall (CVE-2020-0601), CVE-2022-0778',
    seen: 'Windows took a curve from the certificate; OpenSSL looked for a root in it without end',
    tests: { [certificates]: ['explicit parameters are refused', "the trusted root's point"] },
  },
  {
    name: 'recursion, CVE-2018-0739',
    seen: 'OpenSSL followed nested structures until the stack was full',
    tests: { [certificates]: ['structures nested without end'] },
  },
  {
    name: 'CVE-2025-58185',
    seen: 'Go allocated for each of many empty elements',
    tests: { [certificates]: ['CVE-2025-58185'] },
  },
  {
    name: 'CVE-2023-0464',
    seen: 'OpenSSL built a tree of policies that grows exponentially',
    tests: { [certificates]: ['CVE-2023-0464'] },
  },
  {
    name: 'CVE-2018-16875, CVE-2026-32280',
    seen: 'Go built every path that crafted intermediates allow',
    tests: {
      [x509('budget')]: [
        'of different names ends',
        'thousands of authorities of one name cost little',
      ],
    },
  },
  {
    name: 'CVE-2024-0567',
    seen: 'a cycle of authorities that certify each other ended GnuTLS by an assertion',
    tests: { [x509('verify')]: ['two authorities that certify each other and nobody else end'] },
  },
  {
    name: 'CVE-2025-58187',
    seen: 'Go compared names with name constraints in quadratic time',
    tests: {
      [x509('budget')]: ['thousands of names against thousands of constraints end in the budget'],
    },
  },
  {
    name: 'name constraints, CVE-2025-61727, CVE-2026-27138, CVE-2021-44531',
    seen: 'Go let a wildcard into an excluded subtree, and panicked over an empty name; Node took URIs for host names',
    tests: {
      [certificates]: ['CVE-2025-61727', 'CVE-2026-27138'],
      [x509('name-constraints')]: [
        'each name has to lie in one of the permitted subtrees',
        'a form that is not processed is a refusal where it occurs',
        'names that are no host names are refused under constraints',
      ],
    },
  },
  {
    name: 'CVE-2020-1971',
    seen: 'OpenSSL fell over an EDIPartyName',
    tests: { [certificates]: ['CVE-2020-1971'] },
  },
  {
    name: 'CVE-2015-1793',
    seen: 'OpenSSL took a leaf for an authority on its second path',
    tests: {
      [certificates]: ['CVE-2015-1793'],
      [x509('verify')]: ['of version 1 are trusted as anchors'],
    },
  },
  {
    name: 'CVE-2009-2408, CVE-2021-44532',
    seen: 'a NUL ended a name early; names were printed so that one looked like two',
    tests: {
      [certificates]: ['CVE-2009-2408'],
      [x509('certificate')]: ['cannot act on a terminal or hide their end'],
    },
  },
  {
    name: 'authentication skipped in silence',
    seen: 'no name, an address, or a certificate for another use, was not compared at all',
    tests: {
      [certificates]: ['authentication is never skipped in silence'],
      [x509('verify')]: [
        'without a name none is checked, and the checks say so',
        'the common name never counts',
      ],
      [hostile('clientFlight')]: ["the client shows a server's certificate"],
      [hostile('serverCertificate')]: ["a client's certificate"],
      'packages/handfast/test/node/own.test.ts': ['asks for its host by name'],
    },
  },
  {
    name: 'CRL and OCSP entries for another certificate',
    seen: 'an answer about one certificate, or of another issuer, was taken for the answer about this one',
    tests: {
      [x509('revocation')]: [
        'with an entry that cannot be processed say nothing about any',
        'with any byte changed never say good',
        'the whole path is asked where wanted, each certificate of its own issuer',
      ],
    },
  },
  // ── Programs ──────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    name: 'CVE-2026-21637',
    seen: 'a callback that throws ended the process of a Node server, or left its socket open',
    tests: { [sockets]: ['CVE-2026-21637'] },
  },
]

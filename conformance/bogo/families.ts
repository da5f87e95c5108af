/** What the suite's tests are about, by their names: the runner itself knows one long list. */

interface Family {
  readonly name: string
  readonly pattern: RegExp
}

/** The first that fits is a test's family. */
const families: readonly Family[] = [
  {
    name: 'DTLS',
    pattern: /DTLS|^MTU|^SkipHelloVerifyRequest|^ReorderHandshakeFragments|^MixComp/,
  },
  { name: 'QUIC', pattern: /QUIC/ },
  { name: 'Encrypted Client Hello', pattern: /(^|-)ECH(-|$)/ },
  { name: 'raw public keys', pattern: /^(Client|Server)CertificateType/ },
  { name: 'compliance profiles', pattern: /^Compliance/ },
  { name: 'ALPS', pattern: /ALPS|ClientEncryptedExtension/ },
  { name: 'NPN', pattern: /NPN/ },
  { name: 'Channel ID', pattern: /Channel-?ID/ },
  { name: 'external pre-shared keys', pattern: /^PSK|PSKHint|_PSK_|-PSK[_-]/ },
  { name: 'PAKE', pattern: /^PAKE/ },
  { name: 'trust anchor identifiers', pattern: /TrustAnchor/ },
  { name: 'delegated credentials', pattern: /DelegatedCredential/ },
  { name: 'certificate compression', pattern: /CertCompression/ },
  { name: 'server padding', pattern: /^ServerPadding/ },
  { name: 'early data', pattern: /Early-?(Data|Keying)|^SkipEarlyData|EndOfEarlyData/ },
  { name: 'renegotiation', pattern: /[Rr]enego|HelloRequest|LegacyServerConnect/ },
  { name: 'False Start', pattern: /FalseStart/ },
  { name: 'certificate selection', pattern: /^CertificateSelection/ },
  { name: 'certificate verification', pattern: /^CertificateVerification|^Verify-/ },
  { name: 'OCSP and SCT', pattern: /OCSP|SCT|SignedCertificateTimestamp|CertificateStatus/ },
  {
    name: 'signature schemes',
    pattern:
      /Sign-|SignDefault|Verify(Default)?-|NoSign|VerifyPref|Ed25519|SignatureAlgorithm|ECDSA|PSS|Fallback-|CommonAlgorithms|KeyUsage|FilterExtra/,
  },
  {
    name: 'client certificates',
    pattern:
      /Client-?(Auth|Cert)|ServerAuth|CertificateRequest|RetainOnly|CertificateTypes|CertCallback/,
  },
  {
    name: 'certificates',
    pattern: /Certificate|LeafCurve|CertificateExtensions|OnCerts|OnIntermediate/,
  },
  {
    name: 'groups and key shares',
    pattern: /Curve|KeyShare|MLKEM|PostQuantum|PQGroups|PointFormat/,
  },
  { name: 'HelloRetryRequest', pattern: /HelloRetry|HRR|SecondClientHello|SecondServerHello/ },
  { name: 'sessions and tickets', pattern: /Resum|Ticket|Session|PSK|Resumption/ },
  { name: 'KeyUpdate', pattern: /KeyUpdate/ },
  { name: 'exporters', pattern: /Export|TLSUnique/ },
  {
    name: 'versions',
    pattern: /Version|Downgrade|SSL3|V2ClientHello|ConflictingVersion|JDK11|FallbackSCSV/,
  },
  { name: 'ALPN', pattern: /ALPN/ },
  { name: 'server names', pattern: /ServerName|SNI/ },
  { name: 'extensions', pattern: /Extension|GREASE|ExtendedMaster|EMS|MasterSecret/ },
  { name: 'change_cipher_spec', pattern: /ChangeCipherSpec/ },
  { name: 'alerts and shutdown', pattern: /Alert|Shutdown/ },
  {
    name: 'records',
    pattern:
      /Record|Fragment|Plaintext|Ciphertext|AppData|LargeMessage|SplitAndPack|Padding|Garbage|^Http|BadPackets/,
  },
  {
    name: 'cipher suites',
    pattern: /Cipher|^TLS-TLS1|^TLS-(ECDHE|RSA|AES|CHACHA)|-TLS-(AES|CHACHA|ECDHE|RSA)/,
  },
  {
    name: 'wrong messages',
    pattern: /WrongMessageType|TrailingMessageData|TrailingData|Partial|Extra|Omit|Skip/,
  },
]

/** @param test the name that the runner gives it */
export function familyOf(test: string): string {
  return families.find(({ pattern }) => pattern.test(test))?.name ?? 'handshakes'
}

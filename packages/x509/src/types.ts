/** The shapes of this package: what a certificate is once parsed, what is asked of the verifier and what it answers. */
import type { MaybePromise, Steps } from './steps.ts'

/** A half-open range of byte offsets, `start` included and `end` excluded. */
export interface Span {
  readonly start: number
  readonly end: number
}

// ---------------------------------------------------------------------------------------------------------- names

/** One `AttributeTypeAndValue` of a distinguished name (RFC 5280 §4.1.2.4). */
export interface NameAttribute {
  /** Dotted object identifier of the attribute type. */
  readonly oid: string
  /** The short name of RFC 4514 (`CN`, `O`, `C` …), or the dotted identifier where there is none. */
  readonly type: string
  /** The value as text; of a type that is not a string, `#` and the hexadecimal DER. */
  readonly value: string
}

/** A distinguished name: a sequence of sets of attributes (RFC 5280 §4.1.2.4). */
export interface Name {
  /** DER of the whole `Name`. */
  readonly der: Uint8Array
  /** The relative distinguished names in encoded order; nearly always one attribute each. Parsed on first use. */
  readonly rdns: readonly (readonly NameAttribute[])[]
  /** True when the name has no attribute at all. */
  readonly isEmpty: boolean
}

/** One `GeneralName` (RFC 5280 §4.2.1.6). A form that is not interpreted keeps its DER. */
export type GeneralName =
  | { readonly type: 'dns'; readonly value: string }
  | { readonly type: 'email'; readonly value: string }
  | { readonly type: 'uri'; readonly value: string }
  /** 4 or 16 bytes in a subjectAltName, 8 or 32 (address and mask) in name constraints. */
  | { readonly type: 'ip'; readonly value: Uint8Array }
  | { readonly type: 'directory'; readonly value: Name }
  | { readonly type: 'registered-id'; readonly value: string }
  | { readonly type: 'other'; readonly oid: string; readonly der: Uint8Array }
  | { readonly type: 'x400' | 'edi-party'; readonly der: Uint8Array }

// ------------------------------------------------------------------------------------------- keys and signatures

/** Every signature algorithm this package can name. What is not in the list has no name and is never accepted. */
export type SignatureAlgorithm =
  | 'ecdsa-sha1'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
  | 'rsa-pkcs1-sha1'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512'
  /** RSASSA-PSS, MGF1 with the same hash and a salt as long as the hash: the only shape accepted. */
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512'
  | 'ed25519'
  | 'ed448'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'

/** A signature's `AlgorithmIdentifier`, its parameters included in the check. */
export interface SignatureAlgorithmIdentifier {
  /** The algorithm's name, or undefined when it is unknown or its parameters are not the ones allowed. */
  readonly name: SignatureAlgorithm | undefined
  /** Dotted object identifier. */
  readonly oid: string
  /** DER of the whole `AlgorithmIdentifier`. */
  readonly der: Uint8Array
  /** Why `name` is undefined, in words. */
  readonly problem?: string
}

export type PublicKeyType =
  | 'rsa'
  | 'rsa-pss'
  | 'ec'
  | 'ed25519'
  | 'ed448'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'
  | 'x25519'
  | 'x448'
  | 'dsa'
  | 'unknown'

export type NamedCurve = 'P-256' | 'P-384' | 'P-521'

export interface PublicKeyAlgorithm {
  readonly type: PublicKeyType
  /** Dotted object identifier of the algorithm. */
  readonly oid: string
  /** The curve of an `ec` key; absent when it is a curve this package does not name (see `curveOid`). */
  readonly curve?: NamedCurve
  /** Dotted object identifier of an `ec` key's curve. */
  readonly curveOid?: string
  /** Modulus length of an RSA key, field size of an elliptic curve; in bits. */
  readonly bits?: number
  /** Public exponent of an RSA key. */
  readonly exponent?: bigint
  /** The one signature algorithm an `rsa-pss` key with parameters is restricted to (RFC 4055 §3.3). */
  readonly restrictedTo?: SignatureAlgorithm
}

export interface SubjectPublicKeyInfo {
  /** DER of the whole structure: what key imports called `spki` expect. */
  readonly der: Uint8Array
  readonly algorithm: PublicKeyAlgorithm
  /** The bits of `subjectPublicKey`: a point, a raw key, or the DER of `RSAPublicKey`. */
  readonly publicKey: Uint8Array
}

/**
 * Verifies one signature.
 *
 * @param spki DER of the signer's SubjectPublicKeyInfo
 * @param data the signed bytes
 * @param signature the signature as X.509 carries it (ECDSA: DER of `ECDSA-Sig-Value`)
 * @returns true when the signature is valid; false, or a throw, when it is not
 */
export type SignatureVerifier = (
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
) => MaybePromise<boolean>

/** What a crypto provider brings: the algorithms it has, under their names. One that is absent is not accepted. */
export type SignatureVerifiers = { readonly [name in SignatureAlgorithm]?: SignatureVerifier }

// ----------------------------------------------------------------------------------------------------- extensions

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** The content of `extnValue`: the DER of the extension itself. */
  readonly value: Uint8Array
  /** Where the whole extension stands in the certificate. */
  readonly span: Span
}

export interface BasicConstraints {
  readonly cA: boolean
  readonly pathLenConstraint?: number
}

export type KeyUsageName =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly'

export interface NameConstraints {
  readonly permittedSubtrees: readonly GeneralName[]
  readonly excludedSubtrees: readonly GeneralName[]
}

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Uint8Array
  readonly authorityCertIssuer?: readonly GeneralName[]
  readonly authorityCertSerialNumber?: Uint8Array
}

export interface PolicyInformation {
  readonly policyIdentifier: string
  /** DER of `policyQualifiers`, where present. */
  readonly qualifiers?: Uint8Array
}

export interface AccessDescription {
  /** Dotted object identifier; `1.3.6.1.5.5.7.48.1` is OCSP, `.2` the issuers' certificates. */
  readonly accessMethod: string
  readonly accessLocation: GeneralName
}

export interface DistributionPoint {
  readonly fullName: readonly GeneralName[]
  /** True when the point is named relative to the issuer, limited to some reasons, or has another issuer. */
  readonly restricted: boolean
}

export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
}

export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

/**
 * A parsed certificate. Its frame is checked strictly by `parseCertificate`; names, key and extensions are parsed when
 * they are first asked for and then kept. A property whose bytes are malformed throws an `X509Error` when it is read.
 */
export interface Certificate {
  readonly der: Uint8Array
  /** The signed bytes: DER of `TBSCertificate`. */
  readonly tbs: Uint8Array
  readonly version: 1 | 2 | 3
  /** Content bytes of the INTEGER: two's complement, big-endian. */
  readonly serialNumber: Uint8Array
  /** The algorithm, from inside the signed part; `parseCertificate` has checked that the outer one is the same. */
  readonly signatureAlgorithm: SignatureAlgorithmIdentifier
  readonly issuer: Name
  readonly subject: Name
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly notBefore: number
  /** Milliseconds since 1970-01-01T00:00:00Z; the last second of validity. */
  readonly notAfter: number
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  readonly signature: Uint8Array
  /** In encoded order; no identifier twice. */
  readonly extensions: readonly Extension[]
  /** True when issuer and subject are the same name (RFC 5280 §3.2 calls it self-issued). */
  readonly isSelfIssued: boolean

  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: ReadonlySet<KeyUsageName> | undefined
  /** Dotted object identifiers. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly subjectAltName: readonly GeneralName[] | undefined
  readonly issuerAltName: readonly GeneralName[] | undefined
  readonly nameConstraints: NameConstraints | undefined
  readonly subjectKeyIdentifier: Uint8Array | undefined
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined
  readonly certificatePolicies: readonly PolicyInformation[] | undefined
  readonly policyMappings: readonly PolicyMapping[] | undefined
  readonly policyConstraints: PolicyConstraints | undefined
  readonly inhibitAnyPolicy: number | undefined
  readonly authorityInfoAccess: readonly AccessDescription[] | undefined
  readonly crlDistributionPoints: readonly DistributionPoint[] | undefined
  /** `SerializedSCT` bodies of RFC 6962 §3.3, one for each embedded timestamp. */
  readonly signedCertificateTimestamps: readonly Uint8Array[] | undefined
  /** Extension numbers of RFC 7633; 5 (status_request) is "must-staple". */
  readonly tlsFeature: readonly number[] | undefined
}

/** One named range of a structure, with the rule that defines it: what a viewer draws. */
export interface Field {
  /** The ASN.1 name of the field: `tbsCertificate`, `validity`, `notBefore` … */
  readonly name: string
  readonly start: number
  readonly end: number
  /** The value for a human, where the field has one of its own. */
  readonly value?: string
  /** Where the field is defined: `RFC 5280 §4.1.2.5`. */
  readonly section?: string
  readonly children?: readonly Field[]
}

// --------------------------------------------------------------------------------------------------- verification

/** What is trusted without being checked: a name and a key, and what the trust is limited to. */
export interface TrustAnchor {
  readonly subject: Name
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  /** The certificate the anchor came from; a bare key has none. */
  readonly certificate?: Certificate
  /** Names below this anchor must satisfy these, in addition to those in the certificate. */
  readonly nameConstraints?: NameConstraints
}

/** Trust anchors, indexed by subject. Made by `createTrustStore`. */
export interface TrustStore {
  readonly anchors: readonly TrustAnchor[]
  /** Those inputs that could not be read as certificates, and why. They are not trusted. */
  readonly rejected: readonly { readonly der: Uint8Array; readonly error: Error }[]
  /** The anchors whose subject is this name (compared as RFC 5280 §7.1 says). */
  find(subject: Name): readonly TrustAnchor[]
  /** True when exactly these bytes are an anchor's certificate. */
  has(certificate: Certificate): boolean
}

/** The most work one verification may do, whatever the input. */
export interface Budget {
  /** Signature verifications. */
  readonly signatures: number
  /** Candidate issuers looked at. */
  readonly candidates: number
  /** Comparisons of a name with a constraint. */
  readonly nameComparisons: number
  /** Certificates in a path, leaf and anchor included. */
  readonly depth: number
}

/**
 * How much is demanded of the certificates beyond a valid path.
 *
 * - `path` (the default): RFC 5280 §6, what every TLS client checks.
 * - `rfc5280`: in addition what §4 demands of a certificate's content, such as key identifiers and serial numbers.
 * - `webpki`: in addition the CA/Browser Forum's rules that a client can check, as for a public web site.
 */
export type Profile = 'path' | 'rfc5280' | 'webpki'

export interface VerifyInput {
  /** The peer's own certificate. */
  readonly certificate: Uint8Array | Certificate
  /** The other certificates the peer sent, in any order; what does not help is ignored. */
  readonly intermediates: readonly (Uint8Array | Certificate)[]
  readonly trust: TrustStore | readonly (TrustAnchor | Certificate | Uint8Array)[]
  /** The moment to judge at, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number
  /** The DNS name or IP address literal the caller wanted to reach. Absent: no name is checked, and `checks` says so. */
  readonly name?: string
  readonly usage: 'serverAuth' | 'clientAuth' | 'any'
  readonly verifiers: SignatureVerifiers
  readonly budget?: Partial<Budget>
  readonly profile?: Profile
  /**
   * For the profile `webpki`: true when anybody may register names below this lower-case domain (`com`, `co.uk`), by
   * the Public Suffix List. A wildcard directly below such a domain is then refused. Without it, only wildcards below a
   * single label are.
   */
  readonly isPublicSuffix?: (domain: string) => boolean
  /**
   * Further demands on a path that is otherwise valid: `checkRevocation(…)`, `checkTransparency(…)`, `checkPins(…)`, or
   * a function of your own. A path that fails one is given up for the next, like any other.
   */
  readonly additionalChecks?: readonly PathCheck[]
}

/** A path from the leaf to an anchor (RFC 5280 §3.2). */
export interface CertificationPath {
  /** Leaf first; without the anchor's own certificate, unless the leaf is itself the anchor. */
  readonly certificates: readonly Certificate[]
  readonly anchor: TrustAnchor
}

/** How a failed check is told: a `Failure` without its place. */
export type Problem = Pick<Failure, 'code' | 'message' | 'help'>

/** Where a check says what it found. */
export interface CheckReport {
  pass(what: string, against: string, section: string, detail?: string): void
  skip(what: string, against: string, section: string, detail: string): void
  fail(
    what: string,
    against: string,
    section: string,
    problem: Problem,
    place?: { readonly certificate?: Certificate | undefined; readonly depth?: number },
  ): void
}

export interface PathCheckContext {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number
  readonly profile: Profile
  readonly report: CheckReport
  /** Verifies a signature by the functions the caller brought, within the budget: `yield*` it. */
  readonly verifySignature: (
    algorithm: Pick<SignatureAlgorithmIdentifier, 'name'>,
    key: SubjectPublicKeyInfo,
    data: Uint8Array,
    signature: Uint8Array,
  ) => Steps<boolean>
}

/**
 * A function that reports what it finds; or a generator function that may also wait, with `yield* settle(promise)` and
 * `yield* context.verifySignature(…)`.
 */
export type PathCheck = (path: CertificationPath, context: PathCheckContext) => Steps<void> | void

/** Digests a byte string. SHA-1 serves OCSP to name an issuer and proves nothing there. */
export type DigestFunction = (data: Uint8Array) => MaybePromise<Uint8Array>

/** What `checkRevocation` is given. Nothing is fetched: whoever calls brings what the peer stapled and what was downloaded. */
export interface RevocationOptions {
  /**
   * `require`: a certificate whose status nothing usable tells is refused. `prefer`: only one that is known to be
   * revoked is. In both, a leaf that demands a stapled response (RFC 7633) is refused without a good one.
   */
  readonly policy: 'require' | 'prefer'
  /** Whose status is asked: the `leaf`'s (the default), or that of every certificate of the `path` but the anchor. */
  readonly scope?: 'leaf' | 'path'
  /** The DER of the `OCSPResponse` that the peer sent with its certificate (RFC 6066 §8). */
  readonly stapledOcspResponse?: Uint8Array
  /** Further `OCSPResponse`s in DER. */
  readonly ocspResponses?: readonly Uint8Array[]
  /** `CertificateList`s in DER. */
  readonly crls?: readonly Uint8Array[]
  /** Needed for OCSP; a response that uses a digest which is not here is not usable. */
  readonly digests?: { readonly sha1?: DigestFunction; readonly sha256?: DigestFunction }
  /** The nonce that was sent with the request: responses that do not repeat it are not usable (RFC 9654). */
  readonly nonce?: Uint8Array
}

/** A stable name for what went wrong. Match on this, not on the message. */
export type FailureCode =
  /** Bytes that are not the DER they should be, or fields that contradict each other. */
  | 'malformed'
  | 'expired'
  | 'not-yet-valid'
  /** No certificate was given or trusted that could have issued this one; `depth` says which one lacks its issuer. */
  | 'unknown-issuer'
  /** The peer's certificate vouches for itself and is not trusted. */
  | 'self-signed-leaf'
  /** The path ends in a self-signed certificate that is not trusted. */
  | 'self-signed-in-chain'
  | 'bad-signature'
  | 'unsupported-algorithm'
  | 'weak-signature'
  | 'weak-key'
  | 'not-a-ca'
  | 'path-too-long'
  | 'key-usage'
  | 'extended-key-usage'
  | 'unknown-critical-extension'
  | 'name-constraints'
  | 'policy'
  /** A rule of the profile asked for that no other code names. */
  | 'profile'
  /** The certificate is not for the name that was asked for. */
  | 'name-mismatch'
  /** The name that was asked for is neither a DNS name nor an IP address. */
  | 'invalid-name'
  /** The issuer has withdrawn the certificate. */
  | 'revoked'
  /** Nothing usable tells whether the certificate was withdrawn, and the caller or the certificate demands to know. */
  | 'revocation-unknown'
  /** Too few public logs vouch that they have seen the certificate. */
  | 'transparency'
  /** No key of the path is one of those the caller insists on. */
  | 'pin-mismatch'
  /** The search was stopped because the certificates given would take too much work. */
  | 'budget'

export interface Failure {
  readonly code: FailureCode
  /** One sentence: what is wrong. */
  readonly message: string
  /** One sentence: what to do about it. */
  readonly help: string
  /** The rule that was broken. */
  readonly section: string
  /** The certificate at fault, where there is one. */
  readonly certificate?: Certificate
  /** Its position in the path: 0 is the peer's own. */
  readonly depth?: number
}

/** One question that was asked of the path, and its answer. */
export interface Check {
  /** What was verified: `signature`, `validity`, `name` … */
  readonly what: string
  /** What it was verified against, in words. */
  readonly against: string
  readonly result: 'pass' | 'fail' | 'skipped'
  readonly section: string
  readonly detail?: string
  /** Position in the path of the certificate concerned. */
  readonly depth?: number
}

/** One path that was tried and did not do, leaf first, as far as it came. */
export interface Attempt {
  readonly path: readonly Certificate[]
  readonly failure: Failure
}

export interface Verdict {
  readonly valid: boolean
  /** Leaf … anchor: the path that was accepted, or else the one that came closest. Empty when the leaf is unreadable. */
  readonly path: readonly Certificate[]
  /** The anchor the path ends in. */
  readonly anchor?: TrustAnchor
  readonly checks: readonly Check[]
  /** Empty exactly when `valid`. The first is the one to show. */
  readonly failures: readonly Failure[]
  /** Every path that was tried and given up, with its reason. */
  readonly attempts: readonly Attempt[]
}

// ----------------------------------------------------------------------------------------------------- revocation

/** An entry of a certificate revocation list, or what an OCSP response says of a revoked certificate. */
export interface RevokedInfo {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly revocationTime: number
  readonly reason?: RevocationReason
}

export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'removeFromCRL'
  | 'privilegeWithdrawn'
  | 'aACompromise'

/** A parsed certificate revocation list (RFC 5280 §5.1). Its entries are looked through when one is asked for. */
export interface CertificateRevocationList {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly version: 1 | 2
  readonly issuer: Name
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly signatureAlgorithm: SignatureAlgorithmIdentifier
  readonly signature: Uint8Array
  readonly extensions: readonly Extension[]
  /** The entry of the certificate with this serial number (content bytes of the INTEGER), if it is on the list. */
  find(serialNumber: Uint8Array): RevokedInfo | undefined
}

/** The answer about one certificate (RFC 6960 §4.2.1). */
export interface OcspSingleResponse {
  readonly hashAlgorithm: 'sha1' | 'sha256' | 'unknown'
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  readonly serialNumber: Uint8Array
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly revoked?: RevokedInfo
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly extensions: readonly Extension[]
}

/** A parsed OCSP response of the type `id-pkix-ocsp-basic` (RFC 6960 §4.2.1). */
export interface OcspResponse {
  readonly der: Uint8Array
  /** The signed bytes: DER of `ResponseData`. */
  readonly tbs: Uint8Array
  readonly responder:
    | { readonly type: 'name'; readonly name: Name }
    /** SHA-1 of the responder's public key. */
    | { readonly type: 'key'; readonly keyHash: Uint8Array }
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly producedAt: number
  readonly responses: readonly OcspSingleResponse[]
  readonly extensions: readonly Extension[]
  readonly signatureAlgorithm: SignatureAlgorithmIdentifier
  readonly signature: Uint8Array
  /** DER of the certificates that came with the response, for a delegated responder. */
  readonly certificates: readonly Uint8Array[]
}

// --------------------------------------------------------------------------------------- Certificate Transparency

/** A `SignedCertificateTimestamp` of version 1 (RFC 6962 §3.2). */
export interface SignedCertificateTimestamp {
  /** SHA-256 of the log's public key: 32 bytes. */
  readonly logId: Uint8Array
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly timestamp: number
  /** Content of `CtExtensions`. */
  readonly extensions: Uint8Array
  readonly signatureAlgorithm: SignatureAlgorithm | undefined
  readonly signature: Uint8Array
}

/** A log whose word counts. Lists of them are published by browsers. */
export interface TransparencyLog {
  /** DER of the log's SubjectPublicKeyInfo. */
  readonly key: Uint8Array
  /** Who runs it: timestamps must come from two. */
  readonly operator: string
  readonly description?: string
  /** The log takes certificates whose notAfter is from `start` on and before `end` (milliseconds). */
  readonly accepts?: { readonly start: number; readonly end: number }
  /** Its timestamps from this moment on (milliseconds) do not count. */
  readonly retiredAt?: number
}

/** What `checkTransparency` is given. */
export interface TransparencyOptions {
  /** `require`: without enough timestamps the certificate is refused. `report`: the check only says so. */
  readonly policy: 'require' | 'report'
  readonly logs: readonly TransparencyLog[]
  readonly sha256: DigestFunction
  /** `SerializedSCT` bodies from the TLS extension signed_certificate_timestamp (RFC 6962 §3.3.1). */
  readonly tlsTimestamps?: readonly Uint8Array[]
  /** `SerializedSCT` bodies from the OCSP response. */
  readonly ocspTimestamps?: readonly Uint8Array[]
}

/** What `checkPins` is given. */
export interface PinOptions {
  /** SHA-256 of the SubjectPublicKeyInfo of keys, one of which has to be in the path; 32 bytes each. */
  readonly pins: readonly Uint8Array[]
  readonly sha256: DigestFunction
}

/** What is asked of the verifier, and what it answers. */
import type { Certificate, Name, NameConstraints } from './certificate.ts'
import type { PathCheck } from './checks.ts'
import type { SignatureVerifiers, SubjectPublicKeyInfo } from './keys.ts'

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
  /** The anchor whose certificate is exactly these bytes. */
  findExact(certificate: Certificate): TrustAnchor | undefined
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

/** The part a certificate plays in a path. */
export type Role = 'leaf' | 'issuer' | 'anchor'

/** A rule of a profile that a certificate breaks: what is wrong, for a message that begins with `it`, and where that is said. */
export interface BrokenRule {
  readonly section: string
  readonly reason: string
}

/** What is demanded of the content of certificates beyond a valid path: `@handfast/x509/profiles` has two. */
export interface Profile {
  /** Whose rules these are. */
  readonly title: string
  /** @throws X509Error when an extension that it reads is malformed */
  broken(certificate: Certificate, role: Role): readonly BrokenRule[]
}

/** The caller's part in certificate policies (RFC 5280 §6.1.1). Without any of it a policy counts only where a certificate demands one. */
export interface PolicyDemands {
  /** §6.1.1(c): policies that will do, as dotted object identifiers. Default: any. They count where a policy is demanded. */
  readonly acceptable?: readonly string[]
  /** §6.1.1(f): the path must be valid for at least one of them. */
  readonly explicit?: boolean
  /** §6.1.1(e): policies may not be mapped to others. */
  readonly inhibitMapping?: boolean
  /** §6.1.1(g): anyPolicy does not stand for other policies. */
  readonly inhibitAny?: boolean
}

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
  readonly policies?: PolicyDemands
  /** Default: RFC 5280 §6 alone, what every TLS client checks. */
  readonly profile?: Profile
  /**
   * Further demands on a path that is otherwise valid: `checkRevocation(…)`, `checkTransparency(…)`, `checkPins(…)`, or
   * a function of your own. A path that fails one is given up for the next, like any other.
   */
  readonly additionalChecks?: readonly PathCheck[]
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
  /** More authorities below one than it allows (pathLenConstraint). */
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
  /** No key of the path is one of those the caller, or a TLSA record, insists on. */
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

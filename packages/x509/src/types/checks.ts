/** Checks in addition to a valid path: the shape of one, and the options of those that come with the package. */
import type { Steps } from '../steps.ts'
import type { Certificate } from './certificate.ts'
import type { DigestFunction, SignatureAlgorithmIdentifier, SubjectPublicKeyInfo } from './keys.ts'
import type { CertificateRevocationList } from './revocation.ts'
import type { Failure, Profile, TrustAnchor } from './verification.ts'

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
  /** @param depth of the certificate concerned, where it is one */
  pass(what: string, against: string, section: string, detail?: string, depth?: number): void
  /** @param depth of the certificate concerned, where it is one */
  skip(what: string, against: string, section: string, detail: string, depth?: number): void
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
  /** What more is demanded of certificates and revocation lists, if anything. */
  readonly profile: Profile | undefined
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

/** What `checkRevocation` is given. Nothing is fetched: whoever calls brings what the peer stapled and what was downloaded. */
export interface RevocationOptions {
  /**
   * `require`: a certificate whose status nothing usable tells is refused. `prefer`: only one that is known to be
   * revoked is. In both, a leaf that demands a stapled response (RFC 7633) is refused without a good one. `ignore`: nobody
   * asks, and the verdict says so.
   *
   * The certificate of a delegated responder is exempt where it says so (id-pkix-ocsp-nocheck, RFC 6960 §4.2.2.2.1). Else
   * `crls` are asked about it: one that is revoked vouches for nothing, nor under `require` one of which nothing is known.
   */
  readonly policy: 'require' | 'prefer' | 'ignore'
  /** Whose status is asked: the `leaf`'s (the default), or that of every certificate of the `path` but the anchor. */
  readonly scope?: 'leaf' | 'path'
  /** The DER of the `OCSPResponse` that the peer sent with its certificate (RFC 6066 §8). */
  readonly stapledOcspResponse?: Uint8Array
  /** Further `OCSPResponse`s in DER; of those that were just asked for, with the nonce of the request. */
  readonly ocspResponses?: readonly (Uint8Array | AnsweredRequest)[]
  /** `CertificateList`s, in DER or parsed: long ones that serve many checks are better parsed once. */
  readonly crls?: readonly (Uint8Array | CertificateRevocationList)[]
  /** Needed for OCSP; a response that uses a digest which is not here is not usable. */
  readonly digests?: { readonly sha1?: DigestFunction; readonly sha256?: DigestFunction }
  /** The nonce that was sent with all requests: responses that do not repeat it are not usable (RFC 9654). */
  readonly nonce?: Uint8Array
}

/** An answer to a request of one's own. */
export interface AnsweredRequest {
  /** DER of an `OCSPResponse`. */
  readonly response: Uint8Array
  /** What the response has to repeat to be usable (RFC 9654 §2.1): 1 to 128 bytes. */
  readonly nonce: Uint8Array
}

/** What `checkTransparency` is given. */
export interface TransparencyOptions {
  /** `require`: without enough timestamps the certificate is refused. `report`: the check only says so. */
  readonly policy: 'require' | 'report'
  readonly logs: readonly TransparencyLog[]
  readonly sha256: DigestFunction
  /** `SerializedSCT` bodies from the TLS extension signed_certificate_timestamp (RFC 6962 §3.3.1). */
  readonly tlsTimestamps?: readonly Uint8Array[]
  /** `SerializedSCT` bodies from an extension of the OCSP response; `parseTimestampList` reads them. */
  readonly ocspTimestamps?: readonly Uint8Array[]
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

/** What `checkPins` is given. */
export interface PinOptions {
  /** SHA-256 of the SubjectPublicKeyInfo of keys, one of which has to be in the path; 32 bytes each. */
  readonly pins: readonly Uint8Array[]
  readonly sha256: DigestFunction
}

/** One TLSA record (RFC 6698 §2.1), as the DNS gave it. That it came by DNSSEC is the caller's business. */
export interface TlsaRecord {
  /** 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE; others are not usable. */
  readonly usage: number
  /** 0 the whole certificate, 1 its SubjectPublicKeyInfo; others are not usable. */
  readonly selector: number
  /** 0 the bytes themselves, 1 their SHA-256, 2 their SHA-512; others are not usable. */
  readonly matchingType: number
  readonly data: Uint8Array
}

/** What `verifyWithTlsa` is given besides what `verifyCertificate` is. */
export interface TlsaOptions {
  readonly records: readonly TlsaRecord[]
  /** A record whose digest is not here is not usable. */
  readonly digests: { readonly sha256?: DigestFunction; readonly sha512?: DigestFunction }
}

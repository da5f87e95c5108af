/** Revocation lists, OCSP responses and certificate timestamps, once parsed. */
import type { Extension, Name } from './certificate.ts'
import type { SignatureAlgorithm, SignatureAlgorithmIdentifier } from './keys.ts'

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

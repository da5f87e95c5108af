/** What a certificate is once parsed: its names, its extensions and itself. */
import type { SignatureAlgorithmIdentifier, SubjectPublicKeyInfo } from './keys.ts'

/** A half-open range of byte offsets, `start` included and `end` excluded. */
export interface Span {
  readonly start: number
  readonly end: number
}

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

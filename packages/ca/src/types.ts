/** What an authority is asked for, and what it answers. */
import type { Extension } from './extensions.ts'
import type { KeyType, Signer } from './keys.ts'
import type { DistinguishedName, NameConstraints } from './names.ts'

/** From when until when a certificate is valid. `days` counts from now; `notAfter` goes before it. */
export interface Validity {
  days?: number
  notBefore?: Date
  notAfter?: Date
}

/** Addresses that certificates name, at which others learn about them (RFC 5280 §4.2.1.13, §4.2.2.1). */
export interface PublishedAt {
  /** Where the revocation list is. */
  crl?: string
  /** Where the OCSP responder is. */
  ocsp?: string
  /** Where the issuer's own certificate is, DER. */
  caIssuers?: string
}

export interface AuthorityOptions extends Validity {
  /** The subject. Default: a common name that ends in digits of the key's identifier. */
  subject?: DistinguishedName
  /** Default `ec-p256`. */
  keyType?: KeyType
  /** How many further intermediates may follow (RFC 5280 §4.2.1.9). Default: no limit. */
  pathLength?: number
  /**
   * Names to which everything below is held: `example.test`, `192.0.2.0/24`, `@example.test`
   * (all mailboxes of a host), `someone@example.test`.
   */
  nameConstraints?: NameConstraints
  /** What the certificates that this authority issues say of where to ask about them. */
  publishedAt?: PublishedAt
  /** Added; one with the object identifier of a usual extension takes its place. */
  extensions?: readonly Extension[]
}

/** What a certificate says, whoever made its key. */
export interface CertifyOptions extends Validity {
  /**
   * Host names (`*.example.test` is one), IP addresses, e-mail addresses and URIs, for
   * subjectAltName. May be empty only where `subject` is given.
   */
  names: readonly string[]
  /** Default: the first of `names` as common name, or empty where that is too long for one. */
  subject?: DistinguishedName
  /** A certificate for a TLS client: `clientAuth` in place of `serverAuth`. */
  client?: boolean
  /**
   * The extended key usages themselves, in place of what `client` chooses: `serverAuth`,
   * `clientAuth`, `emailProtection`, `OCSPSigning` or dotted object identifiers.
   */
  extendedKeyUsage?: readonly string[]
  /** Added; one with the object identifier of a usual extension takes its place. */
  extensions?: readonly Extension[]
}

export interface IssueOptions extends CertifyOptions {
  /** Default `ec-p256`. */
  keyType?: KeyType
}

/** An issued certificate. PEM texts end in a line feed. */
export interface Certified {
  /** The certificate, PEM. */
  readonly certificate: string
  readonly certificateDer: Uint8Array
  /** The certificate and the intermediates above it, without the root, PEM: what a server sends. */
  readonly chain: string
  readonly chainDer: readonly Uint8Array[]
  /** Hexadecimal, lower case. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** An issued certificate with its key. */
export interface IssuedCertificate extends Certified {
  /** The private key, PEM (PKCS#8, not encrypted). */
  readonly key: string
  readonly keyDer: Uint8Array
}

export interface Authority {
  /** This authority's own certificate, PEM. */
  readonly certificate: string
  readonly certificateDer: Uint8Array
  /** The root at the top, PEM: what a client has to trust. A root's is its own certificate. */
  readonly root: string
  readonly rootDer: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  /** What signs in this authority's name: for revocation lists and OCSP responses. */
  readonly signer: Signer
  /** Makes a key and a certificate for it: 90 days, or until the authority ends if that is sooner. */
  issue(options: IssueOptions): Promise<IssuedCertificate>
  /**
   * Makes a certificate for a key that someone else holds, such as one from a certification request.
   * @param subjectPublicKeyInfo DER
   */
  certify(subjectPublicKeyInfo: Uint8Array, options: CertifyOptions): Promise<Certified>
  /** Makes an authority below this one: 5 years, or until this one ends if that is sooner. */
  createIntermediate(options?: AuthorityOptions): Promise<Authority>
  /** The authority's private key, PEM (PKCS#8, not encrypted). Whoever has it can issue. */
  exportKey(): Promise<string>
}

/** An authority that was made before. */
export interface StoredAuthority {
  /** DER. */
  certificate: Uint8Array
  /** PrivateKeyInfo (PKCS#8), DER. */
  key: Uint8Array
  /** The certificates of the authorities above, upwards to the root; none for a root. DER. */
  issuers?: readonly Uint8Array[]
  publishedAt?: PublishedAt
}

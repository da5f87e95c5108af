/**
 * A certificate authority: it holds one key and one certificate, and issues certificates and
 * further authorities below itself.
 *
 * Nothing is remembered here. What was issued is returned, and whoever keeps a register of it (for
 * revocation, say) does so around these calls.
 */
import { type CertificateFields, randomSerialNumber, signCertificate } from './certificate.ts'
import {
  authorityKeyIdentifier,
  basicConstraintsOfAuthority,
  basicConstraintsOfEndEntity,
  type Extension,
  extendedKeyUsage,
  keyUsage,
  nameConstraintsExtension,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts'
import { generateKeyPair, type KeyPair, type KeyType, keyIdentifier } from './keys.ts'
import {
  type DistinguishedName,
  distinguishedName,
  fitsCommonName,
  type NameConstraints,
} from './names.ts'
import { pem } from './pem.ts'

/** From when until when a certificate is valid. `days` counts from now; `notAfter` goes before it. */
export interface Validity {
  days?: number
  notBefore?: Date
  notAfter?: Date
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
  /** Added; one with the object identifier of a usual extension takes its place. */
  extensions?: readonly Extension[]
}

export interface IssueOptions extends Validity {
  /**
   * Host names (`*.example.test` is one), IP addresses, e-mail addresses and URIs, for
   * subjectAltName. May be empty only where `subject` is given.
   */
  names: readonly string[]
  /** Default: the first of `names` as common name, or empty where that is too long for one. */
  subject?: DistinguishedName
  /** Default `ec-p256`. */
  keyType?: KeyType
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

/** An issued certificate with its key. PEM texts end in a line feed. */
export interface IssuedCertificate {
  /** The certificate, PEM. */
  readonly certificate: string
  readonly certificateDer: Uint8Array
  /** The private key, PEM (PKCS#8, not encrypted). */
  readonly key: string
  readonly keyDer: Uint8Array
  /** The certificate and the intermediates above it, without the root, PEM: what a server sends. */
  readonly chain: string
  readonly chainDer: readonly Uint8Array[]
  /** Hexadecimal, lower case. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
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
  /** Makes a key and a certificate for it: 90 days, or until the authority ends if that is sooner. */
  issue(options: IssueOptions): Promise<IssuedCertificate>
  /** Makes an authority below this one: 5 years, or until this one ends if that is sooner. */
  createIntermediate(options?: AuthorityOptions): Promise<Authority>
  /** The authority's private key, PEM (PKCS#8, not encrypted). Whoever has it can issue. */
  exportKey(): Promise<string>
}

const day = 86_400_000 // milliseconds
const clockSkew = 3_600_000 // milliseconds: a peer whose clock is late still accepts the certificate
const defaultDays = { root: 3650, intermediate: 1825, endEntity: 90 }

/** What an authority is made of. */
interface Issuer {
  keyPair: KeyPair
  keyId: Uint8Array
  /** Name, DER. */
  subject: Uint8Array
  certificateDer: Uint8Array
  /** The certificates from this authority's own up to, but not including, the root's. */
  intermediates: readonly Uint8Array[]
  rootDer: Uint8Array
  notBefore: Date
  notAfter: Date
}

/**
 * Makes a root authority in memory, with a new key and a self-signed certificate (10 years).
 *
 * Throws a TypeError or RangeError that names the option that cannot be.
 *
 * ```ts
 * const authority = await createAuthority()
 * const { chain, key } = await authority.issue({ names: ['localhost', '127.0.0.1', '::1'] })
 * createServer({ cert: chain, key })
 * connect({ ca: authority.root, servername: 'localhost' })
 * ```
 */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  return establish(options, undefined)
}

async function establish(
  options: AuthorityOptions,
  parent: Issuer | undefined,
): Promise<Authority> {
  const days = parent ? defaultDays.intermediate : defaultDays.root
  const validity = chooseValidity(options, days, parent)
  const keyPair = await generateKeyPair(options.keyType ?? 'ec-p256')
  const keyId = await keyIdentifier(keyPair.subjectPublicKeyInfo)
  const subject = distinguishedName(options.subject ?? defaultSubject(parent, keyId))
  const extensions = [
    basicConstraintsOfAuthority(options.pathLength),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(keyId),
    ...(parent ? [authorityKeyIdentifier(parent.keyId)] : []),
    ...(options.nameConstraints ? [nameConstraintsExtension(options.nameConstraints)] : []),
  ]
  const fields: CertificateFields = {
    serialNumber: randomSerialNumber(),
    issuer: parent ? parent.subject : subject,
    ...validity,
    subject,
    subjectPublicKeyInfo: keyPair.subjectPublicKeyInfo,
    extensions: replaceByOid(extensions, options.extensions),
  }
  const certificateDer = await signCertificate(fields, parent ? parent.keyPair : keyPair)
  return authority({
    keyPair,
    keyId,
    subject,
    certificateDer,
    intermediates: parent ? [certificateDer, ...parent.intermediates] : [],
    rootDer: parent ? parent.rootDer : certificateDer,
    ...validity,
  })
}

function authority(issuer: Issuer): Authority {
  const { certificateDer, rootDer, notBefore, notAfter, keyPair } = issuer
  return {
    certificate: pem('CERTIFICATE', certificateDer),
    certificateDer,
    root: pem('CERTIFICATE', rootDer),
    rootDer,
    notBefore,
    notAfter,
    issue: (options) => issue(options, issuer),
    createIntermediate: (options = {}) => establish(options, issuer),
    exportKey: async () => pem('PRIVATE KEY', await keyPair.exportPrivateKey()),
  }
}

async function issue(options: IssueOptions, issuer: Issuer): Promise<IssuedCertificate> {
  const { names, keyType = 'ec-p256' } = options
  const validity = chooseValidity(options, defaultDays.endEntity, issuer)
  const subject = options.subject ?? subjectFromNames(names)
  const subjectIsEmpty = Object.values(subject).every((value) => value === undefined)
  if (names.length === 0 && subjectIsEmpty) {
    throw new TypeError('a certificate needs at least one name, or a subject')
  }
  const usages = options.extendedKeyUsage ?? [options.client ? 'clientAuth' : 'serverAuth']
  const keyPair = await generateKeyPair(keyType)
  const extensions = [
    basicConstraintsOfEndEntity(),
    // RSA key transport (TLS 1.2) encrypts to the key; every other use of it is a signature.
    /^rsa-\d/.test(keyType)
      ? keyUsage('digitalSignature', 'keyEncipherment')
      : keyUsage('digitalSignature'),
    ...(usages.length > 0 ? [extendedKeyUsage(usages)] : []),
    ...(names.length > 0 ? [subjectAltName(names, subjectIsEmpty)] : []),
    subjectKeyIdentifier(await keyIdentifier(keyPair.subjectPublicKeyInfo)),
    authorityKeyIdentifier(issuer.keyId),
  ]
  const serialNumber = randomSerialNumber()
  const fields: CertificateFields = {
    serialNumber,
    issuer: issuer.subject,
    ...validity,
    subject: distinguishedName(subject),
    subjectPublicKeyInfo: keyPair.subjectPublicKeyInfo,
    extensions: replaceByOid(extensions, options.extensions),
  }
  const certificateDer = await signCertificate(fields, issuer.keyPair)
  const keyDer = await keyPair.exportPrivateKey()
  const chainDer = [certificateDer, ...issuer.intermediates]
  return {
    certificate: pem('CERTIFICATE', certificateDer),
    certificateDer,
    key: pem('PRIVATE KEY', keyDer),
    keyDer,
    chain: chainDer.map((der) => pem('CERTIFICATE', der)).join(''),
    chainDer,
    serialNumber: [...serialNumber].map((octet) => octet.toString(16).padStart(2, '0')).join(''),
    ...validity,
  }
}

/** A default end never outlives the issuer, since no path through it would be valid any longer. */
function chooseValidity(
  { days, notBefore, notAfter }: Validity,
  defaultLength: number,
  issuer: Pick<Issuer, 'notAfter'> | undefined,
): { notBefore: Date; notAfter: Date } {
  if (days !== undefined && !(days > 0)) {
    throw new RangeError('days is a positive number; a certificate that is past takes notAfter')
  }
  const now = Date.now()
  const defaultEnd = Math.min(now + defaultLength * day, issuer?.notAfter.getTime() ?? Infinity)
  const requestedEnd = notAfter?.getTime() ?? (days === undefined ? undefined : now + days * day)
  const end = requestedEnd ?? defaultEnd
  // A certificate whose end is past was good for a day, unless the caller says otherwise.
  const begin = notBefore?.getTime() ?? (end > now ? now - clockSkew : end - day)
  if (!(begin <= end)) {
    throw new RangeError('notBefore and notAfter are valid dates, and notBefore is the earlier one')
  }
  return { notBefore: wholeSeconds(begin), notAfter: wholeSeconds(end) }
}

const wholeSeconds = (milliseconds: number): Date =>
  new Date(Math.floor(milliseconds / 1000) * 1000)

/** Two authorities made here have different names, so that a trust store can hold both. */
function defaultSubject(parent: Issuer | undefined, keyId: Uint8Array): DistinguishedName {
  const digits = [...keyId.subarray(0, 4)].map((octet) => octet.toString(16).padStart(2, '0'))
  const kind = parent ? 'intermediate CA' : 'local CA'
  return { organization: 'handfast', commonName: `handfast ${kind} ${digits.join('')}` }
}

function subjectFromNames([first]: readonly string[]): DistinguishedName {
  return first !== undefined && fitsCommonName(first) ? { commonName: first } : {}
}

function replaceByOid(usual: readonly Extension[], given: readonly Extension[] = []): Extension[] {
  const replaced = new Set(given.map((extension) => extension.oid))
  return [...usual.filter((extension) => !replaced.has(extension.oid)), ...given]
}

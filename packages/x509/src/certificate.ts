/** Certificates (RFC 5280 §4.1): the frame is read at once and strictly, what is inside when it is asked for. */
import { equalBytes, isBytes } from './bytes.ts'
import { contextConstructed, contextPrimitive, type DerReader, readWhole, tags } from './der.ts'
import { X509Error } from './errors.ts'
import {
  parseBasicConstraints,
  parseExtendedKeyUsage,
  parseInhibitAnyPolicy,
  parseKeyUsage,
  parseTlsFeature,
} from './extensions/constraints.ts'
import {
  parseAlternativeNames,
  parseAuthorityInfoAccess,
  parseAuthorityKeyIdentifier,
  parseCrlDistributionPoints,
  parseNameConstraints,
  parseSubjectKeyIdentifier,
} from './extensions/names.ts'
import {
  parseCertificatePolicies,
  parsePolicyConstraints,
  parsePolicyMappings,
} from './extensions/policies.ts'
import { parseTimestampList } from './extensions/timestamps.ts'
import { equalNames, readName } from './name.ts'
import { extensionOids, oidName } from './oid.ts'
import { parseSubjectPublicKeyInfo } from './public-key.ts'
import { readSignatureAlgorithm } from './signature-algorithm.ts'
import { readTime } from './time.ts'
import type {
  AccessDescription,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  DistributionPoint,
  Extension,
  GeneralName,
  KeyUsageName,
  Name,
  NameConstraints,
  PolicyConstraints,
  PolicyInformation,
  PolicyMapping,
  SignatureAlgorithmIdentifier,
  SubjectPublicKeyInfo,
} from './types.ts'

/**
 * Parses one certificate from its DER.
 *
 * @param der exactly the certificate; it is kept, not copied, and must not be changed afterwards
 * @throws X509Error with the byte offset and the field, for anything that is not a certificate in DER (RFC 5280 §4.1)
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (!isBytes(der)) {
    throw new X509Error('invalid-argument', 'a certificate is given as a Uint8Array of its DER')
  }
  return new ParsedCertificate(der)
}

/** A certificate as it came, or parsed if it is still bytes. */
export function toCertificate(certificate: Uint8Array | Certificate): Certificate {
  return isBytes(certificate) ? parseCertificate(certificate) : certificate
}

/** The subject alone, for an index: what follows it is not looked at. @throws X509Error as `parseCertificate` */
export function readSubject(der: Uint8Array): Name {
  const tbs = readWhole(der, tags.sequence, 'certificate').enter(tags.sequence, 'tbsCertificate')
  tbs.optional(contextConstructed(0), 'version')
  for (const field of ['serialNumber', 'signature', 'issuer', 'validity']) tbs.next(field)
  return readName(tbs, 'subject')
}

class ParsedCertificate implements Certificate {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly version: 1 | 2 | 3
  readonly serialNumber: Uint8Array
  readonly signatureAlgorithm: SignatureAlgorithmIdentifier
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: number
  readonly notAfter: number
  readonly signature: Uint8Array
  readonly extensions: readonly Extension[]
  readonly #spki: Uint8Array
  #spkiParsed: SubjectPublicKeyInfo | undefined
  /** Extensions parsed so far, and those that are missing; what threw is not kept and throws again. */
  readonly #parsed = new Map<keyof typeof extensionOids, unknown>()

  constructor(der: Uint8Array) {
    this.der = der
    const certificate = readWhole(der, tags.sequence, 'certificate')
    const tbs = certificate.enter(tags.sequence, 'tbsCertificate')
    this.tbs = certificate.element()
    this.version = readVersion(tbs)
    this.serialNumber = tbs.integer('serialNumber')
    this.signatureAlgorithm = readSignatureAlgorithm(tbs, 'signature')
    this.issuer = readName(tbs, 'issuer')
    const validity = tbs.enter(tags.sequence, 'validity')
    this.notBefore = readTime(validity, 'notBefore')
    this.notAfter = readTime(validity, 'notAfter')
    validity.finish()
    this.subject = readName(tbs, 'subject')
    tbs.expect(tags.sequence, 'subjectPublicKeyInfo')
    this.#spki = tbs.element()
    skipUniqueIdentifiers(tbs, this.version)
    this.extensions = readExtensions(tbs, this.version)
    tbs.finish()
    certificate.expect(tags.sequence, 'signatureAlgorithm')
    // RFC 5280 §4.1.1.2: the two are the same; only the inner one is signed.
    if (!equalBytes(certificate.element(), this.signatureAlgorithm.der)) {
      throw certificate.error('differs from the algorithm in the signed part', 'signatureAlgorithm')
    }
    this.signature = certificate.bitStringBytes('signatureValue')
    certificate.finish()
  }

  get isSelfIssued(): boolean {
    return equalNames(this.issuer, this.subject)
  }

  get subjectPublicKeyInfo(): SubjectPublicKeyInfo {
    this.#spkiParsed ??= parseSubjectPublicKeyInfo(this.#spki)
    return this.#spkiParsed
  }

  get basicConstraints(): BasicConstraints | undefined {
    return this.#extension('basicConstraints', parseBasicConstraints)
  }

  get keyUsage(): ReadonlySet<KeyUsageName> | undefined {
    return this.#extension('keyUsage', parseKeyUsage)
  }

  get extendedKeyUsage(): readonly string[] | undefined {
    return this.#extension('extKeyUsage', parseExtendedKeyUsage)
  }

  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.#extension('subjectAltName', parseAlternativeNames)
  }

  get issuerAltName(): readonly GeneralName[] | undefined {
    return this.#extension('issuerAltName', parseAlternativeNames)
  }

  get nameConstraints(): NameConstraints | undefined {
    return this.#extension('nameConstraints', parseNameConstraints)
  }

  get subjectKeyIdentifier(): Uint8Array | undefined {
    return this.#extension('subjectKeyIdentifier', parseSubjectKeyIdentifier)
  }

  get authorityKeyIdentifier(): AuthorityKeyIdentifier | undefined {
    return this.#extension('authorityKeyIdentifier', parseAuthorityKeyIdentifier)
  }

  get certificatePolicies(): readonly PolicyInformation[] | undefined {
    return this.#extension('certificatePolicies', parseCertificatePolicies)
  }

  get policyMappings(): readonly PolicyMapping[] | undefined {
    return this.#extension('policyMappings', parsePolicyMappings)
  }

  get policyConstraints(): PolicyConstraints | undefined {
    return this.#extension('policyConstraints', parsePolicyConstraints)
  }

  get inhibitAnyPolicy(): number | undefined {
    return this.#extension('inhibitAnyPolicy', parseInhibitAnyPolicy)
  }

  get authorityInfoAccess(): readonly AccessDescription[] | undefined {
    return this.#extension('authorityInfoAccess', parseAuthorityInfoAccess)
  }

  get crlDistributionPoints(): readonly DistributionPoint[] | undefined {
    return this.#extension('crlDistributionPoints', parseCrlDistributionPoints)
  }

  get signedCertificateTimestamps(): readonly Uint8Array[] | undefined {
    return this.#extension('signedCertificateTimestampList', parseTimestampList)
  }

  get tlsFeature(): readonly number[] | undefined {
    return this.#extension('tlsFeature', parseTlsFeature)
  }

  #extension<T>(
    name: keyof typeof extensionOids,
    parse: (der: Uint8Array, field: string) => T,
  ): T | undefined {
    const kept = this.#parsed.get(name)
    if (kept !== undefined) return kept === missing ? undefined : (kept as T)
    const extension = findExtension(this.extensions, extensionOids[name])
    if (extension === undefined) {
      this.#parsed.set(name, missing)
      return undefined
    }
    const value = parseWithin(this.der, extension.value, name, parse)
    this.#parsed.set(name, value)
    return value
  }
}

const missing = Symbol('missing')

/** A loop, for it is asked more often than anything else. */
function findExtension(extensions: readonly Extension[], oid: string): Extension | undefined {
  for (const extension of extensions) if (extension.oid === oid) return extension
  return undefined
}

/** Parses a part of the certificate, so that an error's offset counts from the certificate's start. */
function parseWithin<T>(
  whole: Uint8Array,
  part: Uint8Array,
  field: string,
  parse: (der: Uint8Array, field: string) => T,
): T {
  try {
    return parse(part, field)
  } catch (error) {
    if (!(error instanceof X509Error) || error.offset === undefined) throw error
    throw error.movedBy(part.byteOffset - whole.byteOffset)
  }
}

/** RFC 5280 §4.1.2.1: v1 is the default, and so absent. */
function readVersion(tbs: DerReader): 1 | 2 | 3 {
  if (!tbs.optional(contextConstructed(0), 'version')) return 1
  const explicit = tbs.inside('version')
  const version = explicit.smallInteger('version')
  explicit.finish()
  if (version === 0) throw explicit.error('default value v1 is encoded')
  if (version > 2) throw explicit.error(`unknown version ${version + 1}`)
  return version === 1 ? 2 : 3
}

/** RFC 5280 §4.1.2.8: allowed in v2 and v3, made by nobody, used for nothing. */
function skipUniqueIdentifiers(tbs: DerReader, version: number): void {
  for (const number of [1, 2]) {
    if (tbs.peek() !== contextPrimitive(number)) continue
    tbs.bitStringBytes(
      number === 1 ? 'issuerUniqueID' : 'subjectUniqueID',
      contextPrimitive(number),
    )
    if (version === 1) throw tbs.error('unique identifier in a version 1 certificate')
  }
}

/** RFC 5280 §4.1.2.9 and §4.2: only in v3, at least one, none of them twice. */
function readExtensions(tbs: DerReader, version: number): readonly Extension[] {
  if (!tbs.optional(contextConstructed(3), 'extensions')) return []
  if (version !== 3) throw tbs.error('extensions in a certificate that is not of version 3')
  const explicit = tbs.inside('extensions')
  const extensions = readExtensionList(explicit.enter(tags.sequence, 'extensions'))
  explicit.finish()
  return extensions
}

/** So many are searched one by one; an index is worth its making only for more, which no honest certificate has. */
const fewExtensions = 24

const oidOf = ({ oid }: Extension): string => oid

/** Reads the `Extension`s up to the reader's end. */
export function readExtensionList(list: DerReader): readonly Extension[] {
  const extensions: Extension[] = []
  let seen: Set<string> | undefined
  while (!list.atEnd) {
    const extension = list.enter(tags.sequence, 'extension')
    const span = list.span()
    const oid = extension.objectIdentifier('extnID')
    const critical = extension.booleanDefaultFalse('critical')
    const value = extension.octetString('extnValue')
    extension.finish()
    seen ??= extensions.length < fewExtensions ? undefined : new Set(extensions.map(oidOf))
    if (seen?.has(oid) ?? extensions.some((other) => other.oid === oid))
      throw list.error(`extension ${oidName(oid)} is given twice`)
    seen?.add(oid)
    extensions.push({ oid, critical, value, span })
  }
  if (extensions.length === 0) throw list.error('list of extensions is empty')
  return extensions
}

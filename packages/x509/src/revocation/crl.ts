/** Certificate revocation lists (RFC 5280 §5.1): parsing, and looking a certificate up. */
import { equalBytes, toHex } from '../bytes.ts'
import { readExtensionList } from '../certificate.ts'
import { contextConstructed, DerReader, readWhole, tags } from '../der.ts'
import { readName } from '../name.ts'
import { describeOid, extensionOids } from '../oid.ts'
import { readSignatureAlgorithm } from '../signature-algorithm.ts'
import { readTime } from '../time.ts'
import type {
  CertificateRevocationList,
  Extension,
  Name,
  RevokedInfo,
  SignatureAlgorithmIdentifier,
} from '../types.ts'
import { readReason } from './reason.ts'

/**
 * Parses a revocation list from its DER. The entries are read when one is looked up.
 *
 * @throws X509Error when the bytes are no `CertificateList` in DER
 */
export function parseCertificateRevocationList(der: Uint8Array): CertificateRevocationList {
  return new ParsedCrl(der)
}

class ParsedCrl implements CertificateRevocationList {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly version: 1 | 2
  readonly issuer: Name
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly signatureAlgorithm: SignatureAlgorithmIdentifier
  readonly signature: Uint8Array
  readonly extensions: readonly Extension[]
  readonly #entries: DerReader | undefined
  #index: ReadonlyMap<string, RevokedInfo> | undefined

  constructor(der: Uint8Array) {
    this.der = der
    const list = readWhole(der, tags.sequence, 'certificateList')
    const tbs = list.enter(tags.sequence, 'tbsCertList')
    this.tbs = list.element()
    this.version = readVersion(tbs)
    this.signatureAlgorithm = readSignatureAlgorithm(tbs, 'signature')
    this.issuer = readName(tbs, 'issuer')
    this.thisUpdate = readTime(tbs, 'thisUpdate')
    const next = tbs.peek()
    this.nextUpdate =
      next === tags.utcTime || next === tags.generalizedTime
        ? readTime(tbs, 'nextUpdate')
        : undefined
    this.#entries = tbs.optional(tags.sequence, 'revokedCertificates')
      ? tbs.inside('revokedCertificates')
      : undefined
    this.extensions = readCrlExtensions(tbs, this.version)
    tbs.finish()
    list.expect(tags.sequence, 'signatureAlgorithm')
    if (!equalBytes(list.element(), this.signatureAlgorithm.der)) {
      throw list.error('differs from the algorithm in the signed part', 'signatureAlgorithm')
    }
    this.signature = list.bitStringBytes('signatureValue')
    list.finish()
  }

  find(serialNumber: Uint8Array): RevokedInfo | undefined {
    // Lists have up to hundreds of thousands of entries: they are walked once, however often they are asked.
    this.#index ??= readEntries(this.#entries)
    return this.#index.get(toHex(serialNumber))
  }
}

/** All of them, so that one that is malformed, or cannot be processed, makes the list unusable wherever it stands. */
function readEntries(content: DerReader | undefined): ReadonlyMap<string, RevokedInfo> {
  const index = new Map<string, RevokedInfo>()
  const entries = content?.fork()
  while (entries !== undefined && !entries.atEnd) {
    const entry = entries.enter(tags.sequence, 'entry')
    const serialNumber = toHex(entry.integer('userCertificate'))
    const revocationTime = readTime(entry, 'revocationDate')
    index.set(serialNumber, { revocationTime, ...readEntryExtensions(entry) })
    entry.finish()
  }
  return index
}

/** RFC 5280 §5.1.2.1: present means v2. */
function readVersion(tbs: DerReader): 1 | 2 {
  if (tbs.peek() !== tags.integer) return 1
  const version = tbs.smallInteger('version')
  if (version !== 1) throw tbs.error(`unknown version ${version + 1}`)
  return 2
}

function readCrlExtensions(tbs: DerReader, version: 1 | 2): readonly Extension[] {
  if (!tbs.optional(contextConstructed(0), 'crlExtensions')) return []
  if (version === 1) throw tbs.error('extensions in a list of version 1')
  const explicit = tbs.inside('crlExtensions')
  const extensions = readExtensionList(explicit.enter(tags.sequence, 'crlExtensions'))
  explicit.finish()
  return extensions
}

/**
 * RFC 5280 §5.3: a critical extension of an entry that is not processed makes the whole list unusable. That includes
 * certificateIssuer, by which lists of several issuers tell whose entry it is.
 */
function readEntryExtensions(entry: DerReader): Pick<RevokedInfo, 'reason'> {
  if (entry.atEnd) return {}
  let result: Pick<RevokedInfo, 'reason'> = {}
  for (const { oid, critical, value } of readExtensionList(
    entry.enter(tags.sequence, 'crlEntryExtensions'),
  )) {
    if (oid === extensionOids.reasonCode) {
      const reader = new DerReader(value, 'reasonCode')
      result = { reason: readReason(reader) }
      reader.finish()
    } else if (critical) {
      throw entry.error(`critical extension ${describeOid(oid)} is not processed`)
    }
  }
  return result
}

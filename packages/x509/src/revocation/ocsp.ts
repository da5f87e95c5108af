/** OCSP responses (RFC 6960 §4.2.1): parsing. */
import { readExtensionList } from '../certificate.ts'
import { contextConstructed, contextPrimitive, type DerReader, readWhole, tags } from '../der.ts'
import { X509Error } from '../errors.ts'
import { readName } from '../name.ts'
import { readSignatureAlgorithm } from '../signature-algorithm.ts'
import { readTime } from '../time.ts'
import type { Extension, OcspResponse, OcspSingleResponse, RevokedInfo } from '../types.ts'
import { readReason } from './reason.ts'

const basicResponse = '1.3.6.1.5.5.7.48.1.1'

const statuses: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

/**
 * Parses an `OCSPResponse` that carries an answer.
 *
 * @throws X509Error when the bytes are none, when the responder answered with an error instead, or with another type of
 * response than `id-pkix-ocsp-basic`, the only one there is
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  const outer = readWhole(der, tags.sequence, 'ocspResponse')
  const status = outer.smallInteger('responseStatus', tags.enumerated)
  if (status !== 0) {
    throw outer.error(`the responder answered ${statuses[status] ?? `with status ${status}`}`)
  }
  const explicit = outer.enter(contextConstructed(0), 'responseBytes')
  outer.finish()
  const bytes = explicit.enter(tags.sequence, 'responseBytes')
  explicit.finish()
  if (bytes.objectIdentifier('responseType') !== basicResponse) {
    throw bytes.error('response is not of the type id-pkix-ocsp-basic')
  }
  const response = bytes.octetString('response')
  bytes.finish()
  return within(der, response, () => readBasicResponse(der, response))
}

function readBasicResponse(der: Uint8Array, content: Uint8Array): OcspResponse {
  const basic = readWhole(content, tags.sequence, 'basicOCSPResponse')
  const data = basic.enter(tags.sequence, 'tbsResponseData')
  const tbs = basic.element()
  const signatureAlgorithm = readSignatureAlgorithm(basic, 'signatureAlgorithm')
  const signature = basic.bitStringBytes('signature')
  const certificates = readCertificates(basic)
  basic.finish()

  if (data.peek() === contextConstructed(0))
    throw data.error('version is not v1', 'version', data.position)
  const responder = readResponder(data)
  const producedAt = readTime(data, 'producedAt')
  const list = data.enter(tags.sequence, 'responses')
  const responses: OcspSingleResponse[] = []
  while (!list.atEnd) responses.push(readSingle(list.enter(tags.sequence, 'singleResponse')))
  const extensions = readExplicitExtensions(data, 1)
  data.finish()
  return {
    der,
    tbs,
    responder,
    producedAt,
    responses,
    extensions,
    signatureAlgorithm,
    signature,
    certificates,
  }
}

function readCertificates(basic: DerReader): readonly Uint8Array[] {
  if (!basic.optional(contextConstructed(0), 'certs')) return []
  const explicit = basic.inside('certs')
  const list = explicit.enter(tags.sequence, 'certs')
  explicit.finish()
  const certificates: Uint8Array[] = []
  while (!list.atEnd) {
    list.expect(tags.sequence, 'certificate')
    certificates.push(list.element())
  }
  return certificates
}

function readResponder(data: DerReader): OcspResponse['responder'] {
  if (data.optional(contextConstructed(1), 'responderID')) {
    const explicit = data.inside('byName')
    const name = readName(explicit, 'name')
    explicit.finish()
    void name.rdns
    return { type: 'name', name }
  }
  const explicit = data.enter(contextConstructed(2), 'responderID')
  const keyHash = explicit.octetString('byKey')
  explicit.finish()
  return { type: 'key', keyHash }
}

const digests: Readonly<Record<string, OcspSingleResponse['hashAlgorithm']>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
}

function readSingle(single: DerReader): OcspSingleResponse {
  const id = single.enter(tags.sequence, 'certID')
  const algorithm = id.enter(tags.sequence, 'hashAlgorithm')
  const hashAlgorithm = digests[algorithm.objectIdentifier('algorithm')] ?? 'unknown'
  if (!algorithm.atEnd) algorithm.expect(tags.null, 'parameters')
  algorithm.finish()
  const issuerNameHash = id.octetString('issuerNameHash')
  const issuerKeyHash = id.octetString('issuerKeyHash')
  const serialNumber = id.integer('serialNumber')
  id.finish()
  const status = readStatus(single)
  const thisUpdate = readTime(single, 'thisUpdate')
  let nextUpdate: number | undefined
  if (single.optional(contextConstructed(0), 'nextUpdate')) {
    const explicit = single.inside('nextUpdate')
    nextUpdate = readTime(explicit, 'nextUpdate')
    explicit.finish()
  }
  const extensions = readExplicitExtensions(single, 1)
  single.finish()
  return {
    hashAlgorithm,
    issuerNameHash,
    issuerKeyHash,
    serialNumber,
    ...status,
    thisUpdate,
    nextUpdate,
    extensions,
  }
}

/** CertStatus: NULL for good, when and why for revoked, NULL for unknown. */
function readStatus(single: DerReader): Pick<OcspSingleResponse, 'status' | 'revoked'> {
  single.next('certStatus')
  const { tag } = single
  if (tag === contextConstructed(1)) {
    const info = single.inside('revoked')
    const revocationTime = readTime(info, 'revocationTime')
    let revoked: RevokedInfo = { revocationTime }
    if (info.optional(contextConstructed(0), 'revocationReason')) {
      const explicit = info.inside('revocationReason')
      revoked = { revocationTime, reason: readReason(explicit) }
      explicit.finish()
    }
    info.finish()
    return { status: 'revoked', revoked }
  }
  if (single.contentEnd !== single.contentStart)
    throw single.error('NULL is not empty', 'certStatus')
  if (tag === contextPrimitive(0)) return { status: 'good' }
  if (tag === contextPrimitive(2)) return { status: 'unknown' }
  throw single.error('unknown status', 'certStatus')
}

function readExplicitExtensions(reader: DerReader, number: number): readonly Extension[] {
  if (!reader.optional(contextConstructed(number), 'extensions')) return []
  const explicit = reader.inside('extensions')
  const extensions = readExtensionList(explicit.enter(tags.sequence, 'extensions'))
  explicit.finish()
  return extensions
}

/** An error inside of the wrapped response tells its offset from the start of the whole. */
function within<T>(whole: Uint8Array, part: Uint8Array, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof X509Error ? error.movedBy(part.byteOffset - whole.byteOffset) : error
  }
}

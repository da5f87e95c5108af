/** The signed part of the precertificate that a certificate was made from (RFC 6962 §3.2). */
import { contextConstructed, readWhole, tags } from '../der.ts'
import { extensionOids } from '../oid.ts'
import type { Certificate } from '../types.ts'

/**
 * The TBSCertificate without its list of timestamps, which was not there when the logs saw it. Everything else keeps its
 * bytes; only the three lengths around the list change.
 */
export function precertificateTbs(certificate: Certificate): Uint8Array {
  const tbs = readWhole(certificate.tbs, tags.sequence, 'tbsCertificate')
  const contentStart = tbs.position
  while (!tbs.atEnd && tbs.peek() !== contextConstructed(3)) tbs.next('field')
  const before = certificate.tbs.subarray(contentStart, tbs.position)
  const kept = certificate.extensions
    .filter(({ oid }) => oid !== extensionOids.signedCertificateTimestampList)
    .map(({ span }) => certificate.der.subarray(span.start, span.end))
  const extensions =
    kept.length === 0 ? [] : [wrap(contextConstructed(3), [wrap(tags.sequence, kept)])]
  return wrap(tags.sequence, [before, ...extensions])
}

/** One DER element around others. */
function wrap(tag: number, contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, { length }) => sum + length, 0)
  const lengthBytes: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) lengthBytes.unshift(left % 256)
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | lengthBytes.length, ...lengthBytes]
  const element = new Uint8Array(header.length + length)
  element.set(header)
  let offset = header.length
  for (const content of contents) {
    element.set(content, offset)
    offset += content.length
  }
  return element
}

/** Bundles of certificates: the SignedData without signatures that RFC 5652 §5.1 calls degenerate, `.p7b` and `.p7c`. */
import { contextConstructed, DerReader, readWhole, tags } from '@handfast/x509/reading'

const signedData = '1.2.840.113549.1.7.2'

/**
 * The certificates of a bundle, DER.
 * @returns undefined for bytes that do not begin as a bundle does, such as a certificate
 * @throws X509Error for a bundle that is malformed
 */
export function certificatesOfBundle(der: Uint8Array): readonly Uint8Array[] | undefined {
  const outer = new DerReader(der, 'contentInfo')
  if (!outer.optional(tags.sequence, '') || outer.inside('').peek() !== tags.objectIdentifier)
    return undefined
  const info = readWhole(der, tags.sequence, 'contentInfo')
  if (info.objectIdentifier('contentType') !== signedData)
    throw info.error('it is no bundle of certificates', 'contentType')
  const data = info.enter(contextConstructed(0), 'content').enter(tags.sequence, 'signedData')
  data.integer('version')
  data.expect(tags.set, 'digestAlgorithms')
  data.expect(tags.sequence, 'encapContentInfo')
  const certificates: Uint8Array[] = []
  if (!data.optional(contextConstructed(0), 'certificates')) return certificates
  const list = data.inside('certificates')
  while (!list.atEnd) {
    list.next('certificate')
    // Other forms of certificates have other tags (RFC 5652 §10.2.2).
    if (list.tag === tags.sequence) certificates.push(list.element())
  }
  return certificates
}

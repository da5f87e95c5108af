/** Extensions that carry names: alternative names, name constraints, key identifiers, pointers to more. */
import { contextConstructed, contextPrimitive, DerReader, readWhole, tags } from '../der.ts'
import { readGeneralName, readGeneralNames } from '../general-name.ts'
import type {
  AccessDescription,
  AuthorityKeyIdentifier,
  DistributionPoint,
  GeneralName,
  NameConstraints,
} from '../types.ts'

/** subjectAltName and issuerAltName (RFC 5280 §4.2.1.6, §4.2.1.7) */
export function parseAlternativeNames(der: Uint8Array, field: string): readonly GeneralName[] {
  return readGeneralNames(readWhole(der, tags.sequence, field), 'name')
}

/** RFC 5280 §4.2.1.10 */
export function parseNameConstraints(der: Uint8Array): NameConstraints {
  const sequence = readWhole(der, tags.sequence, 'nameConstraints')
  const permittedSubtrees = readSubtrees(sequence, 0, 'permittedSubtrees')
  const excludedSubtrees = readSubtrees(sequence, 1, 'excludedSubtrees')
  sequence.finish()
  if (permittedSubtrees === undefined && excludedSubtrees === undefined) {
    throw sequence.error('neither permitted nor excluded subtrees are given')
  }
  return {
    permittedSubtrees: permittedSubtrees ?? [],
    excludedSubtrees: excludedSubtrees ?? [],
  }
}

function readSubtrees(
  sequence: DerReader,
  number: number,
  field: string,
): readonly GeneralName[] | undefined {
  if (!sequence.optional(contextConstructed(number), field)) return undefined
  const list = sequence.inside(field)
  const subtrees: GeneralName[] = []
  while (!list.atEnd) {
    const subtree = list.enter(tags.sequence, 'generalSubtree')
    subtrees.push(readGeneralName(subtree, 'base', [8, 32]))
    // RFC 5280: minimum is 0, and so by DER's rule for defaults absent; maximum is absent.
    subtree.finish()
  }
  if (subtrees.length === 0) throw list.error('list of subtrees is empty')
  return subtrees
}

/** RFC 5280 §4.2.1.2 */
export function parseSubjectKeyIdentifier(der: Uint8Array): Uint8Array {
  const reader = new DerReader(der, 'subjectKeyIdentifier')
  const identifier = reader.octetString('keyIdentifier')
  reader.finish()
  return identifier
}

/** RFC 5280 §4.2.1.1 */
export function parseAuthorityKeyIdentifier(der: Uint8Array): AuthorityKeyIdentifier {
  const sequence = readWhole(der, tags.sequence, 'authorityKeyIdentifier')
  const result: { -readonly [K in keyof AuthorityKeyIdentifier]: AuthorityKeyIdentifier[K] } = {}
  if (sequence.optional(contextPrimitive(0), 'keyIdentifier')) {
    result.keyIdentifier = sequence.content()
  }
  if (sequence.optional(contextConstructed(1), 'authorityCertIssuer')) {
    result.authorityCertIssuer = readGeneralNames(sequence.inside('authorityCertIssuer'), 'name')
  }
  if (sequence.peek() === contextPrimitive(2)) {
    result.authorityCertSerialNumber = sequence.integer(
      'authorityCertSerialNumber',
      contextPrimitive(2),
    )
  }
  sequence.finish()
  return result
}

/** RFC 5280 §4.2.2.1: at least one description. */
export function parseAuthorityInfoAccess(der: Uint8Array): readonly AccessDescription[] {
  const sequence = readWhole(der, tags.sequence, 'authorityInfoAccess')
  const descriptions: AccessDescription[] = []
  while (!sequence.atEnd) {
    const description = sequence.enter(tags.sequence, 'accessDescription')
    const accessMethod = description.objectIdentifier('accessMethod')
    const accessLocation = readGeneralName(description, 'accessLocation')
    description.finish()
    descriptions.push({ accessMethod, accessLocation })
  }
  if (descriptions.length === 0) throw sequence.error('no access description is given')
  return descriptions
}

/** RFC 5280 §4.2.1.13 */
export function parseCrlDistributionPoints(der: Uint8Array): readonly DistributionPoint[] {
  const sequence = readWhole(der, tags.sequence, 'cRLDistributionPoints')
  const points: DistributionPoint[] = []
  while (!sequence.atEnd) {
    points.push(readDistributionPoint(sequence.enter(tags.sequence, 'distributionPoint')))
  }
  if (points.length === 0) throw sequence.error('no distribution point is given')
  return points
}

function readDistributionPoint(point: DerReader): DistributionPoint {
  let fullName: readonly GeneralName[] = []
  let restricted = false
  if (point.optional(contextConstructed(0), 'distributionPoint')) {
    const choice = point.inside('distributionPoint')
    if (choice.optional(contextConstructed(0), 'fullName')) {
      fullName = readGeneralNames(choice.inside('fullName'), 'name')
    } else {
      choice.expect(contextConstructed(1), 'nameRelativeToCRLIssuer')
      restricted = true
    }
    choice.finish()
  }
  if (point.peek() === contextPrimitive(1)) {
    point.namedBits('reasons', contextPrimitive(1))
    restricted = true
  }
  if (point.optional(contextConstructed(2), 'cRLIssuer')) {
    readGeneralNames(point.inside('cRLIssuer'), 'name')
    restricted = true
  }
  point.finish()
  return { fullName, restricted }
}

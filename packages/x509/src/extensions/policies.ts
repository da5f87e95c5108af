/** Policies: certificatePolicies, policyMappings, policyConstraints (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11). */
import { contextPrimitive, readWhole, tags } from '../der.ts'
import type { PolicyConstraints, PolicyInformation, PolicyMapping } from '../types.ts'

/** RFC 5280 §4.2.1.4: at least one policy, none of them twice. */
export function parseCertificatePolicies(der: Uint8Array): readonly PolicyInformation[] {
  const sequence = readWhole(der, tags.sequence, 'certificatePolicies')
  const policies: PolicyInformation[] = []
  const seen = new Set<string>()
  while (!sequence.atEnd) {
    const policy = sequence.enter(tags.sequence, 'policyInformation')
    const policyIdentifier = policy.objectIdentifier('policyIdentifier')
    if (seen.has(policyIdentifier)) throw policy.error(`policy ${policyIdentifier} is given twice`)
    seen.add(policyIdentifier)
    if (policy.optional(tags.sequence, 'policyQualifiers')) {
      policies.push({ policyIdentifier, qualifiers: policy.element() })
    } else {
      policies.push({ policyIdentifier })
    }
    policy.finish()
  }
  if (policies.length === 0) throw sequence.error('no policy is given')
  return policies
}

/** RFC 5280 §4.2.1.5 */
export function parsePolicyMappings(der: Uint8Array): readonly PolicyMapping[] {
  const sequence = readWhole(der, tags.sequence, 'policyMappings')
  const mappings: PolicyMapping[] = []
  while (!sequence.atEnd) {
    const mapping = sequence.enter(tags.sequence, 'policyMapping')
    const issuerDomainPolicy = mapping.objectIdentifier('issuerDomainPolicy')
    const subjectDomainPolicy = mapping.objectIdentifier('subjectDomainPolicy')
    mapping.finish()
    mappings.push({ issuerDomainPolicy, subjectDomainPolicy })
  }
  if (mappings.length === 0) throw sequence.error('no mapping is given')
  return mappings
}

/** RFC 5280 §4.2.1.11: not both absent. */
export function parsePolicyConstraints(der: Uint8Array): PolicyConstraints {
  const sequence = readWhole(der, tags.sequence, 'policyConstraints')
  const result: { -readonly [K in keyof PolicyConstraints]: PolicyConstraints[K] } = {}
  if (sequence.peek() === contextPrimitive(0)) {
    result.requireExplicitPolicy = sequence.smallInteger(
      'requireExplicitPolicy',
      contextPrimitive(0),
    )
  }
  if (sequence.peek() === contextPrimitive(1)) {
    result.inhibitPolicyMapping = sequence.smallInteger('inhibitPolicyMapping', contextPrimitive(1))
  }
  sequence.finish()
  if (result.requireExplicitPolicy === undefined && result.inhibitPolicyMapping === undefined) {
    throw sequence.error('neither constraint is given')
  }
  return result
}

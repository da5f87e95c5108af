/**
 * Certificate policies along a path (RFC 5280 §6.1.2 to §6.1.5), for a caller who accepts any policy.
 *
 * What is left of the algorithm then is one question: where a certificate demands an explicit policy, is there a policy
 * that every certificate agrees on? Only the current level of the RFC's tree is needed to answer it: the tree is empty
 * exactly when its lowest level is. A level maps each valid policy to the policies expected of the next certificate.
 */
import { anyPolicy } from './oid.ts'
import type { Certificate } from './types.ts'

type Level = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Processes the policies of a path.
 *
 * @param path leaf first, without the trust anchor
 * @returns the depth at which processing failed and why, or undefined when it did not
 */
export function policyViolation(
  path: readonly Certificate[],
): { readonly depth: number; readonly reason: string } | undefined {
  // Unless a certificate demands a policy or maps one, nothing can fail (§6.1.2(d), §6.1.4(a)).
  if (
    path.every((one) => one.policyConstraints === undefined && one.policyMappings === undefined)
  ) {
    return undefined
  }
  const length = path.length
  let explicitPolicy = length + 1
  let policyMapping = length + 1
  let inhibitAnyPolicy = length + 1
  let level: Level = new Map([[anyPolicy, new Set([anyPolicy])]])

  for (let depth = length - 1; depth >= 0; depth--) {
    const certificate = path[depth]!
    const isLast = depth === 0
    const allowAny = inhibitAnyPolicy > 0 || (!isLast && certificate.isSelfIssued)
    level = nextLevel(level, certificate, allowAny)
    if (explicitPolicy === 0 && level.size === 0) return { depth, reason: noPolicy }

    const { policyConstraints } = certificate
    if (isLast) {
      // §6.1.5(a), (b): the last certificate counts one step, or demands a policy by itself.
      const demanded = explicitPolicy <= 1 || policyConstraints?.requireExplicitPolicy === 0
      return demanded && level.size === 0 ? { depth, reason: noPolicy } : undefined
    }

    const mapped = mapPolicies(level, certificate, policyMapping > 0)
    if (mapped === undefined) return { depth, reason: 'it maps from or to anyPolicy' }
    level = mapped
    // §6.1.4(h): self-issued certificates do not count.
    if (!certificate.isSelfIssued) {
      explicitPolicy = Math.max(explicitPolicy - 1, 0)
      policyMapping = Math.max(policyMapping - 1, 0)
      inhibitAnyPolicy = Math.max(inhibitAnyPolicy - 1, 0)
    }
    explicitPolicy = Math.min(explicitPolicy, policyConstraints?.requireExplicitPolicy ?? Infinity)
    policyMapping = Math.min(policyMapping, policyConstraints?.inhibitPolicyMapping ?? Infinity)
    inhibitAnyPolicy = Math.min(inhibitAnyPolicy, certificate.inhibitAnyPolicy ?? Infinity)
  }
  return undefined
}

const noPolicy = 'an explicit policy is demanded, and no policy is valid for the whole path'

/** §6.1.3(d) and (e) */
function nextLevel(level: Level, certificate: Certificate, allowAny: boolean): Level {
  const next = new Map<string, ReadonlySet<string>>()
  const policies = certificate.certificatePolicies
  if (policies === undefined || level.size === 0) return next
  const expected = new Set([...level.values()].flatMap((policies) => [...policies]))
  for (const { policyIdentifier: policy } of policies) {
    if (policy === anyPolicy) continue
    if (expected.has(policy) || level.has(anyPolicy)) next.set(policy, new Set([policy]))
  }
  if (allowAny && policies.some(({ policyIdentifier }) => policyIdentifier === anyPolicy)) {
    for (const policy of expected) if (!next.has(policy)) next.set(policy, new Set([policy]))
  }
  return next
}

/** §6.1.4(a) and (b); undefined when the mappings are not allowed. */
function mapPolicies(level: Level, certificate: Certificate, mayMap: boolean): Level | undefined {
  const mappings = certificate.policyMappings
  if (mappings === undefined) return level
  const targets = new Map<string, Set<string>>()
  for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
    if (issuerDomainPolicy === anyPolicy || subjectDomainPolicy === anyPolicy) return undefined
    const others = targets.get(issuerDomainPolicy)
    if (others === undefined) targets.set(issuerDomainPolicy, new Set([subjectDomainPolicy]))
    else others.add(subjectDomainPolicy)
  }
  const mapped = new Map(level)
  for (const [issuerDomainPolicy, subjectDomainPolicies] of targets) {
    if (!mayMap) mapped.delete(issuerDomainPolicy)
    else if (level.has(issuerDomainPolicy) || level.has(anyPolicy)) {
      mapped.set(issuerDomainPolicy, subjectDomainPolicies)
    }
  }
  return mapped
}

/**
 * Certificate policies along a path (RFC 5280 §6.1.2 to §6.1.5).
 *
 * What the algorithm decides is one question: where an explicit policy is demanded, by the caller or by a certificate, is
 * there a policy that every certificate agrees on, and that the caller accepts? Only the current level of the RFC's tree
 * is needed to answer it: the tree is empty exactly when its lowest level is, nodes of one level with the same policy
 * expect the same (RFC 9618 §5), and of their ancestors only one thing counts in the end (§6.1.5(g)(iii)): whether the
 * caller accepts the policy that the path began with.
 */
import { anyPolicy } from './oid.ts'
import type { Certificate, PolicyDemands } from './types.ts'

interface Node {
  /** The policies expected of the next certificate. */
  readonly expected: ReadonlySet<string>
  /** True when an ancestor of it, or it itself, is directly below anyPolicy and acceptable to the caller. */
  readonly acceptable: boolean
}

/** By valid policy. */
type Level = ReadonlyMap<string, Node>

/**
 * Processes the policies of a path.
 *
 * @param path leaf first, without the trust anchor
 * @returns the depth at which processing failed and why, or undefined when it did not
 */
export function policyViolation(
  path: readonly Certificate[],
  demands: PolicyDemands = {},
): { readonly depth: number; readonly reason: string } | undefined {
  // Unless somebody demands a policy, or a certificate maps one, nothing can fail (§6.1.2(d), §6.1.4(a)).
  if (
    demands.explicit !== true &&
    path.every((one) => one.policyConstraints === undefined && one.policyMappings === undefined)
  ) {
    return undefined
  }
  const length = path.length
  const acceptable = demands.acceptable ?? [anyPolicy]
  const accepts = (policy: string): boolean =>
    acceptable.includes(policy) || acceptable.includes(anyPolicy)
  let explicitPolicy = demands.explicit === true ? 0 : length + 1
  let policyMapping = demands.inhibitMapping === true ? 0 : length + 1
  let inhibitAnyPolicy = demands.inhibitAny === true ? 0 : length + 1
  let level: Level = new Map([[anyPolicy, alone(anyPolicy, true)]])

  for (let depth = length - 1; depth >= 0; depth--) {
    const certificate = path[depth]!
    const isLast = depth === 0
    const allowAny = inhibitAnyPolicy > 0 || (!isLast && certificate.isSelfIssued)
    level = nextLevel(level, certificate, allowAny, accepts)
    if (explicitPolicy === 0 && level.size === 0) return { depth, reason: noPolicy }

    const { policyConstraints } = certificate
    if (isLast) {
      // §6.1.5(a), (b): the last certificate counts one step, or demands a policy by itself.
      const demanded = explicitPolicy <= 1 || policyConstraints?.requireExplicitPolicy === 0
      if (!demanded || [...level.values()].some((node) => node.acceptable)) return undefined
      return { depth, reason: level.size === 0 ? noPolicy : noAcceptable }
    }

    const mapped = mapPolicies(level, certificate, policyMapping > 0, accepts)
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
const noAcceptable =
  'an explicit policy is demanded, and none that is valid for the whole path is acceptable to the caller'

const alone = (policy: string, acceptable: boolean): Node => ({
  expected: new Set([policy]),
  acceptable,
})

/** §6.1.3(d) and (e) */
function nextLevel(
  level: Level,
  certificate: Certificate,
  allowAny: boolean,
  accepts: (policy: string) => boolean,
): Level {
  const next = new Map<string, Node>()
  const policies = certificate.certificatePolicies
  if (policies === undefined || level.size === 0) return next
  /** The policies expected here, and whether one of the nodes that expect them is acceptable. */
  const expected = new Map<string, boolean>()
  for (const node of level.values()) {
    for (const policy of node.expected) {
      expected.set(policy, node.acceptable || expected.get(policy) === true)
    }
  }
  for (const { policyIdentifier: policy } of policies) {
    if (policy === anyPolicy) continue
    const acceptable = expected.get(policy) ?? (level.has(anyPolicy) ? accepts(policy) : undefined)
    if (acceptable !== undefined) next.set(policy, alone(policy, acceptable))
  }
  if (allowAny && policies.some(({ policyIdentifier }) => policyIdentifier === anyPolicy)) {
    for (const [policy, acceptable] of expected) {
      if (!next.has(policy)) next.set(policy, alone(policy, acceptable))
    }
  }
  return next
}

/** §6.1.4(a) and (b); undefined when the mappings are not allowed. */
function mapPolicies(
  level: Level,
  certificate: Certificate,
  mayMap: boolean,
  accepts: (policy: string) => boolean,
): Level | undefined {
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
  for (const [policy, expected] of targets) {
    const acceptable =
      level.get(policy)?.acceptable ?? (level.has(anyPolicy) ? accepts(policy) : undefined)
    if (!mayMap) mapped.delete(policy)
    else if (acceptable !== undefined) mapped.set(policy, { expected, acceptable })
  }
  return mapped
}

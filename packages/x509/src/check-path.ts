/** The checks of RFC 5280 §6.1 that concern a path as a whole: its lengths, its constraints, its policies. */
import type { WorkBudget } from './budget.ts'
import { Findings } from './findings.ts'
import { briefName } from './name.ts'
import { constrainedNames, violation } from './name-constraints.ts'
import { policyViolation } from './policies.ts'
import type { Certificate, CertificationPath, NameConstraints, PolicyDemands } from './types.ts'

/** The certificates of a path, the anchor's own included where it has one. */
export function wholePath({ certificates, anchor }: CertificationPath): readonly Certificate[] {
  return anchor.certificate === undefined || certificates.includes(anchor.certificate)
    ? certificates
    : [...certificates, anchor.certificate]
}

/**
 * @throws BudgetExhausted when the names and constraints are more than the budget allows; X509Error when a certificate is
 * malformed
 */
export function checkPath(
  path: CertificationPath,
  policies: PolicyDemands | undefined,
  budget: WorkBudget,
): Findings {
  const findings = new Findings()
  checkPathLengths(path, findings)
  checkNameConstraints(path, budget, findings)
  checkPolicies(path, policies, findings)
  return findings
}

/** RFC 5280 §6.1.4(l), (m): how many more authorities may follow; self-issued ones do not count. */
function checkPathLengths(path: CertificationPath, findings: Findings): void {
  const section = 'RFC 5280 §6.1.4(m)'
  let intermediates = 0
  wholePath(path).forEach((certificate, depth) => {
    if (depth === 0) return
    const allowed = certificate.basicConstraints?.pathLenConstraint
    if (allowed !== undefined && intermediates > allowed) {
      findings.fail(
        'path length',
        `at most ${allowed} below ${briefName(certificate.subject)}`,
        section,
        {
          code: 'path-too-long',
          message: `${briefName(certificate.subject)} allows ${allowed} authorities below itself, and there are ${intermediates}`,
          help: 'An authority further down was not allowed to issue authorities; it has to issue the certificate itself.',
        },
        { certificate, depth },
      )
    }
    if (!certificate.isSelfIssued) intermediates++
  })
  if (findings.failures.length === 0) {
    findings.pass(
      'path length',
      'pathLenConstraint, where present',
      section,
      `${path.certificates.length - 1} intermediates`,
    )
  }
}

/** RFC 5280 §6.1.3(b), (c): the names of every certificate lie where all issuers above it allow. */
function checkNameConstraints(
  path: CertificationPath,
  budget: WorkBudget,
  findings: Findings,
): void {
  const section = 'RFC 5280 §6.1.3(b)'
  const certificates = wholePath(path)
  let constrained = false
  const check = (constraints: NameConstraints, depth: number): void => {
    constrained = true
    for (let below = depth - 1; below >= 0; below--) {
      const certificate = certificates[below]!
      // Self-issued certificates serve to roll a key over and are exempt, except as the last one.
      if (below > 0 && certificate.isSelfIssued) continue
      const reason = violation(constrainedNames(certificate), constraints, budget)
      if (reason === undefined) continue
      findings.fail(
        'name constraints',
        'constraints of the issuers',
        section,
        {
          code: 'name-constraints',
          message: `an authority of the path is not allowed to speak for a name in it: ${reason}`,
          help: 'The certificate has to come from an authority that may issue for this name.',
        },
        { certificate, depth: below },
      )
      return
    }
  }
  certificates.forEach((certificate, depth) => {
    if (depth > 0 && certificate.nameConstraints !== undefined) {
      check(certificate.nameConstraints, depth)
    }
  })
  // What the caller limits an anchor to; a leaf that is its own anchor is under it too.
  const own = path.anchor.nameConstraints
  if (own !== undefined) check(own, path.certificates.length)
  if (!constrained) findings.pass('name constraints', 'constraints of the issuers', section, 'none')
  else if (!findings.failures.some(({ code }) => code === 'name-constraints')) {
    findings.pass('name constraints', 'constraints of the issuers', section)
  }
}

function checkPolicies(
  path: CertificationPath,
  demands: PolicyDemands | undefined,
  findings: Findings,
): void {
  const section = 'RFC 5280 §6.1.5'
  const { acceptable, explicit } = demands ?? {}
  const against = `${acceptable?.join(' or ') ?? 'any policy'}${explicit ? '' : ', where an explicit one is demanded'}`
  const problem = policyViolation(path.certificates, demands)
  if (problem === undefined) {
    findings.pass('policies', against, section)
    return
  }
  const certificate = path.certificates[problem.depth]
  findings.fail(
    'policies',
    against,
    section,
    {
      code: 'policy',
      message: `the certificate policies of the path do not fit together: ${problem.reason}`,
      help: 'An authority of the path has to issue its certificates with policies that its issuer, or you, demand.',
    },
    { certificate, depth: problem.depth },
  )
}

/** Path validation (RFC 5280 §6.1) and service identity (RFC 9525): from certificates to a verdict. */
import { BudgetExhausted, WorkBudget } from './budget.ts'
import { buildPaths, IntermediateIndex, type Search } from './build-paths.ts'
import { toCertificate } from './certificate.ts'
import { type CheckContext, checkCertificate } from './check-certificate.ts'
import { checkPath, wholePath } from './check-path.ts'
import { SignatureChecker } from './check-signatures.ts'
import { X509Error } from './errors.ts'
import { Findings } from './findings.ts'
import { briefGeneralName, formatGeneralName, printable } from './general-name.ts'
import { findMatch, parseReferenceName } from './host-name.ts'
import { type MaybePromise, runSteps, type Steps } from './steps.ts'
import { createTrustStore } from './trust-store.ts'
import type {
  Attempt,
  Certificate,
  CertificationPath,
  Failure,
  Role,
  TrustStore,
  Verdict,
  VerifyInput,
} from './types.ts'

/** Attempts kept for the explanation; a bush of cross-certificates has thousands that all say the same. */
const keptAttempts = 50

/** Candidates looked at to explain a failure, after the search for a valid path has ended. */
const explanationCandidates = 200

/**
 * Decides whether a certificate is to be believed: finds a path to a trust anchor and checks everything along it.
 *
 * Whatever the certificates contain, the answer is a verdict, made within the budget.
 *
 * @returns the verdict at once when all verifiers used are synchronous, else a promise of it
 * @throws X509Error `invalid-argument` when an argument is not what it should be: the caller's mistake
 */
export function verifyCertificate(input: VerifyInput): MaybePromise<Verdict> {
  return runSteps(verify(input))
}

/** The same as steps, for those that verify more than once. */
export function* verify(input: VerifyInput): Steps<Verdict> {
  if (!Number.isFinite(input.time)) {
    throw new X509Error('invalid-argument', '`time` must be a number of milliseconds')
  }
  if (input.policies?.acceptable?.length === 0) {
    throw new X509Error('invalid-argument', '`policies.acceptable` must name a policy')
  }
  let leaf: Certificate
  try {
    leaf = withReadableNames(toCertificate(input.certificate))
  } catch (error) {
    return unreadable(error)
  }
  const verification = new Verification(leaf, input)
  return yield* verification.run()
}

/** The best explanation so far: a path and what is wrong with it. */
interface Outcome {
  readonly path: CertificationPath
  readonly findings: Findings
}

class Verification {
  readonly #leaf: Certificate
  readonly #input: VerifyInput
  readonly #trust: TrustStore
  readonly #budget: WorkBudget
  readonly #signatures: SignatureChecker
  readonly #intermediates: IntermediateIndex
  readonly #attempts: Attempt[] = []
  readonly #findings: Record<Role, Map<Certificate, Findings>> = {
    leaf: new Map(),
    issuer: new Map(),
    anchor: new Map(),
  }
  /** Of the paths that reached an anchor, the one with the fewest failures; among equals the longest. */
  #nearest: Outcome | undefined
  /** True when the search has left out an issuer that has something wrong. */
  #wasRefused = false

  constructor(leaf: Certificate, input: VerifyInput) {
    this.#leaf = leaf
    this.#input = input
    this.#trust = toTrustStore(input.trust)
    this.#budget = new WorkBudget(input.budget)
    this.#signatures = new SignatureChecker(input.verifiers, this.#budget)
    this.#intermediates = new IntermediateIndex(this.#readIntermediates(input.intermediates))
  }

  *run(): Steps<Verdict> {
    let exhausted: Failure | undefined
    try {
      const found = (yield* this.#search(false)) ?? (yield* this.#explain())
      if (found !== undefined) return this.#verdict(found, undefined)
    } catch (error) {
      if (!(error instanceof BudgetExhausted)) throw error
      exhausted = budgetFailure(error)
    }
    return this.#verdict(this.#nearest, exhausted)
  }

  /** Tries paths until one has nothing wrong. */
  *#search(tolerant: boolean, budget = this.#budget): Steps<Outcome | undefined> {
    const itself = this.#trust.findExact(this.#leaf)
    if (itself !== undefined) {
      const anchor = { ...itself, certificate: this.#leaf }
      return yield* this.#try({ certificates: [this.#leaf], anchor })
    }
    const search: Search = {
      trust: this.#trust,
      intermediates: this.#intermediates,
      budget,
      issuerFindings: (certificate, depth) => this.#check(certificate, 'issuer', depth),
      isKnownForgery: (certificate, key) => this.#signatures.isKnownForgery(certificate, key),
      tolerant,
      refuse: (path, failure) => {
        this.#wasRefused = true
        this.#giveUp(path, failure)
      },
      giveUp: (path, failure) => this.#giveUp(path, failure),
    }
    for (const path of buildPaths(search, [this.#leaf])) {
      const outcome = yield* this.#try(path)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  /** Goes the way of the search again, past issuers that it refused, so that the verdict can show where that leads. */
  *#explain(): Steps<undefined> {
    if (this.#nearest !== undefined || !this.#wasRefused) return undefined
    try {
      yield* this.#search(
        true,
        new WorkBudget({ ...this.#input.budget, candidates: explanationCandidates }),
      )
    } catch (error) {
      if (!(error instanceof BudgetExhausted)) throw error
    }
    return undefined
  }

  /** Checks one path that reaches an anchor; gives it back only if nothing is wrong with it above the leaf. */
  *#try(path: CertificationPath): Steps<Outcome | undefined> {
    const findings = new Findings()
    wholePath(path).forEach((certificate, depth) => {
      if (depth === 0) return
      findings.addAt(
        depth,
        this.#check(certificate, depth < path.certificates.length ? 'issuer' : 'anchor', depth),
      )
    })
    try {
      yield* this.#checkWhole(path, findings)
    } catch (error) {
      // An extension that only a further check looks into may be malformed as well.
      if (!(error instanceof X509Error)) throw error
      addFailure(findings, 'encoding', 'DER', malformed(error, 'a certificate of the path'))
    }
    const outcome = { path, findings }
    const failure = findings.failures[0]
    if (failure === undefined) return outcome
    this.#giveUp(wholePath(path), failure)
    if (this.#nearest === undefined || isNearer(outcome, this.#nearest)) this.#nearest = outcome
    return undefined
  }

  /** What concerns the path as a whole: first what costs little, then signatures, then what the caller demands. */
  *#checkWhole(path: CertificationPath, findings: Findings): Steps<void> {
    findings.add(checkPath(path, this.#input.policies, this.#budget))
    if (findings.failures.length > 0) {
      const detail = 'the path fails anyway'
      findings.skip('signature', 'the keys of the path', 'RFC 5280 §6.1.3(a)(1)', detail)
      return
    }
    findings.add(yield* this.#signatures.check(path))
    if (findings.failures.length === 0) findings.add(yield* this.#checkFurther(path))
  }

  /** What the caller demands beyond a valid path. */
  *#checkFurther(path: CertificationPath): Steps<Findings> {
    const { time, profile, additionalChecks = [] } = this.#input
    const findings = new Findings()
    for (const check of additionalChecks) {
      const steps = check(path, {
        time,
        profile,
        report: findings,
        verifySignature: (...parts) => this.#signatures.verify(...parts),
      })
      if (steps !== undefined) yield* steps
    }
    if (!findings.checks.some(({ what }) => what === 'revocation')) {
      findings.skip('revocation', 'nothing', 'RFC 5280 §6.3', 'it was not asked for')
    }
    return findings
  }

  #check(certificate: Certificate, role: Role, depth: number): Findings {
    const kept = this.#findings[role].get(certificate)
    if (kept !== undefined) return kept
    const context: CheckContext = this.#input
    const findings = checkCertificate(certificate, role, depth, context)
    this.#findings[role].set(certificate, findings)
    return findings
  }

  #giveUp(path: readonly Certificate[], failure: Failure): void {
    const isKept = this.#attempts.some(
      (attempt) => attempt.failure.code === failure.code && isSamePath(attempt.path, path),
    )
    if (!isKept && this.#attempts.length < keptAttempts) this.#attempts.push({ path, failure })
  }

  #readIntermediates(inputs: readonly (Uint8Array | Certificate)[]): readonly Certificate[] {
    const certificates: Certificate[] = []
    for (const input of inputs) {
      try {
        certificates.push(withReadableNames(toCertificate(input)))
      } catch (error) {
        if (!(error instanceof X509Error)) throw error
        this.#giveUp([], malformed(error, 'an intermediate certificate'))
      }
    }
    return certificates
  }

  #verdict(outcome: Outcome | undefined, exhausted: Failure | undefined): Verdict {
    const all = new Findings()
    if (exhausted !== undefined) addFailure(all, 'budget', 'limits on the work', exhausted)
    if (outcome !== undefined) all.add(outcome.findings)
    const deadEnd = outcome === undefined ? this.#longestAttempt() : undefined
    if (deadEnd !== undefined) {
      addFailure(all, 'path', 'a trusted certificate', this.#withUnreadable(deadEnd.failure))
      deadEnd.path.forEach((certificate, depth) => {
        if (depth === 0) return
        const own = this.#check(certificate, 'issuer', depth)
        // The failure that ended the attempt may be one of the certificate's own, and is then told already.
        for (const failure of own.failures) {
          const isTold = failure.code === deadEnd.failure.code && depth === deadEnd.failure.depth
          if (!isTold) all.failures.push({ ...failure, depth })
        }
      })
    }
    all.addUntold(this.#check(this.#leaf, 'leaf', 0))
    all.add(checkName(this.#leaf, this.#input.name))
    const path = outcome === undefined ? (deadEnd?.path ?? [this.#leaf]) : wholePath(outcome.path)
    return {
      valid: outcome !== undefined && all.failures.length === 0,
      path,
      ...(outcome === undefined ? {} : { anchor: outcome.path.anchor }),
      checks: all.checks,
      failures: all.failures,
      attempts: this.#attempts,
    }
  }

  /** A missing issuer may be one that was given but could not be read. */
  #withUnreadable(failure: Failure): Failure {
    const unreadable = this.#attempts.find(({ path }) => path.length === 0)
    if (failure.code !== 'unknown-issuer' || unreadable === undefined) return failure
    return { ...failure, message: `${failure.message}; and ${unreadable.failure.message}` }
  }

  #longestAttempt(): Attempt | undefined {
    let longest: Attempt | undefined
    for (const attempt of this.#attempts) {
      if (attempt.path.length > (longest?.path.length ?? 0)) longest = attempt
    }
    return longest
  }
}

function isNearer(a: Outcome, b: Outcome): boolean {
  const difference = a.findings.failures.length - b.findings.failures.length
  return difference < 0 || (difference === 0 && wholePath(a.path).length > wholePath(b.path).length)
}

function isSamePath(a: readonly Certificate[], b: readonly Certificate[]): boolean {
  return a.length === b.length && a.every((certificate, i) => certificate === b[i])
}

/** RFC 9525: is the certificate for the name that was asked for? */
export function checkName(leaf: Certificate, name: string | undefined): Findings {
  const findings = new Findings(leaf)
  const section = 'RFC 9525 §6'
  if (name === undefined) {
    findings.skip('name', 'no name', section, 'no name was asked for')
    return findings
  }
  const shown = printable(name.slice(0, 300))
  const reference = parseReferenceName(name)
  if (reference === undefined) {
    findings.fail('name', shown, section, {
      code: 'invalid-name',
      message: `"${shown}" is neither a DNS name nor an IP address`,
      help: 'Give a DNS name whose international labels are in their xn-- form, or an IP address without zone or port.',
    })
    return findings
  }
  let names: Certificate['subjectAltName']
  try {
    names = leaf.subjectAltName
  } catch (error) {
    // That it is malformed has been found on the certificate; here it means that no name is known to match.
    if (!(error instanceof X509Error)) throw error
  }
  const match = findMatch(names ?? [], reference)
  if (match !== undefined) {
    findings.pass('name', shown, section, formatGeneralName(match))
    return findings
  }
  findings.fail('name', shown, section, {
    code: 'name-mismatch',
    message: `the certificate is not for ${shown} but for ${listNames(names)}`,
    help:
      names === undefined
        ? 'Names are looked for in the subjectAltName only, never in the common name: a new certificate is needed.'
        : 'Use a name the certificate is for, or get a certificate for this name.',
  })
  return findings
}

function listNames(names: Certificate['subjectAltName']): string {
  if (names === undefined) return 'no name at all (it has no subjectAltName)'
  const shown = names.slice(0, 10).map(briefGeneralName).join(', ')
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown
}

/** Paths are built by names: a certificate whose names cannot be read has no place in one. */
function withReadableNames(certificate: Certificate): Certificate {
  void certificate.issuer.rdns
  void certificate.subject.rdns
  return certificate
}

function toTrustStore(trust: VerifyInput['trust']): TrustStore {
  return isList(trust) ? createTrustStore(trust) : trust
}

function isList(trust: VerifyInput['trust']): trust is Exclude<VerifyInput['trust'], TrustStore> {
  return Array.isArray(trust)
}

function addFailure(findings: Findings, what: string, against: string, failure: Failure): void {
  const { code, message, help, section, certificate, depth } = failure
  const place = { certificate, ...(depth === undefined ? {} : { depth }) }
  findings.fail(what, against, section, { code, message, help }, place)
}

function budgetFailure(error: BudgetExhausted): Failure {
  return {
    code: 'budget',
    message: `the certificates would take too much work to verify: ${error.message}`,
    help: 'No honest server needs so much; if yours does, raise `budget`.',
    section: 'RFC 4158 §3.5',
  }
}

function malformed(error: X509Error, what: string): Failure {
  return {
    code: 'malformed',
    message: `${what} is malformed: ${error.message}`,
    help: 'Whoever issued the certificate has to issue it again; the software that made it has a fault.',
    section: 'RFC 5280 §4.1',
  }
}

function unreadable(error: unknown): Verdict {
  if (!(error instanceof X509Error) || error.code !== 'malformed') throw error
  const findings = new Findings()
  addFailure(
    findings,
    'encoding',
    'DER, and the structures of RFC 5280',
    malformed(error, 'the certificate'),
  )
  return {
    valid: false,
    path: [],
    checks: findings.checks,
    failures: findings.failures,
    attempts: [],
  }
}

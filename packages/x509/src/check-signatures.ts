/** Signatures (RFC 5280 §6.1.3(a)(1)), verified from the anchor down: no key is used before it is itself vouched for. */
import type { WorkBudget } from './budget.ts'
import type { CandidatePath } from './build-paths.ts'
import { toHex } from './bytes.ts'
import { keyFits } from './check-key.ts'
import { Findings } from './findings.ts'
import { formatName } from './name.ts'
import { describeKey } from './public-key.ts'
import { type Steps, settle } from './steps.ts'
import type { Certificate, SignatureVerifiers, SubjectPublicKeyInfo } from './types.ts'

const section = 'RFC 5280 §6.1.3(a)(1)'

/** Verifies signatures once each, however many paths they are part of. */
export class SignatureChecker {
  readonly #verifiers: SignatureVerifiers
  readonly #budget: WorkBudget
  /** For each certificate, whether a key made its signature; keys by the bytes of their SubjectPublicKeyInfo. */
  readonly #known = new Map<Certificate, Map<string, boolean>>()

  constructor(verifiers: SignatureVerifiers, budget: WorkBudget) {
    this.#verifiers = verifiers
    this.#budget = budget
  }

  /** True when the signature was tried with this key and was wrong. */
  isKnownForgery(certificate: Certificate, key: SubjectPublicKeyInfo): boolean {
    const known = this.#known.get(certificate)
    return known !== undefined && known.get(toHex(key.der)) === false
  }

  /** @throws BudgetExhausted when there are more signatures than the budget allows */
  *check(path: CandidatePath): Steps<Findings> {
    const { certificates, anchor } = path
    const findings = new Findings()
    const isOwnAnchor = certificates.at(-1) === anchor.certificate
    if (isOwnAnchor) {
      findings.skip('signature', 'the anchor', section, 'the certificate is itself trusted')
    }
    let issuer = anchor.subject
    let key = anchor.subjectPublicKeyInfo
    for (let depth = certificates.length - (isOwnAnchor ? 2 : 1); depth >= 0; depth--) {
      const certificate = certificates[depth]!
      const against = `the key of ${formatName(issuer)}`
      const valid = yield* this.#verify(certificate, key)
      if (!valid) {
        const name = certificate.signatureAlgorithm.name
        const fits = name !== undefined && keyFits(key.algorithm, name)
        findings.fail(
          'signature',
          against,
          section,
          {
            code: 'bad-signature',
            message: fits
              ? `the signature on ${formatName(certificate.subject)} is not by the key of ${formatName(issuer)}`
              : `the signature on ${formatName(certificate.subject)} is ${name ?? 'of an unknown algorithm'}, but its issuer's key is ${describeKey(key.algorithm)}`,
            help: 'The certificate was altered, or another authority of the same name issued it: check that the trusted certificate is the current one.',
          },
          { certificate, depth },
        )
        return findings
      }
      findings.pass('signature', against, section, certificate.signatureAlgorithm.name)
      issuer = certificate.subject
      key = certificate.subjectPublicKeyInfo
    }
    return findings
  }

  *#verify(certificate: Certificate, key: SubjectPublicKeyInfo): Steps<boolean> {
    const name = certificate.signatureAlgorithm.name
    if (name === undefined || !keyFits(key.algorithm, name)) return false
    const verifier = this.#verifiers[name]
    if (verifier === undefined) return false
    let known = this.#known.get(certificate)
    if (known === undefined) {
      known = new Map()
      this.#known.set(certificate, known)
    }
    const keyId = toHex(key.der)
    const earlier = known.get(keyId)
    if (earlier !== undefined) return earlier
    this.#budget.spend('signatures')
    let valid = false
    try {
      valid = (yield* settle(verifier(key.der, certificate.tbs, certificate.signature))) === true
    } catch {
      // A provider may throw for a key or a signature it cannot read; either way it is not a valid signature.
      valid = false
    }
    known.set(keyId, valid)
    return valid
  }
}

/** Signatures (RFC 5280 §6.1.3(a)(1)), verified from the anchor down: no key is used before it is itself vouched for. */
import type { WorkBudget } from './budget.ts'
import { equalBytes } from './bytes.ts'
import { keyFits, signatureProblem } from './check-key.ts'
import { Findings } from './findings.ts'
import { briefName } from './name.ts'
import { describeKey } from './public-key.ts'
import { type Steps, settle } from './steps.ts'
import type {
  Certificate,
  CertificationPath,
  Problem,
  SignatureAlgorithmIdentifier,
  SignatureVerifiers,
  SubjectPublicKeyInfo,
  TrustAnchor,
} from './types.ts'

const section = 'RFC 5280 §6.1.3(a)(1)'

/** Whose key made a signature: the anchor, or a certificate of the path. */
type Issuer = Pick<TrustAnchor, 'subject' | 'subjectPublicKeyInfo' | 'certificate'>

/** Verifies signatures once each, however many paths they are part of. */
export class SignatureChecker {
  readonly #verifiers: SignatureVerifiers
  readonly #budget: WorkBudget
  /** For each certificate, the keys tried on it (DER of their SubjectPublicKeyInfo) and what came out. */
  readonly #tried = new Map<Certificate, { readonly key: Uint8Array; readonly valid: boolean }[]>()

  constructor(verifiers: SignatureVerifiers, budget: WorkBudget) {
    this.#verifiers = verifiers
    this.#budget = budget
  }

  /** True when the signature was tried with this key (DER of SubjectPublicKeyInfo) and was wrong. */
  isKnownForgery(certificate: Certificate, key: Uint8Array): boolean {
    return this.#earlier(certificate, key) === false
  }

  /** @throws BudgetExhausted when there are more signatures than the budget allows */
  *check(path: CertificationPath): Steps<Findings> {
    const { certificates, anchor } = path
    const findings = new Findings()
    const isOwnAnchor = certificates.at(-1) === anchor.certificate
    if (isOwnAnchor) {
      findings.skip('signature', 'the anchor', section, 'the certificate is itself trusted')
    }
    let issuer: Issuer = anchor
    for (let depth = certificates.length - (isOwnAnchor ? 2 : 1); depth >= 0; depth--) {
      const certificate = certificates[depth]!
      const against = `the key of ${briefName(issuer.subject)}`
      const problem =
        signatureProblem(certificate.signatureAlgorithm, this.#verifiers, 'the certificate') ??
        ((yield* this.#verify(certificate, issuer.subjectPublicKeyInfo))
          ? undefined
          : badSignature(certificate, issuer, depth))
      if (problem !== undefined) {
        findings.fail('signature', against, section, problem, { certificate, depth })
        return findings
      }
      findings.pass('signature', against, section, certificate.signatureAlgorithm.name)
      const { subject, subjectPublicKeyInfo } = certificate
      issuer = { subject, subjectPublicKeyInfo, certificate }
    }
    return findings
  }

  *#verify(certificate: Certificate, key: SubjectPublicKeyInfo): Steps<boolean> {
    const earlier = this.#earlier(certificate, key.der)
    if (earlier !== undefined) return earlier
    const { signatureAlgorithm, tbs, signature } = certificate
    const valid = yield* this.verify(signatureAlgorithm, key, tbs, signature)
    const tried = this.#tried.get(certificate)
    if (tried === undefined) this.#tried.set(certificate, [{ key: key.der, valid }])
    else tried.push({ key: key.der, valid })
    return valid
  }

  /**
   * Verifies one signature on anything.
   *
   * @throws BudgetExhausted when no signature may be verified any more
   */
  *verify(
    { name }: Pick<SignatureAlgorithmIdentifier, 'name'>,
    key: SubjectPublicKeyInfo,
    data: Uint8Array,
    signature: Uint8Array,
  ): Steps<boolean> {
    if (name === undefined || !keyFits(key.algorithm, name)) return false
    const verifier = this.#verifiers[name]
    if (verifier === undefined) return false
    this.#budget.spend('signatures')
    try {
      return (yield* settle(verifier(key.der, data, signature))) === true
    } catch {
      // A provider may throw for a key or a signature it cannot read; either way it is not a valid signature.
      return false
    }
  }

  #earlier(certificate: Certificate, key: Uint8Array): boolean | undefined {
    return this.#tried.get(certificate)?.find((attempt) => equalBytes(attempt.key, key))?.valid
  }
}

function badSignature(certificate: Certificate, issuer: Issuer, depth: number): Problem {
  const { name } = certificate.signatureAlgorithm
  const subject = briefName(certificate.subject)
  const issuerName = briefName(issuer.subject)
  const key = issuer.subjectPublicKeyInfo.algorithm
  if (isByAnotherKey(certificate, issuer.certificate)) {
    const selfSigned = depth === 0 ? 'self-signed-leaf' : 'self-signed-in-chain'
    return {
      code: certificate.isSelfIssued ? selfSigned : 'unknown-issuer',
      message: `${subject} was issued by ${issuerName}, but not by the one that is known under this name: their keys differ`,
      help: 'The authority may have been made anew: check that the certificate that is trusted is its current one.',
    }
  }
  const fits = name !== undefined && keyFits(key, name)
  return {
    code: 'bad-signature',
    message: fits
      ? `the signature on ${subject} is not by the key of ${issuerName}`
      : `the signature on ${subject} is ${name}, but its issuer's key is ${describeKey(key)}`,
    help: 'The certificate was altered, or another authority of the same name issued it: check that the trusted certificate is the current one.',
  }
}

/** True when the certificate names a key of its issuer (RFC 5280 §4.2.1.1), and it is not this issuer's. */
function isByAnotherKey(certificate: Certificate, issuer: Certificate | undefined): boolean {
  // A self-signed certificate may leave the identifier out, for it is its own.
  const itself = certificate.isSelfIssued ? certificate.subjectKeyIdentifier : undefined
  const wanted = certificate.authorityKeyIdentifier?.keyIdentifier ?? itself
  const own = issuer?.subjectKeyIdentifier
  return wanted !== undefined && own !== undefined && !equalBytes(wanted, own)
}

/** Keys and signature algorithms: which are strong enough, and which fit together. */
import type { Findings } from './findings.ts'
import { oidName } from './oid.ts'
import { describeKey } from './public-key.ts'
import type {
  Certificate,
  Problem,
  PublicKeyAlgorithm,
  SignatureAlgorithm,
  SignatureAlgorithmIdentifier,
  SignatureVerifiers,
} from './types.ts'

/** Shorter RSA keys are within reach of attackers with means; NIST SP 800-57 and every browser draw the line here. */
const smallestRsaBits = 2048
/** Larger keys serve only to make verification slow; OpenSSL stops here as well. */
const largestRsaBits = 16384
/** Exponents in use are 3, 17 and 65537; a large one makes verification slow. */
const largestExponent = 2n ** 64n

/** Checks a certificate's own key. */
export function checkKey(certificate: Certificate, findings: Findings): void {
  const { algorithm } = certificate.subjectPublicKeyInfo
  const problem = keyProblem(algorithm)
  const section = 'RFC 5280 §4.1.2.7'
  const against = `RSA of ${smallestRsaBits} to ${largestRsaBits} bits, P-256, P-384, P-521, Ed25519, Ed448, ML-DSA`
  if (problem === undefined) {
    findings.pass('public key', against, section, describeKey(algorithm))
    return
  }
  findings.fail('public key', against, section, {
    code: problem.weak ? 'weak-key' : 'unsupported-algorithm',
    message: `the key of ${findings.subject}, ${describeKey(algorithm)}, ${problem.reason}`,
    help: 'A new certificate with another key is needed: ECDSA on P-256 or RSA of 2048 bits are accepted everywhere.',
  })
}

function keyProblem(
  algorithm: PublicKeyAlgorithm,
): { readonly weak: boolean; readonly reason: string } | undefined {
  switch (algorithm.type) {
    case 'rsa':
    case 'rsa-pss': {
      const { bits = 0, exponent = 0n } = algorithm
      if (bits < smallestRsaBits) {
        return { weak: true, reason: `is shorter than ${smallestRsaBits} bits` }
      }
      if (bits > largestRsaBits) {
        return { weak: true, reason: `is longer than ${largestRsaBits} bits` }
      }
      if (exponent < 3n || exponent % 2n === 0n || exponent >= largestExponent) {
        return { weak: true, reason: 'has an exponent that is even, below 3 or above 64 bits' }
      }
      return undefined
    }
    case 'ec':
      return algorithm.curve === undefined
        ? { weak: false, reason: 'is on a curve that is not supported' }
        : undefined
    case 'dsa':
    case 'x25519':
    case 'x448':
    case 'unknown':
      return { weak: false, reason: 'is of a kind that is not supported' }
    default:
      return undefined
  }
}

/** Checks that the signature on a certificate is of an algorithm that is known, not broken, and brought along. */
export function checkSignatureAlgorithm(
  certificate: Certificate,
  verifiers: SignatureVerifiers,
  findings: Findings,
): void {
  const section = 'RFC 5280 §4.1.1.2'
  const against = 'algorithms that are known and not broken'
  const problem = signatureProblem(certificate.signatureAlgorithm, verifiers, findings.subject)
  if (problem === undefined) {
    findings.pass('signature algorithm', against, section, certificate.signatureAlgorithm.name)
  } else {
    findings.fail('signature algorithm', against, section, problem)
  }
}

/** Why a signature of this algorithm does not count, whatever its bytes; `subject` is what it stands on. */
export function signatureProblem(
  { name, oid, problem }: SignatureAlgorithmIdentifier,
  verifiers: SignatureVerifiers,
  subject: string,
): Problem | undefined {
  if (name === undefined) {
    return {
      code: oid === md5WithRsa ? 'weak-signature' : 'unsupported-algorithm',
      message: `${subject} is signed with ${problem ?? oidName(oid)}`,
      help: 'The certificate has to be issued again with a signature of today, such as ECDSA with SHA-256.',
    }
  }
  if (name === 'rsa-pkcs1-sha1' || name === 'ecdsa-sha1') {
    return {
      code: 'weak-signature',
      message: `${subject} is signed with SHA-1 (${name}), which can be forged`,
      help: 'The certificate has to be issued again with SHA-256 or better.',
    }
  }
  if (verifiers[name] !== undefined) return undefined
  return {
    code: 'unsupported-algorithm',
    message: `${subject} is signed with ${name}, for which no verifier was given`,
    help: `Give a function under \`verifiers['${name}']\`, or use a certificate with another signature.`,
  }
}

const md5WithRsa = '1.2.840.113549.1.1.4'

/** True when a key of this kind makes signatures of this kind. */
export function keyFits(algorithm: PublicKeyAlgorithm, signature: SignatureAlgorithm): boolean {
  switch (algorithm.type) {
    case 'rsa':
      return signature.startsWith('rsa-')
    case 'rsa-pss':
      return algorithm.restrictedTo === undefined
        ? signature.startsWith('rsa-pss-')
        : signature === algorithm.restrictedTo
    case 'ec':
      return algorithm.curve !== undefined && signature.startsWith('ecdsa-')
    default:
      return algorithm.type === signature
  }
}

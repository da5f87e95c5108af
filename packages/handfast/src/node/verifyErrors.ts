/**
 * A verdict in Node's words: the codes and messages that OpenSSL gives for the same fault.
 *
 * OpenSSL, as Node drives it, goes on after a fault and reports the last one that it meets. It looks for a path first,
 * then at extensions, keys and names, and at last, from the root down to the leaf, at signatures and dates: a
 * certificate that is both expired and of an unknown issuer is reported as expired.
 */
import type { Failure, FailureCode, Verdict } from '@handfast/x509'
import { type NodeError, withCode } from './validate.ts'

/** The phases of OpenSSL's check, in its order. */
const phase = {
  identity: 0,
  path: 1,
  extensions: 2,
  keys: 3,
  names: 4,
  revocation: 5,
  signaturesAndDates: 6,
}

interface Kind {
  readonly phase: number
  readonly code: string
  readonly message: string
}

function kind(name: keyof typeof phase, code: string, message: string): Kind {
  return { phase: phase[name], code, message }
}

/** Node's code for what OpenSSL knows by a number that Node has no name for. */
const unnamed = 'UNSPECIFIED'

const kinds: { readonly [code in FailureCode]: Kind } = {
  'name-mismatch': kind('identity', 'ERR_TLS_CERT_ALTNAME_INVALID', ''),
  'invalid-name': kind('identity', 'ERR_TLS_CERT_ALTNAME_INVALID', ''),
  'unknown-issuer': kind(
    'path',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'unable to get local issuer certificate',
  ),
  'self-signed-leaf': kind('path', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
  'self-signed-in-chain': kind(
    'path',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'self-signed certificate in certificate chain',
  ),
  budget: kind('path', 'CERT_CHAIN_TOO_LONG', 'certificate chain too long'),
  // OpenSSL says invalid CA first, and then what its check of the purpose says of the same fault.
  'not-a-ca': kind('extensions', 'INVALID_PURPOSE', 'unsuitable certificate purpose'),
  'path-too-long': kind('extensions', 'PATH_LENGTH_EXCEEDED', 'path length constraint exceeded'),
  'key-usage': kind('extensions', 'INVALID_PURPOSE', 'unsuitable certificate purpose'),
  'extended-key-usage': kind('extensions', 'INVALID_PURPOSE', 'unsuitable certificate purpose'),
  'unknown-critical-extension': kind('extensions', unnamed, 'unhandled critical extension'),
  policy: kind('extensions', unnamed, 'invalid or inconsistent certificate policy extension'),
  profile: kind('extensions', 'CERT_REJECTED', 'certificate rejected'),
  'pin-mismatch': kind('extensions', 'CERT_REJECTED', 'certificate rejected'),
  transparency: kind('extensions', 'CERT_REJECTED', 'certificate rejected'),
  malformed: kind('extensions', 'CERT_REJECTED', 'certificate rejected'),
  revoked: kind('revocation', 'CERT_REVOKED', 'certificate revoked'),
  'revocation-unknown': kind('revocation', 'UNABLE_TO_GET_CRL', 'unable to get certificate CRL'),
  'weak-key': kind('keys', unnamed, 'EE certificate key too weak'),
  'weak-signature': kind('keys', unnamed, 'CA signature digest algorithm too weak'),
  'name-constraints': kind('names', unnamed, 'permitted subtree violation'),
  'bad-signature': kind(
    'signaturesAndDates',
    'CERT_SIGNATURE_FAILURE',
    'certificate signature failure',
  ),
  'unsupported-algorithm': kind('signaturesAndDates', unnamed, 'unsupported signature algorithm'),
  expired: kind('signaturesAndDates', 'CERT_HAS_EXPIRED', 'certificate has expired'),
  'not-yet-valid': kind('signaturesAndDates', 'CERT_NOT_YET_VALID', 'certificate is not yet valid'),
}

/** What a certificate was refused for. */
export interface CertificateError extends NodeError {
  /** What to do about it. */
  readonly help: string
  /** The rule that was broken. */
  readonly section: string
  /** Everything that was found. */
  readonly verdict: Verdict
}

/** The failure that OpenSSL would meet last. */
function lastFailure(failures: readonly Failure[]): Failure | undefined {
  let last: Failure | undefined
  for (const failure of failures) if (last === undefined || isLater(failure, last)) last = failure
  return last
}

function isLater(failure: Failure, than: Failure): boolean {
  const difference = kinds[failure.code].phase - kinds[than.code].phase
  if (difference !== 0) return difference > 0
  if (kinds[failure.code].phase !== phase.signaturesAndDates) return false
  return (failure.depth ?? 0) < (than.depth ?? 0)
}

/**
 * @param ownIntermediates DER of certificates of `ca` that are not roots
 * @returns undefined for a verdict that is valid, or whose only fault is the name: `identityError` is for that
 */
export function verifyError(
  verdict: Verdict,
  ownIntermediates: readonly Uint8Array[] = [],
): CertificateError | undefined {
  const failure = lastFailure(verdict.failures)
  if (failure === undefined || kinds[failure.code].phase === phase.identity) return undefined
  const { code, message } =
    failure.code === 'unknown-issuer' || isByAnotherKey(verdict, failure)
      ? missingIssuer(verdict, failure, ownIntermediates)
      : (listProblem(failure) ?? kinds[failure.code])
  return withCode(new Error(message), code, {
    help: failure.help,
    section: failure.section,
    verdict,
  })
}

/** OpenSSL has a code for each way in which a list of the right issuer is of no use. */
const listProblems: readonly (readonly [RegExp, string, string])[] = [
  [/its signature is not by/, 'CRL_SIGNATURE_FAILURE', 'CRL signature failure'],
  [/it was valid until/, 'CRL_HAS_EXPIRED', 'CRL has expired'],
  [/is in the future/, 'CRL_NOT_YET_VALID', 'CRL is not yet valid'],
]

function listProblem(failure: Failure): Pick<Kind, 'code' | 'message'> | undefined {
  if (failure.code !== 'revocation-unknown') return undefined
  const found = listProblems.find(([words]) => words.test(failure.message))
  return found && { code: found[1], message: found[2] }
}

/** OpenSSL says where the chain broke off: at the leaf, above what the peer sent, or above what the caller gave. */
function missingIssuer(
  { path }: Verdict,
  { depth = path.length - 1 }: Failure,
  own: readonly Uint8Array[],
): Pick<Kind, 'code' | 'message'> {
  const last = path[depth]
  if (last !== undefined && own.some((der) => Buffer.compare(der, last.der) === 0))
    return { code: 'UNABLE_TO_GET_ISSUER_CERT', message: 'unable to get issuer certificate' }
  if (depth === 0)
    return {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      message: 'unable to verify the first certificate',
    }
  return kinds['unknown-issuer']
}

/**
 * True where the signature fails because the issuer's key is another one than the certificate names: OpenSSL does not
 * take such a certificate for the issuer at all.
 */
function isByAnotherKey({ path }: Verdict, { code, depth = 0 }: Failure): boolean {
  if (code !== 'bad-signature') return false
  const wanted = path[depth]?.authorityKeyIdentifier?.keyIdentifier
  const found = path[depth + 1]?.subjectKeyIdentifier
  return wanted !== undefined && found !== undefined && Buffer.compare(wanted, found) !== 0
}

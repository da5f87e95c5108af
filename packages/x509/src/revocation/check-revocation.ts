/** Has a certificate of the path been revoked? Asked of every source that was given, the peer's staple first. */

import type { CandidatePath } from '../build-paths.ts'
import { wholePath } from '../check-path.ts'
import type { SignatureChecker } from '../check-signatures.ts'
import { X509Error } from '../errors.ts'
import { Findings } from '../findings.ts'
import type { Steps } from '../steps.ts'
import { formatTime } from '../time.ts'
import type {
  Certificate,
  CertificateRevocationList,
  OcspResponse,
  RevocationInput,
  VerifyInput,
} from '../types.ts'
import { statusByCrl } from './check-crl.ts'
import { statusByOcsp } from './check-ocsp.ts'
import { parseCertificateRevocationList } from './crl.ts'
import { parseOcspResponse } from './ocsp.ts'
import { type Issuer, type Status, unusable } from './status.ts'

/** RFC 7633: the TLS extension status_request, demanded of the server. */
const statusRequest = 5

type Source =
  | { readonly kind: 'stapled OCSP response' | 'OCSP response'; readonly read: () => OcspResponse }
  | { readonly kind: 'revocation list'; readonly read: () => CertificateRevocationList }

/** What was given, each parsed at most once for all paths and certificates. */
export class RevocationChecker {
  readonly #input: RevocationInput
  readonly #time: number
  readonly #profile: NonNullable<VerifyInput['profile']>
  readonly #signatures: SignatureChecker
  readonly #sources: readonly Source[]

  constructor(
    input: RevocationInput,
    { time, profile = 'path' }: Pick<VerifyInput, 'time' | 'profile'>,
    signatures: SignatureChecker,
  ) {
    this.#input = input
    this.#time = Math.floor(time / 1000) * 1000
    this.#profile = profile
    this.#signatures = signatures
    const { stapledOcspResponse: stapled, ocspResponses = [], crls = [] } = input
    this.#sources = [
      ...(stapled === undefined ? [] : [stapled]).map((der) => ({
        kind: 'stapled OCSP response' as const,
        read: once(() => parseOcspResponse(der)),
      })),
      ...ocspResponses.map((der) => ({
        kind: 'OCSP response' as const,
        read: once(() => parseOcspResponse(der)),
      })),
      ...crls.map((der) => ({
        kind: 'revocation list' as const,
        read: once(() => parseCertificateRevocationList(der)),
      })),
    ]
  }

  /** Checks the leaf, or every certificate below the anchor. */
  *check(path: CandidatePath): Steps<Findings> {
    const findings = new Findings()
    const whole = wholePath(path)
    const { anchor, certificates } = path
    const asked = this.#input.scope === 'path' ? certificates.length : 1
    for (let depth = 0; depth < asked; depth++) {
      const certificate = certificates[depth]!
      // An anchor answers for itself: nobody above it could revoke it.
      if (certificate === anchor.certificate) continue
      const above = whole[depth + 1]
      const issuer: Issuer =
        above === undefined
          ? { name: anchor.subject, key: anchor.subjectPublicKeyInfo, certificate: undefined }
          : { name: above.subject, key: above.subjectPublicKeyInfo, certificate: above }
      yield* this.#checkOne(certificate, depth, issuer, findings)
    }
    return findings
  }

  *#checkOne(
    certificate: Certificate,
    depth: number,
    issuer: Issuer,
    findings: Findings,
  ): Steps<void> {
    const reasons: string[] = []
    const place = { certificate, depth }
    let good: Source['kind'] | undefined
    let isStapled = false
    for (const source of this.#sources) {
      const { kind } = source
      const status = yield* this.#ask(source, certificate, issuer)
      if (status.status === 'unusable') {
        reasons.push(`the ${kind} cannot be used: ${status.reason}`)
      } else if (status.status === 'revoked') {
        const why = status.reason === undefined ? '' : ` (${status.reason})`
        findings.fail(
          'revocation',
          kind,
          sectionOf(kind),
          {
            code: 'revoked',
            message: `the certificate was revoked at ${formatTime(status.revocationTime)}${why}, says the ${kind}`,
            help: 'Do not trust it. Whoever runs the server has to get a new certificate.',
          },
          place,
        )
        return
      } else {
        good ??= kind
        isStapled ||= kind === 'stapled OCSP response'
      }
    }
    if (depth === 0 && certificate.tlsFeature?.includes(statusRequest) === true && !isStapled) {
      findings.fail(
        'revocation',
        'a stapled OCSP response, which the certificate demands',
        'RFC 7633 §4',
        unknownStatus(
          'the certificate demands that the server staples a good OCSP response',
          reasons,
        ),
        place,
      )
    } else if (good !== undefined) {
      findings.pass('revocation', good, sectionOf(good), 'not revoked')
    } else if (this.#input.policy === 'require') {
      findings.fail(
        'revocation',
        'an OCSP response or a revocation list',
        'RFC 5280 §6.3',
        unknownStatus('nothing tells whether the certificate was revoked', reasons),
        place,
      )
    } else {
      const detail = reasons.length === 0 ? 'nothing was given' : reasons.join('; ')
      findings.skip('revocation', 'an OCSP response or a revocation list', 'RFC 5280 §6.3', detail)
    }
  }

  *#ask(source: Source, certificate: Certificate, issuer: Issuer): Steps<Status> {
    const context = {
      time: this.#time,
      profile: this.#profile,
      input: this.#input,
      signatures: this.#signatures,
    }
    try {
      return source.kind === 'revocation list'
        ? yield* statusByCrl(source.read(), certificate, issuer, context)
        : yield* statusByOcsp(source.read(), certificate, issuer, context)
    } catch (error) {
      if (!(error instanceof X509Error)) throw error
      return unusable(error.message)
    }
  }
}

function sectionOf(kind: Source['kind']): string {
  return kind === 'revocation list' ? 'RFC 5280 §6.3.3' : 'RFC 6960 §3.2'
}

function unknownStatus(what: string, reasons: readonly string[]) {
  return {
    code: 'revocation-unknown' as const,
    message: [what, ...reasons].join('; '),
    help: 'Have the server staple an OCSP response, or give a current revocation list of the issuer.',
  }
}

/** Runs once; what it throws it throws again. */
function once<T>(read: () => T): () => T {
  let result: { readonly value: T } | { readonly error: unknown } | undefined
  return () => {
    if (result === undefined) {
      try {
        result = { value: read() }
      } catch (error) {
        result = { error }
      }
    }
    if ('error' in result) throw result.error
    return result.value
  }
}

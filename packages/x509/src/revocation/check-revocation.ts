/** Has a certificate of the path been revoked? Asked of every source that was given, the peer's staple first. */

import { isBytes } from '../bytes.ts'
import { wholePath } from '../check-path.ts'
import { X509Error } from '../errors.ts'
import type { Steps } from '../steps.ts'
import { formatTime } from '../time.ts'
import type {
  Certificate,
  CertificateRevocationList,
  CertificationPath,
  OcspResponse,
  PathCheck,
  PathCheckContext,
  Problem,
  RevocationOptions,
} from '../types.ts'
import { statusByCrl } from './check-crl.ts'
import { type OcspContext, statusByOcsp } from './check-ocsp.ts'
import { parseCertificateRevocationList } from './crl.ts'
import { parseOcspResponse } from './ocsp.ts'
import { type Issuer, type Status, unusable } from './status.ts'

/** RFC 7633: the TLS extension status_request, demanded of the server. */
const statusRequest = 5

type Source =
  | {
      readonly kind: 'stapled OCSP response' | 'OCSP response'
      readonly read: () => OcspResponse
      readonly nonce: Uint8Array | undefined
    }
  | { readonly kind: 'revocation list'; readonly read: () => CertificateRevocationList }

/**
 * Makes a check for `additionalChecks`: was the leaf, or any certificate of the path, revoked?
 *
 * Lists and responses are parsed once, when they are first needed; keep the check for as long as they are current.
 */
export function checkRevocation(options: RevocationOptions): PathCheck {
  const { policy, stapledOcspResponse: stapled, ocspResponses = [], crls = [] } = options
  if (policy === 'ignore') {
    return (_, { report }) =>
      report.skip('revocation', 'nothing', 'RFC 5280 §6.3', 'the policy is to ignore it')
  }
  const sources: readonly Source[] = [
    ...(stapled === undefined ? [] : [stapled]).map((der) => ({
      kind: 'stapled OCSP response' as const,
      read: once(() => parseOcspResponse(der)),
      nonce: undefined,
    })),
    ...ocspResponses.map((one) => ({
      kind: 'OCSP response' as const,
      read: once(() => parseOcspResponse(isBytes(one) ? one : one.response)),
      nonce: isBytes(one) ? undefined : one.nonce,
    })),
    ...crls.map((crl) => ({
      kind: 'revocation list' as const,
      read: once(() => (isBytes(crl) ? parseCertificateRevocationList(crl) : crl)),
    })),
  ]
  return (path, context) => new RevocationChecker(options, sources, context).check(path)
}

class RevocationChecker {
  readonly #options: RevocationOptions
  readonly #sources: readonly Source[]
  readonly #context: OcspContext

  constructor(options: RevocationOptions, sources: readonly Source[], context: PathCheckContext) {
    this.#options = options
    this.#sources = sources
    // Times in lists and responses are whole seconds.
    const time = Math.floor(context.time / 1000) * 1000
    const listed: OcspContext['listed'] = (...who) => this.#listed(...who)
    this.#context = { ...context, time, options, listed }
  }

  *check(path: CertificationPath): Steps<void> {
    const { anchor, certificates } = path
    const whole = wholePath(path)
    const asked = this.#options.scope === 'path' ? certificates.length : 1
    for (let depth = 0; depth < asked; depth++) {
      const certificate = certificates[depth]!
      if (certificate === anchor.certificate) {
        const detail = 'nobody above a trust anchor could revoke it'
        this.#context.report.skip('revocation', 'the anchor', 'RFC 5280 §6.3', detail, depth)
        continue
      }
      const above = whole[depth + 1]
      const issuer: Issuer =
        above === undefined
          ? { name: anchor.subject, key: anchor.subjectPublicKeyInfo, certificate: undefined }
          : { name: above.subject, key: above.subjectPublicKeyInfo, certificate: above }
      yield* this.#checkOne(certificate, depth, issuer)
    }
  }

  *#checkOne(certificate: Certificate, depth: number, issuer: Issuer): Steps<void> {
    const { report } = this.#context
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
        report.fail(
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
      report.fail(
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
      report.pass('revocation', good, sectionOf(good), 'not revoked', depth)
    } else if (this.#options.policy === 'require') {
      report.fail(
        'revocation',
        'an OCSP response or a revocation list',
        'RFC 5280 §6.3',
        unknownStatus('nothing tells whether the certificate was revoked', reasons),
        place,
      )
    } else {
      const detail = reasons.length === 0 ? 'nothing was given' : reasons.join('; ')
      report.skip(
        'revocation',
        'an OCSP response or a revocation list',
        'RFC 5280 §6.3',
        detail,
        depth,
      )
    }
  }

  *#listed(delegate: Certificate, issuer: Issuer): Steps<'good' | 'revoked' | undefined> {
    let found: 'good' | undefined
    for (const source of this.#sources) {
      if (source.kind !== 'revocation list') continue
      const { status } = yield* this.#ask(source, delegate, issuer)
      if (status === 'revoked') return status
      if (status === 'good') found = status
    }
    return found
  }

  *#ask(source: Source, certificate: Certificate, issuer: Issuer): Steps<Status> {
    try {
      return source.kind === 'revocation list'
        ? yield* statusByCrl(source.read(), certificate, issuer, this.#context)
        : yield* statusByOcsp(source.read(), certificate, issuer, source.nonce, this.#context)
    } catch (error) {
      if (!(error instanceof X509Error)) throw error
      return unusable(error.message)
    }
  }
}

function sectionOf(kind: Source['kind']): string {
  return kind === 'revocation list' ? 'RFC 5280 §6.3.3' : 'RFC 6960 §3.2'
}

function unknownStatus(what: string, reasons: readonly string[]): Problem {
  return {
    code: 'revocation-unknown',
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

/** What was checked and what came out, while a verdict is being made. */
import { formatName } from './name.ts'
import type { Certificate, Check, Failure, FailureCode } from './types.ts'

/** How a failed check is told: as a `Failure`, without its place. */
export interface Problem {
  readonly code: FailureCode
  readonly message: string
  readonly help: string
}

/** The checks made on one certificate or one path, in order. */
export class Findings {
  readonly checks: Check[] = []
  readonly failures: Failure[] = []
  readonly #certificate: Certificate | undefined

  readonly #named: boolean

  /** @param named true to call the certificate by its name in messages; the peer's own is just "the certificate" */
  constructor(certificate?: Certificate, named = false) {
    this.#certificate = certificate
    this.#named = named
  }

  /** How messages call the certificate. */
  get subject(): string {
    if (this.#certificate === undefined || !this.#named) return 'the certificate'
    try {
      return `the certificate of ${formatName(this.#certificate.subject)}`
    } catch {
      return 'a certificate whose name is malformed'
    }
  }

  pass(what: string, against: string, section: string, detail?: string): void {
    this.checks.push({ what, against, result: 'pass', section, ...optionalDetail(detail) })
  }

  skip(what: string, against: string, section: string, detail: string): void {
    this.checks.push({ what, against, result: 'skipped', section, detail })
  }

  fail(
    what: string,
    against: string,
    section: string,
    problem: Problem,
    place: { readonly certificate?: Certificate | undefined; readonly depth?: number } = {},
  ): void {
    const depth = place.depth === undefined ? {} : { depth: place.depth }
    const certificate = place.certificate ?? this.#certificate
    this.checks.push({ what, against, result: 'fail', section, detail: problem.message, ...depth })
    this.failures.push({
      ...problem,
      section,
      ...(certificate === undefined ? {} : { certificate }),
      ...depth,
    })
  }

  /** Takes over the findings made on a certificate that stands at this depth of the path. */
  addAt(depth: number, other: Findings): void {
    for (const check of other.checks) this.checks.push({ ...check, depth })
    for (const failure of other.failures) this.failures.push({ ...failure, depth })
  }

  add(other: Findings): void {
    this.checks.push(...other.checks)
    this.failures.push(...other.failures)
  }
}

function optionalDetail(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail }
}

/** What was checked and what came out, while a verdict is being made. */
import { briefName } from './name.ts'
import type { Certificate, Check, CheckReport, Failure, Problem } from './types.ts'

/** The checks made on one certificate or one path, in order. */
export class Findings implements CheckReport {
  readonly checks: Check[] = []
  readonly failures: Failure[] = []
  readonly #certificate: Certificate | undefined

  readonly #depth: number | undefined

  /** @param depth where the certificate stands in the path */
  constructor(certificate?: Certificate, depth?: number) {
    this.#certificate = certificate
    this.#depth = depth
  }

  /** How messages call the certificate: the peer's own needs no name. */
  get subject(): string {
    if (this.#certificate === undefined || this.#depth === 0) return 'the certificate'
    try {
      return `the certificate of ${briefName(this.#certificate.subject)}`
    } catch {
      return 'a certificate whose name is malformed'
    }
  }

  pass(what: string, against: string, section: string, detail?: string, depth?: number): void {
    this.#add({ what, against, result: 'pass', section }, detail, depth)
  }

  skip(what: string, against: string, section: string, detail: string, depth?: number): void {
    this.#add({ what, against, result: 'skipped', section }, detail, depth)
  }

  fail(
    what: string,
    against: string,
    section: string,
    problem: Problem,
    place: { readonly certificate?: Certificate | undefined; readonly depth?: number } = {},
  ): void {
    const depth = place.depth ?? this.#depth
    const certificate = place.certificate ?? this.#certificate
    this.#add({ what, against, result: 'fail', section }, problem.message, depth)
    this.failures.push({
      ...problem,
      section,
      ...(certificate === undefined ? {} : { certificate }),
      ...(depth === undefined ? {} : { depth }),
    })
  }

  #add(check: Check, detail: string | undefined, depth = this.#depth): void {
    const made: { -readonly [K in keyof Check]: Check[K] } = check
    if (detail !== undefined) made.detail = detail
    if (depth !== undefined) made.depth = depth
    this.checks.push(made)
  }

  /** Takes over the findings made on a certificate that stands at this depth of the path. */
  addAt(depth: number, other: Findings): void {
    if (other.#depth === depth) {
      this.add(other)
      return
    }
    for (const check of other.checks) this.checks.push({ ...check, depth })
    for (const failure of other.failures) this.failures.push({ ...failure, depth })
  }

  /** Takes over findings of which a failure may have been told before, with its code and its place. */
  addUntold(other: Findings): void {
    this.checks.push(...other.checks)
    const earlier = [...this.failures]
    for (const failure of other.failures) {
      const isTold = earlier.some(
        ({ code, depth }) => code === failure.code && depth === failure.depth,
      )
      if (!isTold) this.failures.push(failure)
    }
  }

  add(other: Findings): void {
    this.checks.push(...other.checks)
    this.failures.push(...other.failures)
  }
}

/** The limits on one verification. Whoever sends the certificates decides how hard they are to follow; this bounds it. */
import type { Budget } from './types.ts'

/** Each far above what real chains need, and together a few milliseconds of work. */
export const defaultBudget: Budget = {
  // A path of the public web needs 2 or 3. Go allows 100 as well.
  signatures: 100,
  // A web server's chain has one or two candidates for each issuer; bushes of cross-certificates a few hundred.
  candidates: 10_000,
  // Enough for a hundred constraints against the hundred names of a large certificate, in several paths.
  nameComparisons: 100_000,
  // Intermediates that are not self-issued. Chains of the public web have 1 to 3, those of governments up to 5.
  depth: 8,
}

/** Thrown to end a search, and caught where it was begun. */
export class BudgetExhausted extends Error {
  readonly limit: keyof Budget

  constructor(limit: keyof Budget, allowed: number) {
    super(`more than ${allowed} ${descriptions[limit]}`)
    this.name = 'BudgetExhausted'
    this.limit = limit
  }
}

const descriptions: Record<keyof Budget, string> = {
  signatures: 'signatures to verify',
  candidates: 'candidate issuers to look at',
  nameComparisons: 'comparisons of names with name constraints',
  depth: 'intermediates in a path',
}

/** What is left to spend. */
export class WorkBudget {
  readonly depth: number
  readonly #allowed: Budget
  readonly #spent = { signatures: 0, candidates: 0, nameComparisons: 0 }

  constructor(limits: Partial<Budget> = {}) {
    this.#allowed = { ...defaultBudget, ...limits }
    this.depth = this.#allowed.depth
  }

  /** Takes some units. @throws BudgetExhausted when they are not left */
  spend(limit: 'signatures' | 'candidates' | 'nameComparisons', units = 1): void {
    this.#spent[limit] += units
    if (this.#spent[limit] > this.#allowed[limit]) {
      throw new BudgetExhausted(limit, this.#allowed[limit])
    }
  }
}

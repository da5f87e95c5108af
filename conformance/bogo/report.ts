/** The runner's results, and what it did not run, counted. */
import { familyOf } from './families.ts'

/** The part of the runner's JSON that is read here. */
export interface RunnerResults {
  readonly tests: Readonly<Record<string, RunnerResult>>
}

interface RunnerResult {
  readonly actual: 'PASS' | 'FAIL' | 'SKIP'
  readonly error?: string
}

export interface Counts {
  passed: number
  failed: number
  unimplemented: number
  disabled: number
}

export interface BogoReport {
  readonly total: Counts
  readonly families: Readonly<Record<string, Counts>>
  /** By name, with what the runner said. */
  readonly failures: Readonly<Record<string, string>>
  /** By what is missing, how many tests ask for it first. */
  readonly unimplemented: Readonly<Record<string, number>>
  /** By reason, the tests that the configuration leaves out. */
  readonly disabled: Readonly<Record<string, readonly string[]>>
  /** Patterns of the configuration that fit no test: they outlived their reason. */
  readonly stalePatterns: readonly string[]
}

export interface ReportInput {
  /** Every test that was asked for, those that are disabled too. */
  readonly names: readonly string[]
  readonly results: RunnerResults
  /** Reasons by pattern. */
  readonly disabledTests: Readonly<Record<string, string>>
  /** A line for each test that ended as unimplemented: what is missing. */
  readonly missing: readonly string[]
  /** Names of the whole suite, against which patterns are held. */
  readonly suite: readonly string[]
}

export function makeReport(input: ReportInput): BogoReport {
  const { names, results, suite } = input
  const total = none()
  const families: Record<string, Counts> = {}
  const failures: Record<string, string> = {}
  const disabled: Record<string, string[]> = {}
  const patterns = Object.entries(input.disabledTests).map(([pattern, reason]) => ({
    pattern,
    reason,
    expression: globToRegExp(pattern),
  }))
  for (const name of names) {
    const family = familyOf(name)
    families[family] ??= none()
    const result = results.tests[name]
    const outcome = outcomeOf(result)
    total[outcome]++
    families[family][outcome]++
    if (outcome === 'failed') failures[name] = result?.error ?? ''
    if (outcome !== 'disabled') continue
    const reason = patterns.find(({ expression }) => expression.test(name))?.reason
    if (reason === undefined) throw new Error(`${name} was not run, and nobody says why`)
    disabled[reason] = [...(disabled[reason] ?? []), name]
  }
  const stalePatterns = patterns
    .filter(({ expression }) => !suite.some((name) => expression.test(name)))
    .map(({ pattern }) => pattern)
  const unimplemented = countedBy(input.missing)
  return { total, families, failures, unimplemented, disabled, stalePatterns }
}

function none(): Counts {
  return { passed: 0, failed: 0, unimplemented: 0, disabled: 0 }
}

function outcomeOf(result: RunnerResult | undefined): keyof Counts {
  if (result === undefined) return 'disabled'
  if (result.actual === 'PASS') return 'passed'
  return result.actual === 'SKIP' ? 'unimplemented' : 'failed'
}

function countedBy(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a))
}

/** The runner's patterns know `*`, which does not stop at anything (a test's name has no slash), and `[…]`. */
export function globToRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\*|\[[^\]]*\]|[\\^$.+?()|{}]/g, (part) => {
    if (part === '*') return '.*'
    return part.startsWith('[') ? part : `\\${part}`
  })
  return new RegExp(`^${source}$`)
}

/** What is kept of a run of the whole suite. @param run the Node and the day */
export function markdown(report: BogoReport, run: string): string {
  const { total, families, unimplemented, disabled } = report
  const columns = ['passed', 'failed', 'unimplemented', 'disabled'] as const
  const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const counts = (name: string, of: Counts) => row(name, ...columns.map((column) => of[column]))
  const byCount = (rows: readonly (readonly [string, number])[]) =>
    rows.toSorted(([, a], [, b]) => b - a).map(([name, count]) => row(count, name))
  return [
    `# BoringSSL's protocol tests, ${run}`,
    '',
    'Written by `npm run conformance:bogo -- --runner PATH --record`.',
    '',
    row('family', ...columns),
    '|---|--:|--:|--:|--:|',
    ...Object.entries(families)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, of]) => counts(name, of)),
    counts('**all**', total),
    '',
    '## Unimplemented: what the tests ask for first',
    '',
    row('tests', 'what'),
    '|--:|---|',
    ...byCount(Object.entries(unimplemented)),
    '',
    '## Disabled, and why',
    '',
    row('tests', 'why'),
    '|--:|---|',
    ...byCount(Object.entries(disabled).map(([reason, names]) => [reason, names.length])),
    '',
  ].join('\n')
}

/** The counts as a table, one family a line. */
export function table({ total, families }: BogoReport): string {
  const columns = ['passed', 'failed', 'unimplemented', 'disabled'] as const
  const rows = Object.entries(families).sort(([a], [b]) => a.localeCompare(b))
  const width = Math.max(...rows.map(([name]) => name.length), 'all'.length)
  const line = (name: string, cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(15)).join('')}`
  const counts = (of: Counts) => columns.map((column) => of[column])
  return [
    line('', columns),
    ...rows.map(([name, of]) => line(name, counts(of))),
    line('all', counts(total)),
  ].join('\n')
}

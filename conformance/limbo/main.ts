/**
 * Runs a file of x509-limbo cases, or one that BetterTLS exported: `npm run -s conformance:limbo -- FILE [--json OUT]`.
 * The exit code is 0 when every disagreement has a written reason and nothing is wrongly accepted.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type BettertlsFile, fromBettertls, isBettertls } from './bettertls.ts'
import { knownDisagreements } from './known-disagreements.ts'
import { type CaseResult, runCase } from './run-case.ts'
import type { LimboFile } from './suite.ts'

export interface LimboReport {
  readonly results: readonly CaseResult[]
  readonly agree: number
  readonly disagree: number
  readonly skipped: number
}

/** @param now the time for cases that name none, in milliseconds since 1970-01-01T00:00:00Z */
export function runSuite(suite: LimboFile, now: number): LimboReport {
  const results = suite.testcases.map((testCase) => {
    const result = runCase(testCase, now)
    const known = knownDisagreements[result.id]
    const disagrees = result.actual !== 'SKIPPED' && result.actual !== result.expected
    return disagrees && known !== undefined
      ? { ...result, reason: `${result.reason} [known: ${known}]` }
      : result
  })
  const count = (test: (result: CaseResult) => boolean): number => results.filter(test).length
  return {
    results,
    agree: count(({ actual, expected }) => actual === expected),
    disagree: count(({ actual, expected }) => actual !== 'SKIPPED' && actual !== expected),
    skipped: count(({ actual }) => actual === 'SKIPPED'),
  }
}

export function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'string' } },
    allowPositionals: true,
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) {
    process.stderr.write('usage: npm run -s conformance:limbo -- FILE [--json OUT]\n')
    return 2
  }
  const content = JSON.parse(readFileSync(file, 'utf8')) as LimboFile | BettertlsFile
  const suite = isBettertls(content) ? fromBettertls(content) : content
  const report = runSuite(suite, Date.now())
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  let unexplained = 0
  for (const { id, expected, actual, reason } of report.results) {
    if (actual === expected) continue
    const wronglyAccepted = actual === 'SUCCESS'
    if (actual !== 'SKIPPED' && (wronglyAccepted || knownDisagreements[id] === undefined))
      unexplained++
    process.stdout.write(`${id}: expected ${expected}, was ${actual}: ${reason}\n`)
  }
  const { agree, disagree, skipped } = report
  process.stdout.write(`${agree} agree, ${disagree} disagree, ${skipped} skipped\n`)
  return unexplained === 0 ? 0 : 1
}

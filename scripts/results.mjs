// The results of the checks: each is written to .cache/results/, and summed up in one closing line.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { cache, root } from './workspace.mjs'

const folder = join(cache, 'results')

/** Forgets the results of earlier runs. */
export function clearResults() {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * Keeps what a check found: `{ passed, failed, skipped }` are counts, `failures` the names of what
 * failed, and `skips` the names of what did not run.
 */
export function record(name, result) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, `${name.replace(/\W+/g, '-')}.json`),
    JSON.stringify({ name, ...result }),
  )
}

/** All results kept since they were last cleared, or those of the given names, summed up. */
export function total(only) {
  const sum = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] }
  const files = existsSync(folder) ? readdirSync(folder).sort() : []
  for (const file of files) {
    const result = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    if (only && !only.includes(result.name)) continue
    sum.passed += result.passed
    sum.failed += result.failed
    sum.skipped += result.skipped
    sum.failures.push(...result.failures.map((failure) => `${result.name}: ${failure}`))
    sum.skips.push(...result.skips.map((skip) => `${result.name}: ${skip}`))
  }
  return sum
}

/** What failed and what was skipped, by name, and the closing line: `N passed, N failed, N skipped`. */
export function report({ passed, failed, skipped, failures, skips }) {
  const list = (heading, names) => (names.length === 0 ? [] : ['', heading, ...names.map(indent)])
  return [
    ...list('Skipped:', skips),
    ...list('Failed:', failures),
    '',
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
    '',
  ].join('\n')
}

const indent = (line) => `  ${line}`

/**
 * The result of a vitest run, from the file of its JSON reporter and its exit code. A test file
 * that could not even be loaded has no tests to count: it is one failure. So is a run that failed
 * without a failed test, by an unhandled error for example.
 */
export function vitestResult(reportFile, exitCode) {
  const result = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] }
  let report
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    return { ...result, failed: 1, failures: [`vitest ended with ${exitCode} and no report`] }
  }
  const skippedGroups = new Map()
  for (const { name, status, assertionResults } of report.testResults) {
    const file = relative(root, name)
    for (const test of assertionResults) {
      if (test.status === 'passed') result.passed++
      else if (test.status === 'failed') {
        result.failed++
        result.failures.push(`${file} > ${[...test.ancestorTitles, test.title].join(' > ')}`)
      } else {
        result.skipped++
        const group = [file, ...test.ancestorTitles].join(' > ')
        skippedGroups.set(group, [...(skippedGroups.get(group) ?? []), test.title])
      }
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      result.failed++
      result.failures.push(`${file} could not be run`)
    }
  }
  for (const [group, titles] of skippedGroups) {
    const names = titles.length > 3 ? `${titles.length} tests` : titles.join('; ')
    result.skips.push(`${group} > ${names}`)
  }
  if (exitCode !== 0 && result.failed === 0) {
    result.failed = 1
    result.failures.push(`vitest ended with exit code ${exitCode}, though no test failed`)
  }
  return result
}

// Printed alone by CI, after everything else: node scripts/results.mjs
if (process.argv[1] === import.meta.filename) {
  const sum = total()
  process.stdout.write(report(sum))
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0
}

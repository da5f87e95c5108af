import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { knownDisagreements } from './known-disagreements.ts'
import { runSuite } from './main.ts'
import type { LimboFile } from './suite.ts'

// Kept beside the checkout, and not in it: the suite is another project's.
const file = new URL('../../../shared/vectors/limbo.json', import.meta.url)
const found = existsSync(file)
if (!found) console.warn('skipped: x509-limbo, whose limbo.json is not beside this checkout')

describe.skipIf(!found)('x509-limbo', () => {
  const suite = found
    ? (JSON.parse(readFileSync(file, 'utf8')) as LimboFile)
    : { version: 1, testcases: [] }
  const report = runSuite(suite, Date.now())

  test('accepts nothing that is to be refused', () => {
    const wrong = report.results.filter(
      ({ actual, expected }) => actual === 'SUCCESS' && expected === 'FAILURE',
    )
    expect(wrong).toEqual([])
  })

  test('disagrees only where a reason is written, and where a reason is written disagrees', () => {
    const disagreeing = report.results
      .filter(({ actual, expected }) => actual !== expected)
      .map(({ id }) => id)
    expect(disagreeing.toSorted()).toEqual(Object.keys(knownDisagreements).toSorted())
  })

  test('agrees on at least 195 cases', () => {
    expect(report.agree + report.disagree + report.skipped).toBe(suite.testcases.length)
    expect(report.agree).toBeGreaterThanOrEqual(195)
  })

  test('refuses revocation cases for what their lists say', () => {
    const reasons = Object.fromEntries(report.results.map(({ id, reason }) => [id, reason]))
    expect(reasons['crl::revoked-certificate-with-crl']).toMatch(/^revoked: /)
    expect(reasons['crl::crlnumber-missing']).toMatch(/cRLNumber is missing/)
    expect(reasons['crl::issuer-missing-crlsign']).toMatch(
      /does not allow to sign revocation lists/,
    )
  })
})

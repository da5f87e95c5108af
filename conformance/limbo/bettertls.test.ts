import { describe, expect, test } from 'vitest'
import * as maker from '../../packages/x509/test/support/certificate-maker.ts'
import { fromBettertls, isBettertls } from './bettertls.ts'
import { runSuite } from './main.ts'

describe('a file that BetterTLS exported', () => {
  const [rootKey, leafKey] = [maker.poolKey(0), maker.poolKey(1)]
  const root = maker.makeRoot('Root', rootKey)
  const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64')
  const leaf = base64(maker.makeLeaf(leafKey, 'Root', rootKey))
  const wide = { notAfter: maker.validTo + 1e9 }
  const file = {
    betterTlsRevision: 'none',
    trustRoot: base64(maker.makeRoot('Root', rootKey, wide)),
    suites: {
      pathbuilding: {
        testCases: [
          {
            id: 0,
            certificates: [leaf],
            hostname: 'example.com',
            requiredFeatures: [],
            expected: 'ACCEPT' as const,
          },
          {
            id: 1,
            certificates: [leaf],
            hostname: '192.0.2.1',
            requiredFeatures: [],
            expected: 'REJECT' as const,
          },
          {
            id: 2,
            certificates: [leaf, base64(root)],
            hostname: 'example.com',
            requiredFeatures: ['INVALID_REASON_EXPIRED'],
            expected: 'REJECT' as const,
          },
        ],
      },
    },
  }

  test('is told from a file of x509-limbo and judged as it', () => {
    expect(isBettertls(file)).toBe(true)
    expect(isBettertls({ version: 1, testcases: [] })).toBe(false)
    const { results } = runSuite(fromBettertls(file), maker.now)
    expect(
      results.map(({ id, expected, actual, reason }) => [
        id,
        expected,
        actual,
        reason.split(':')[0],
      ]),
    ).toEqual([
      ['bettertls::pathbuilding::tc0', 'SUCCESS', 'SUCCESS', 'path of 2 certificates'],
      ['bettertls::pathbuilding::tc1', 'FAILURE', 'FAILURE', 'name-mismatch'],
      ['bettertls::pathbuilding::tc2', 'FAILURE', 'FAILURE', 'expired'],
    ])
  })
})

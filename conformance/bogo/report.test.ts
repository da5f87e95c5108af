import { describe, expect, it } from 'vitest'
import config from './config.json' with { type: 'json' }
import { familyOf } from './families.ts'
import { globToRegExp, makeReport, markdown, table } from './report.ts'

const names = ['ALPNClient-TLS-TLS13', 'KeyUpdate-FromClient', 'Basic-DTLS', 'TLS-ECH-Client']
const results = {
  tests: {
    'ALPNClient-TLS-TLS13': { actual: 'PASS' },
    'KeyUpdate-FromClient': { actual: 'FAIL', error: 'why' },
    'TLS-ECH-Client': { actual: 'SKIP' },
  },
} as const
const input = {
  suite: names,
  names,
  results,
  disabledTests: { '*DTLS*': 'Another transport.', 'Gone-*': 'Long ago.' },
  missing: ['Encrypted Client Hello'],
}

describe('the report', () => {
  it('counts each test once, by family', () => {
    const report = makeReport(input)
    expect(report.total).toEqual({ passed: 1, failed: 1, unimplemented: 1, disabled: 1 })
    expect(report.families).toMatchObject({
      ALPN: { passed: 1 },
      KeyUpdate: { failed: 1 },
      DTLS: { disabled: 1 },
      'Encrypted Client Hello': { unimplemented: 1 },
    })
    expect(report.failures).toEqual({ 'KeyUpdate-FromClient': 'why' })
    expect(report.disabled).toEqual({ 'Another transport.': ['Basic-DTLS'] })
    expect(table(report).split('\n').at(-1)?.trim().split(/\s+/)).toEqual(['all', ...'1111'])
  })

  it('is kept with what is missing, and with what is disabled and why', () => {
    const lines = markdown(makeReport(input), 'Node v24, a day').split('\n')
    expect(lines[0]).toContain('Node v24, a day')
    for (const line of [
      '| ALPN | 1 | 0 | 0 | 0 |',
      '| **all** | 1 | 1 | 1 | 1 |',
      '| 1 | Encrypted Client Hello |',
      '| 1 | Another transport. |',
    ])
      expect(lines).toContain(line)
  })

  it('names patterns that fit no test', () => {
    expect(makeReport(input).stalePatterns).toEqual(['Gone-*'])
  })

  it('bears no test that did not run without a reason', () => {
    expect(() => makeReport({ ...input, disabledTests: {} })).toThrow('Basic-DTLS was not run')
  })
})

describe('the configuration', () => {
  it('gives each disabled test a reason that can be read', () => {
    for (const reason of Object.values(config.DisabledTests))
      expect(reason).toMatch(/^[A-Z].{30,}[.]$/s)
  })

  it('maps no error to everything', () => {
    for (const [error, ours] of Object.entries(config.ErrorMap)) {
      expect(ours.length, error).toBeGreaterThan(0)
      for (const words of ours) expect(words.length, error).toBeGreaterThan(5)
    }
  })
})

describe('a pattern', () => {
  it('has the star and lists of characters for wild cards', () => {
    expect(globToRegExp('A-TLS1[23]').test('A-TLS12')).toBe(true)
    expect(globToRegExp('A-TLS1[23]').test('A-TLS11')).toBe(false)
    expect(globToRegExp('A*-B').test('A-x-B')).toBe(true)
    expect(globToRegExp('A.B').test('AxB')).toBe(false)
    expect(globToRegExp('A*').test('xA')).toBe(false)
  })
})

describe('a family', () => {
  it.each([
    ['CertificateSelection-Client-CheckIssuer-TLS-TLS13', 'certificate selection'],
    ['Server-VerifyDefault-Ed25519-TLS13', 'signature schemes'],
    ['CurveTest-Client-X25519-TLS13', 'groups and key shares'],
    ['EarlyData-Server-TLS', 'early data'],
    ['Unheard-Of', 'handshakes'],
  ])('of %s is %s', (test, family) => expect(familyOf(test)).toBe(family))
})

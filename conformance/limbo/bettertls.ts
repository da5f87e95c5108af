/**
 * BetterTLS (https://github.com/Netflix/bettertls) in x509-limbo's form. Its own tool writes the file, with fresh keys:
 *
 *   go run ./test-suites/cmd/bettertls export-tests --out bettertls.json
 */
import { isIP } from 'node:net'
import { parseCertificate } from '../../packages/x509/src/index.ts'
import type { LimboCase, LimboFile } from './suite.ts'

export interface BettertlsFile {
  /** DER in base64, as all certificates here */
  readonly trustRoot: string
  readonly suites: Readonly<Record<string, { readonly testCases: readonly BettertlsCase[] }>>
}

interface BettertlsCase {
  readonly id: number
  /** The server's own first */
  readonly certificates: readonly string[]
  readonly hostname: string
  readonly requiredFeatures: readonly string[]
  readonly expected: 'ACCEPT' | 'REJECT'
}

export function isBettertls(file: object): file is BettertlsFile {
  return 'trustRoot' in file && 'suites' in file
}

export function fromBettertls({ trustRoot, suites }: BettertlsFile): LimboFile {
  const testcases = Object.entries(suites).flatMap(([suite, { testCases }]) =>
    testCases.map((testCase) => toLimbo(suite, trustRoot, testCase)),
  )
  return { version: 1, testcases }
}

function toLimbo(suite: string, trustRoot: string, testCase: BettertlsCase): LimboCase {
  const [leaf = '', ...others] = testCase.certificates
  const { notBefore, notAfter } = parseCertificate(new Uint8Array(Buffer.from(leaf, 'base64')))
  // What is to be refused as expired is judged when it is; all else as soon as it is valid.
  const isExpiry =
    testCase.expected === 'REJECT' && testCase.requiredFeatures.includes('INVALID_REASON_EXPIRED')
  return {
    id: `bettertls::${suite}::tc${testCase.id}`,
    validation_kind: 'SERVER',
    trusted_certs: [toPem(trustRoot)],
    untrusted_intermediates: others.filter((other) => other !== trustRoot).map(toPem),
    peer_certificate: toPem(leaf),
    validation_time: new Date((isExpiry ? notAfter : notBefore) + 1000).toISOString(),
    expected_result: testCase.expected === 'ACCEPT' ? 'SUCCESS' : 'FAILURE',
    expected_peer_name: {
      kind: isIP(testCase.hostname) === 0 ? 'DNS' : 'IP',
      value: testCase.hostname,
    },
    max_chain_depth: null,
  }
}

function toPem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}

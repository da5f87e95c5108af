/**
 * Certificate policies that the caller demands (RFC 5280 §6.1.1 (c), (e), (f), (g)): cases like those of NIST's PKITS
 * §4.8 to §4.12, and generated ones, which `openssl verify` judges too.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type PolicyDemands, X509Error } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { type Chain, judgeHere, makeChain, type Spec } from './support/chains.ts'

const any = '2.5.29.32.0'
const [one, two, three] = ['1.2.3.1', '1.2.3.2', '1.2.3.3']

type Policies = Pick<
  Spec,
  'policies' | 'mappings' | 'explicitPolicy' | 'inhibitMapping' | 'inhibitAny' | 'selfIssued'
>

const good: Spec = {
  selfIssued: false,
  cA: 'yes',
  pathLength: undefined,
  keyUsage: ['keyCertSign'],
  purposes: undefined,
  permitted: [],
  excluded: [],
  names: [],
  validity: 'valid',
  policies: [],
  mappings: [],
  explicitPolicy: undefined,
  inhibitMapping: undefined,
  inhibitAny: undefined,
  unknownCritical: false,
  badSignature: false,
}
const leaf = { cA: 'no', keyUsage: ['digitalSignature'], names: ['dns:www.example.com'] } as const

/** @param path from the root's side down to the leaf */
function chainOf(path: readonly Partial<Policies>[]): Chain {
  const specs = path.map((policies) => ({ ...good, ...policies }))
  return makeChain(specs.slice(0, -1), { ...specs.at(-1)!, ...leaf })
}

const judge = (chain: Chain, policies: PolicyDemands): string =>
  judgeHere(chain, { policies }).failures[0]?.code ?? 'valid'

const having = (...policies: string[]): Partial<Policies> => ({ policies })

describe('the policies that a caller demands', () => {
  test.each<[string, readonly Partial<Policies>[], PolicyDemands, 'valid' | 'policy']>([
    [
      'one that all have',
      [having(one), having(one)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    ['any of two', [having(one), having(one)], { acceptable: [two, one], explicit: true }, 'valid'],
    ['another', [having(one), having(one)], { acceptable: [two], explicit: true }, 'policy'],
    ['another, if one were demanded', [having(one), having(one)], { acceptable: [two] }, 'valid'],
    [
      'another, and a certificate demands one',
      [{ ...having(one), explicitPolicy: 0 }, having(one)],
      { acceptable: [two] },
      'policy',
    ],
    ['some policy', [having(one), having(one)], { explicit: true }, 'valid'],
    ['some policy, of none', [{}, {}], { explicit: true }, 'policy'],
    ['some policy, and they differ', [having(one), having(two)], { explicit: true }, 'policy'],
    ['what the leaf lacks', [having(one), {}], { acceptable: [one], explicit: true }, 'policy'],
    [
      'what only some agree on',
      [having(one, two), having(two)],
      { acceptable: [one], explicit: true },
      'policy',
    ],
    [
      'one, below anyPolicy',
      [having(any), having(one)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'another, below anyPolicy',
      [having(any), having(one)],
      { acceptable: [two], explicit: true },
      'policy',
    ],
    [
      'one, of a leaf with anyPolicy',
      [having(one), having(any)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'one, where all say anyPolicy',
      [having(any), having(any)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'one, and anyPolicy is no answer',
      [having(any), having(any)],
      { explicit: true, inhibitAny: true },
      'policy',
    ],
    [
      'one, and only its name is an answer',
      [having(one), having(one)],
      { explicit: true, inhibitAny: true },
      'valid',
    ],
    [
      'one, of a self-issued certificate with anyPolicy',
      [{ ...having(any), selfIssued: true }, having(one)],
      { acceptable: [one], explicit: true, inhibitAny: true },
      'valid',
    ],
    [
      'the policy that is mapped',
      [{ ...having(one), mappings: [[one, two]] }, having(two)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'the policy that it is mapped to',
      [{ ...having(one), mappings: [[one, two]] }, having(two)],
      { acceptable: [two], explicit: true },
      'policy',
    ],
    [
      'no mapping',
      [{ ...having(one), mappings: [[one, two]] }, having(two)],
      { acceptable: [one], explicit: true, inhibitMapping: true },
      'policy',
    ],
    [
      'no mapping, where another policy needs none',
      [{ ...having(one, three), mappings: [[one, two]] }, having(two, three)],
      { acceptable: [three], explicit: true, inhibitMapping: true },
      'valid',
    ],
    [
      'a policy that is mapped twice',
      [
        { ...having(one), mappings: [[one, two]] },
        { ...having(two), mappings: [[two, three]] },
        having(three),
      ],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'a policy mapped below anyPolicy',
      [{ ...having(any), mappings: [[one, two]] }, having(two)],
      { acceptable: [one], explicit: true },
      'valid',
    ],
    [
      'the target of a policy mapped below anyPolicy, which stands for itself too',
      [{ ...having(any), mappings: [[one, two]] }, having(two)],
      { acceptable: [two], explicit: true },
      'policy',
    ],
  ])('%s', (_, path, demands, expected) => {
    const chain = chainOf(path)
    expect(judge(chain, demands)).toBe(expected)
    expect(judgeByOpenssl(chain, demands)).toBe(expected === 'valid')
  })

  test('are told in the verdict', () => {
    const verdict = judgeHere(chainOf([having(one), having(two)]), {
      policies: { acceptable: [one], explicit: true },
    })
    expect(verdict.failures).toMatchObject([{ code: 'policy', depth: 0 }])
    expect(verdict.checks.find(({ what }) => what === 'policies')).toMatchObject({
      against: one,
      result: 'fail',
    })
  })

  test('are at least one', () => {
    const chain = chainOf([{}, {}])
    expect(() => judge(chain, { acceptable: [] })).toThrow(X509Error)
  })
})

const chains = Number(process.env.X509_CHAINS ?? 250)
const directory = mkdtempSync(join(tmpdir(), 'x509-policies-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function judgeByOpenssl(chain: Chain, demands: PolicyDemands): boolean {
  const file = (name: string, ...certificates: readonly Uint8Array[]): string => {
    const path = join(directory, name)
    writeFileSync(path, certificates.map((der) => maker.toPem(der)).join(''))
    return path
  }
  const { acceptable = [any], explicit, inhibitMapping, inhibitAny } = demands
  const { status } = spawnSync('openssl', [
    'verify',
    ...['-CAfile', file('root.pem', chain.root), '-no-CApath', '-no-CAstore'],
    ...(chain.intermediates.length === 0
      ? []
      : ['-untrusted', file('chain.pem', ...chain.intermediates)]),
    ...['-attime', String(maker.now / 1000), '-policy_check'],
    ...acceptable.flatMap((policy) => ['-policy', policy]),
    ...(explicit ? ['-explicit_policy'] : []),
    ...(inhibitMapping ? ['-inhibit_map'] : []),
    ...(inhibitAny ? ['-inhibit_any'] : []),
    file('leaf.pem', chain.leaf),
  ])
  return status === 0
}

const ids = (...more: string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(one, two, three, ...more), { maxLength: 3 })
const skip = fc.option(fc.nat({ max: 2 }), { nil: undefined, freq: 2 })
const pair = fc.constantFrom<readonly [string, string]>([one, two], [two, three], [one, three])

const certificate: fc.Arbitrary<Policies> = fc.record({
  selfIssued: fc.boolean(),
  policies: ids(any),
  mappings: fc.uniqueArray(pair, { maxLength: 2 }),
  explicitPolicy: skip,
  inhibitMapping: skip,
  inhibitAny: skip,
})
const demand: fc.Arbitrary<PolicyDemands> = fc.record({
  acceptable: ids(any).map((policies) => (policies.length === 0 ? [any] : policies)),
  explicit: fc.boolean(),
  inhibitMapping: fc.boolean(),
  inhibitAny: fc.boolean(),
})

/**
 * openssl takes a certificate that maps a policy, and has anyPolicy and not the policy itself, for one that has it, also
 * where anyPolicy is inhibited. By §6.1.3(d)(2) anyPolicy is then processed for nothing, so there is no node that a mapping
 * could change (§6.1.4(b)(1)).
 */
function mapsWhatOnlyAnyNames(authorities: readonly Policies[], demands: PolicyDemands): boolean {
  const isInhibited = demands.inhibitAny || authorities.some((one) => one.inhibitAny !== undefined)
  return (
    isInhibited === true &&
    authorities.some(
      ({ policies, mappings }) =>
        policies.includes(any) && mappings.some(([from]) => !policies.includes(from)),
    )
  )
}

test('the difference that is meant: a mapping of what only an inhibited anyPolicy names', () => {
  const mapping = { ...having(any), mappings: [[one, two]] } as const
  const chain = chainOf([{ ...having(one), inhibitAny: 0 }, mapping, having(two)])
  expect(judge(chain, { explicit: true })).toBe('policy')
  expect(judgeByOpenssl(chain, { explicit: true })).toBe(true)
})

test(`${chains} generated chains and demands are judged as openssl judges them`, {
  timeout: 60_000 + chains * 100,
}, () => {
  let accepted = 0
  let explained = 0
  fc.assert(
    fc.property(
      fc.array(certificate, { maxLength: 3 }),
      certificate,
      demand,
      (authorities, last, demands) => {
        const chain = chainOf([...authorities, { ...last, mappings: [] }])
        const here = judge(chain, demands)
        if (here === 'valid') accepted++
        const there = judgeByOpenssl(chain, demands) ? 'valid' : 'policy'
        if (here !== there && there === 'valid' && mapsWhatOnlyAnyNames(authorities, demands))
          explained++
        else expect(here).toBe(there)
      },
    ),
    { numRuns: chains, ...(process.env.X509_CHAINS === undefined ? { seed: 20_261_121 } : {}) },
  )
  expect(explained).toBeLessThan(chains / 50)
  expect(accepted).toBeGreaterThan(chains / 10)
  expect(accepted).toBeLessThan((chains * 9) / 10)
})

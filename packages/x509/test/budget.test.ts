/** Path bombs: certificates made to be hard to follow. The budget ends the search, whatever they look like. */
import { describe, expect, test } from 'vitest'
import { type Budget, type Verdict, type VerifyInput, verifyCertificate } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { integer } from './support/der-writer.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const trusted = maker.makeRoot('Trusted', maker.poolKey(31))

interface Measured {
  readonly verdict: Verdict
  readonly signatures: number
  readonly milliseconds: number
}

function measure(
  certificate: Uint8Array,
  intermediates: readonly Uint8Array[],
  input: Partial<VerifyInput> = {},
): Measured {
  let signatures = 0
  const started = performance.now()
  const verdict = verifyCertificate({
    certificate,
    intermediates,
    trust: [trusted],
    time: maker.now,
    name: 'example.com',
    usage: 'serverAuth',
    verifiers: {
      'ecdsa-sha256': (...parts) => {
        signatures++
        return nodeVerifiers['ecdsa-sha256']!(...parts)
      },
    },
    ...input,
  }) as Verdict
  return { verdict, signatures, milliseconds: performance.now() - started }
}

const codes = ({ verdict }: Measured) => verdict.failures.map(({ code }) => code)

/** Authorities that all certify one another: n names, each with n - 1 certificates. */
function mesh(n: number, names: (i: number) => string): readonly Uint8Array[] {
  const certificates: Uint8Array[] = []
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i !== j)
        certificates.push(
          maker.makeAuthority(names(i), maker.poolKey(i), names(j), maker.poolKey(j)),
        )
    }
  }
  return certificates
}

describe('a mesh of authorities without a root', () => {
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(0))

  test('of different names ends', () => {
    const measured = measure(
      leaf,
      mesh(10, (i) => `A${i}`),
    )
    expect(codes(measured)[0]).toBe('budget')
    expect(measured.milliseconds).toBeLessThan(3000)
    expect(measured.verdict.attempts.length).toBeLessThanOrEqual(50)
  })

  test('of one name ends', () => {
    const bush = mesh(8, () => 'A0')
    const measured = measure(leaf, bush)
    expect(measured.verdict.valid).toBe(false)
    expect(measured.milliseconds).toBeLessThan(3000)
  })

  test('costs no more when it leads to the name of a root whose key is another', () => {
    const last = maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(29))
    const measured = measure(leaf, [...mesh(10, (i) => `A${i}`), last])
    expect(measured.verdict.valid).toBe(false)
    expect(measured.signatures).toBeLessThanOrEqual(100)
    expect(measured.milliseconds).toBeLessThan(3000)
  })
})

test('a valid path is found among many certificates that lead nowhere', () => {
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(0))
  const way = maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31))
  const expired = Array.from({ length: 100 }, () =>
    maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31), {
      notAfter: maker.now - 1000,
    }),
  )
  const strangers = Array.from({ length: 60 }, (_, i) =>
    maker.makeAuthority('A0', maker.poolKey((i % 28) + 1), 'Trusted', maker.poolKey(31)),
  )
  const measured = measure(leaf, [...expired, ...strangers, ...mesh(5, (i) => `A${i}`), way])
  expect(codes(measured)).toEqual([])
  expect(measured.verdict.path).toHaveLength(3)
})

test('a chain longer than the budget is too long, and is valid with a larger one', () => {
  const chain: Uint8Array[] = [
    maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31)),
  ]
  for (let i = 1; i < 12; i++)
    chain.push(maker.makeAuthority(`A${i}`, maker.poolKey(i), `A${i - 1}`, maker.poolKey(i - 1)))
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A11', maker.poolKey(11))
  expect(codes(measure(leaf, chain))).toEqual(['budget'])
  expect(codes(measure(leaf, chain, { budget: { depth: 11 } }))).toEqual(['budget'])
  expect(codes(measure(leaf, chain, { budget: { depth: 12 } }))).toEqual([])
})

test('self-issued certificates do not make a path longer, but not without end', () => {
  const depth = { budget: { depth: 1 } }
  const first = maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31))
  const rollover = maker.makeAuthority('A0', maker.poolKey(1), 'A0', maker.poolKey(0))
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(1))
  expect(codes(measure(leaf, [first, rollover], depth))).toEqual([])
  const chain = [first]
  for (let i = 1; i < 30; i++)
    chain.push(maker.makeAuthority('A0', maker.poolKey(i), 'A0', maker.poolKey(i - 1)))
  const last = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(29))
  // Every one of them may have issued every other, by its name: the search ends before the chain does.
  expect(codes(measure(last, chain, depth))[0]).toBe('budget')
})

test('thousands of authorities of one name cost little', () => {
  const many = Array.from({ length: 3000 }, (_, i) =>
    maker.makeAuthority('A0', maker.poolKey(i % 30), 'A0', maker.poolKey((i + 1) % 30), {
      serialNumber: integer(i + 1),
    }),
  )
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(0))
  const measured = measure(leaf, many)
  expect(codes(measured)[0]).toBe('budget')
  expect(measured.milliseconds).toBeLessThan(3000)
})

test('each limit is kept to the unit', () => {
  const authority = maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31), {
    also: [maker.nameConstraints(['dns:a.example', 'dns:b.example', 'dns:example.com'])],
  })
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(0))
  // One intermediate and one anchor; two signatures; one name against three constraints.
  const exact: Partial<Budget> = { candidates: 2, signatures: 2, nameComparisons: 3, depth: 1 }
  expect(codes(measure(leaf, [authority], { budget: exact }))).toEqual([])
  for (const limit of ['candidates', 'signatures', 'nameComparisons'] as const) {
    const less = { ...exact, [limit]: exact[limit]! - 1 }
    expect(codes(measure(leaf, [authority], { budget: less })), limit).toEqual(['budget'])
  }
  expect(codes(measure(leaf, [authority], { budget: { ...exact, depth: 0 } }))).toEqual(['budget'])
})

test('thousands of names against thousands of constraints end in the budget', () => {
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, i) => `dns:${prefix}${i}.example.com`)
  const authority = maker.makeAuthority('A0', maker.poolKey(0), 'Trusted', maker.poolKey(31), {
    also: [maker.nameConstraints([...many(2000, 'x'), 'dns:example.com'], many(2000, 'y'))],
  })
  const leaf = maker.makeLeaf(maker.poolKey(30), 'A0', maker.poolKey(0), {
    extensions: [maker.subjectAltName('dns:example.com', ...many(2000, 'z'))],
  })
  const measured = measure(leaf, [authority])
  expect(codes(measured)).toEqual(['budget'])
  expect(measured.milliseconds).toBeLessThan(3000)
  const generous = measure(leaf, [authority], { budget: { nameComparisons: 10_000_000 } })
  expect(codes(generous)).toEqual([])
})

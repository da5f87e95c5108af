/**
 * Generated chains, judged here and by `openssl verify`. Where the two differ, the difference is explained below by its
 * rule; anything else fails. `X509_CHAINS=5000 npx vitest run packages/x509/test/openssl.test.ts` runs more of them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { type Verdict, verifyCertificate } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { octetString } from './support/der-writer.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const chains = Number(process.env.X509_CHAINS ?? 250)
const directory = mkdtempSync(join(tmpdir(), 'x509-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Spec {
  /** Reuses the issuer's name, so that the certificate is self-issued. */
  readonly selfIssued: boolean
  readonly cA: 'yes' | 'no' | 'absent'
  readonly pathLength: number | undefined
  readonly keyUsage: readonly string[] | undefined
  readonly purposes: readonly (keyof typeof maker.purposes)[] | undefined
  readonly permitted: readonly string[]
  readonly excluded: readonly string[]
  readonly names: readonly string[]
  readonly validity: 'valid' | 'past' | 'future'
  readonly policies: readonly string[]
  readonly mappings: readonly (readonly [string, string])[]
  readonly explicitPolicy: number | undefined
  readonly inhibitMapping: number | undefined
  readonly inhibitAny: number | undefined
  readonly unknownCritical: boolean
  readonly badSignature: boolean
}

/** Mostly what a good chain has, sometimes something else: else nearly every chain would fail at its first fault. */
const mostly = <T>(usual: T, ...others: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, ...others)

const names = fc.uniqueArray(
  fc.constantFrom(
    'dns:example.com',
    'dns:www.example.com',
    'dns:example.org',
    'dns:*.example.com',
    'ip:0a000001',
    'email:joe@example.com',
    'uri:https://www.example.com/x',
    'dirname:Joe',
  ),
  { maxLength: 3 },
)
const subtrees = fc.uniqueArray(
  fc.constantFrom(
    'dns:example.com',
    'dns:www.example.com',
    'dns:org',
    'dns:.example.com',
    'ip:0a000000ff000000',
    'email:example.com',
    'email:joe@example.com',
    'email:.com',
    'uri:www.example.com',
    'uri:.example.com',
    'dirname:Joe',
  ),
  { minLength: 1, maxLength: 2 },
)
const policyIds = fc.uniqueArray(fc.constantFrom('1.2.3.1', '1.2.3.2', '2.5.29.32.0'), {
  minLength: 1,
  maxLength: 3,
})
const small = fc.integer({ min: 0, max: 2 })
const mapping = fc.constantFrom(['1.2.3.1', '1.2.3.2'] as const, ['1.2.3.2', '1.2.3.1'] as const)

const authority: fc.Arbitrary<Spec> = fc.record<Spec>({
  selfIssued: mostly<boolean>(false, fc.constant(true)),
  cA: mostly<Spec['cA']>('yes', fc.constantFrom('no', 'absent')),
  pathLength: mostly<number | undefined>(undefined, small, small),
  keyUsage: mostly<readonly string[] | undefined>(
    ['keyCertSign'],
    fc.constantFrom(undefined, ['cRLSign']),
  ),
  purposes: mostly<Spec['purposes']>(
    undefined,
    fc.constantFrom<Spec['purposes']>(['serverAuth'], ['clientAuth'], ['serverAuth', 'clientAuth']),
  ),
  permitted: mostly<readonly string[]>([], subtrees, subtrees),
  excluded: mostly<readonly string[]>([], subtrees),
  names: mostly<readonly string[]>([], names),
  validity: mostly<Spec['validity']>('valid', fc.constantFrom('past', 'future')),
  policies: fc.oneof(fc.constant([]), policyIds, policyIds),
  mappings: mostly<Spec['mappings']>(
    [],
    fc.array(mapping, { minLength: 1, maxLength: 1 }),
    fc.array(mapping, { minLength: 1, maxLength: 1 }),
  ),
  explicitPolicy: mostly<number | undefined>(undefined, small, small, small),
  inhibitMapping: mostly<number | undefined>(undefined, small),
  inhibitAny: mostly<number | undefined>(undefined, small),
  unknownCritical: mostly<boolean>(false, fc.constant(true)),
  badSignature: fc.constant(false),
})

const leafSpec: fc.Arbitrary<Spec> = authority.chain((base) =>
  fc.record<Spec>({
    ...(Object.fromEntries(
      Object.entries(base).map(([key, value]) => [key, fc.constant(value)]),
    ) as { [K in keyof Spec]: fc.Arbitrary<Spec[K]> }),
    cA: fc.constantFrom('no', 'absent', 'yes'),
    pathLength: fc.constant(undefined),
    keyUsage: mostly<readonly string[] | undefined>(
      ['digitalSignature'],
      fc.constantFrom(
        undefined,
        ['keyEncipherment'],
        ['keyCertSign', 'digitalSignature'],
        ['dataEncipherment'],
      ),
    ),
    purposes: mostly<Spec['purposes']>(
      ['serverAuth'],
      fc.constantFrom<Spec['purposes']>(undefined, ['clientAuth']),
    ),
    permitted: fc.constant([]),
    excluded: fc.constant([]),
    mappings: fc.constant([]),
    names: mostly<readonly string[]>(['dns:www.example.com'], names, names),
    badSignature: mostly<boolean>(false, fc.constant(true)),
  }),
)

const day = 86_400_000

function extensionsOf(spec: Spec, key: maker.Key, issuerKey: maker.Key): readonly Uint8Array[] {
  const present = (condition: boolean, extension: () => Uint8Array): readonly Uint8Array[] =>
    condition ? [extension()] : []
  return [
    ...present(spec.cA !== 'absent', () =>
      maker.basicConstraints(spec.cA === 'yes', spec.cA === 'yes' ? spec.pathLength : undefined),
    ),
    ...present(spec.keyUsage !== undefined, () => maker.keyUsage(...spec.keyUsage!)),
    ...present(spec.purposes !== undefined, () => maker.extendedKeyUsage(...spec.purposes!)),
    ...present(spec.permitted.length + spec.excluded.length > 0, () =>
      maker.nameConstraints(spec.permitted, spec.excluded),
    ),
    ...present(spec.names.length > 0, () => maker.subjectAltName(...spec.names)),
    ...present(spec.policies.length > 0, () => maker.policies(...spec.policies)),
    ...present(spec.mappings.length > 0, () => maker.policyMappings(...spec.mappings)),
    ...present(spec.explicitPolicy !== undefined || spec.inhibitMapping !== undefined, () =>
      maker.policyConstraints(spec.explicitPolicy, spec.inhibitMapping),
    ),
    ...present(spec.inhibitAny !== undefined, () => maker.inhibitAnyPolicy(spec.inhibitAny!)),
    ...present(spec.unknownCritical, () =>
      maker.extension('1.3.6.1.4.1.99999.1', octetString(), true),
    ),
    maker.subjectKeyIdentifier(key),
    maker.authorityKeyIdentifier(issuerKey),
  ]
}

interface Chain {
  readonly root: Uint8Array
  readonly intermediates: readonly Uint8Array[]
  readonly leaf: Uint8Array
}

function makeChain(authorities: readonly Spec[], leaf: Spec): Chain {
  let issuerName = 'Root'
  let issuerKey = maker.poolKey(0)
  const root = maker.makeRoot('Root', issuerKey)
  const made = [...authorities, leaf].map((spec, i) => {
    const key = maker.poolKey(i + 1)
    const isLeaf = i === authorities.length
    const name = isLeaf ? '' : spec.selfIssued ? issuerName : `Authority ${i}`
    const validity = {
      valid: {},
      past: { notAfter: maker.now - day },
      future: { notBefore: maker.now + day },
    }[spec.validity]
    const certificate = maker.makeCertificate({
      subject: name,
      issuer: issuerName,
      key,
      issuerKey,
      extensions: extensionsOf(spec, key, issuerKey),
      ...validity,
    })
    if (spec.badSignature) certificate[certificate.length - 1]! ^= 1
    issuerName = name
    issuerKey = key
    return certificate
  })
  return { root, intermediates: made.slice(0, -1), leaf: made.at(-1)! }
}

function judgeHere(chain: Chain): Verdict {
  return verifyCertificate({
    certificate: chain.leaf,
    intermediates: chain.intermediates,
    trust: [chain.root],
    time: maker.now,
    name: 'www.example.com',
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
  }) as Verdict
}

function judgeByOpenssl(chain: Chain): { readonly valid: boolean; readonly output: string } {
  const file = (name: string, ...certificates: readonly Uint8Array[]): string => {
    const path = join(directory, name)
    writeFileSync(path, certificates.map((der) => maker.toPem(der)).join(''))
    return path
  }
  const untrusted =
    chain.intermediates.length === 0
      ? []
      : ['-untrusted', file('chain.pem', ...chain.intermediates)]
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    [
      'verify',
      ...['-CAfile', file('root.pem', chain.root), '-no-CApath', '-no-CAstore'],
      ...untrusted,
      ...['-attime', String(maker.now / 1000), '-purpose', 'sslserver', '-policy_check'],
      // openssl takes no policy at all for none acceptable, RFC 5280 §6.1.1(c) for any.
      ...['-policy', '2.5.29.32.0'],
      ...['-verify_hostname', 'www.example.com', file('leaf.pem', chain.leaf)],
    ],
    { encoding: 'utf8' },
  )
  return { valid: status === 0, output: stdout + stderr }
}

/** Differences that are meant. */
function explanation(
  mine: Verdict,
  theirs: boolean,
  authorities: readonly Spec[],
  leaf: Spec,
): string | undefined {
  const all = [...authorities, leaf]
  const has = (field: 'permitted' | 'excluded' | 'names', prefix: string): boolean =>
    all.some((spec) => spec[field].some((name) => name.startsWith(prefix)))
  const only = mine.failures.every(({ code }) => code === 'name-constraints')
  if (
    theirs &&
    only &&
    has('names', 'dns:*.') &&
    (has('excluded', 'dns:') || has('permitted', 'dns:'))
  ) {
    return 'a wildcard that reaches into an excluded subtree, or out of a permitted one, is refused here'
  }
  return undefined
}

test(`${chains} generated chains are judged as openssl judges them`, {
  timeout: 60_000 + chains * 100,
}, () => {
  let accepted = 0
  let explained = 0
  fc.assert(
    fc.property(fc.array(authority, { maxLength: 3 }), leafSpec, (authorities, leaf) => {
      const chain = makeChain(authorities, leaf)
      const mine = judgeHere(chain)
      const theirs = judgeByOpenssl(chain)
      if (mine.valid) accepted++
      if (mine.valid === theirs.valid) return
      const reason = explanation(mine, theirs.valid, authorities, leaf)
      if (reason !== undefined) explained++
      else
        expect(
          mine.failures.map(({ code, message }) => `${code}: ${message}`).join('\n') || 'valid',
          theirs.output,
        ).toBe(theirs.valid ? 'valid' : 'refused')
    }),
    { numRuns: chains },
  )
  // A comparison in which one side never accepts, or everything is explained away, would show nothing.
  expect(accepted).toBeGreaterThan(chains / 10)
  expect(explained).toBeLessThan(chains / 10)
})

test('the difference that is meant: a wildcard that reaches into an excluded subtree', () => {
  const good = {
    selfIssued: false,
    pathLength: undefined,
    permitted: [],
    validity: 'valid',
    policies: [],
    mappings: [],
    explicitPolicy: undefined,
    inhibitMapping: undefined,
    inhibitAny: undefined,
    unknownCritical: false,
    badSignature: false,
  } as const
  const above: Spec = {
    ...good,
    cA: 'yes',
    keyUsage: ['keyCertSign'],
    purposes: undefined,
    excluded: ['dns:www.example.com'],
    names: [],
  }
  const below: Spec = {
    ...good,
    cA: 'no',
    keyUsage: ['digitalSignature'],
    purposes: ['serverAuth'],
    excluded: [],
    names: ['dns:*.example.com'],
  }
  const chain = makeChain([above], below)
  const mine = judgeHere(chain)
  expect(mine.failures.map(({ code }) => code)).toEqual(['name-constraints'])
  expect(judgeByOpenssl(chain)).toMatchObject({ valid: true })
  expect(explanation(mine, true, [above], below)).toBeDefined()
})

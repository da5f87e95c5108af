/** Chains that fast-check makes, for comparisons with what others say of them. */
import fc from 'fast-check'
import { type Verdict, type VerifyInput, verifyCertificate } from '../../src/index.ts'
import * as maker from './certificate-maker.ts'
import { octetString } from './der-writer.ts'
import { nodeVerifiers } from './verifiers.ts'

/** What a generated certificate is like. */
export interface Spec {
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

export const authority: fc.Arbitrary<Spec> = fc.record<Spec>({
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

export const leafSpec: fc.Arbitrary<Spec> = authority.chain((base) =>
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

export interface Chain {
  /** The moment to judge it at, in milliseconds since 1970. */
  readonly time: number
  readonly root: Uint8Array
  readonly intermediates: readonly Uint8Array[]
  readonly leaf: Uint8Array
}

/** @param now when the certificates are valid that are not meant to be past or future */
export function makeChain(
  authorities: readonly Spec[],
  leaf: Spec,
  now: number = maker.now,
): Chain {
  let issuerName = 'Root'
  let issuerKey = maker.poolKey(0)
  const usual = { notBefore: now - 30 * day, notAfter: now + 30 * day }
  const root = maker.makeRoot('Root', issuerKey, usual)
  const made = [...authorities, leaf].map((spec, i) => {
    const key = maker.poolKey(i + 1)
    const isLeaf = i === authorities.length
    const name = isLeaf ? '' : spec.selfIssued ? issuerName : `Authority ${i}`
    const validity = {
      valid: usual,
      past: { ...usual, notAfter: now - day },
      future: { ...usual, notBefore: now + day },
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
  return { time: now, root, intermediates: made.slice(0, -1), leaf: made.at(-1)! }
}

/** The verdict of this package at the moment of the chain, for a server at www.example.com. */
export function judgeHere(chain: Chain, more: Partial<VerifyInput> = {}): Verdict {
  return verifyCertificate({
    certificate: chain.leaf,
    intermediates: chain.intermediates,
    trust: [chain.root],
    time: chain.time,
    name: 'www.example.com',
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
    ...more,
  }) as Verdict
}

/** Why two answers may differ; undefined where they must not. */
export type Explanation = (
  mine: Verdict,
  theirs: string,
  authorities: readonly Spec[],
  leaf: Spec,
) => string | undefined

export interface Comparison {
  /** How many chains were good here. */
  readonly accepted: number
  /** How often each explanation served. */
  readonly explained: ReadonlyMap<string, number>
  readonly unexplained: readonly unknown[]
}

/** The same chains in each run, so that a run that passed passes again; new ones where X509_CHAINS asks for a search. */
const sameChains = process.env.X509_CHAINS === undefined ? { seed: 20_261_121 } : {}

/**
 * Makes chains, and compares what is said of them here with what somebody else says.
 *
 * @param judge answers `valid` for each chain, or why it is refused
 */
export function compareChains(
  count: number,
  now: number,
  judge: (chains: readonly Chain[]) => readonly string[],
  explain: Explanation,
): Comparison {
  const specs = fc.sample(fc.tuple(fc.array(authority, { maxLength: 3 }), leafSpec), {
    numRuns: count,
    ...sameChains,
  })
  const chains = specs.map(([authorities, leaf]) => makeChain(authorities, leaf, now))
  const answers = judge(chains)
  if (answers.length !== count) throw new Error(`${answers.length} answers to ${count} chains`)
  let accepted = 0
  const explained = new Map<string, number>()
  const unexplained: unknown[] = []
  chains.forEach((chain, i) => {
    const mine = judgeHere(chain)
    const theirs = answers[i]!
    if (mine.valid) accepted++
    if (mine.valid === (theirs === 'valid')) return
    const [authorities, leaf] = specs[i]!
    const reason = explain(mine, theirs, authorities, leaf)
    const here = mine.failures.map(({ code, message }) => `${code}: ${message}`)
    if (reason === undefined) unexplained.push({ here, theirs, authorities, leaf })
    else explained.set(reason, (explained.get(reason) ?? 0) + 1)
  })
  return { accepted, explained, unexplained }
}

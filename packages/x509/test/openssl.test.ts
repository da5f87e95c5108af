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
import type { Verdict } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import {
  authority,
  type Chain,
  judgeHere,
  leafSpec,
  makeChain,
  type Spec,
} from './support/chains.ts'

const chains = Number(process.env.X509_CHAINS ?? 500)
const directory = mkdtempSync(join(tmpdir(), 'x509-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

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
    { numRuns: chains, ...(process.env.X509_CHAINS === undefined ? { seed: 20_261_121 } : {}) },
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

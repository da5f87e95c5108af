/**
 * Generated chains, judged here and by Go's crypto/x509. Where the two differ, the difference is explained below by its
 * rule; anything else fails. `X509_CHAINS=5000 npx vitest run packages/x509/test/go.test.ts` runs more of them.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import * as maker from './support/certificate-maker.ts'
import { type Chain, compareChains, type Explanation } from './support/chains.ts'

const count = Number(process.env.X509_CHAINS ?? 4000)
const directory = mkdtempSync(join(tmpdir(), 'x509-go-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const hasGo = spawnSync('go', ['version']).status === 0

function judgeByGo(chains: readonly Chain[]): readonly string[] {
  const program = join(directory, 'verify')
  const source = fileURLToPath(new URL('support/go/verify.go', import.meta.url))
  execFileSync('go', ['build', '-o', program, source], {
    cwd: directory,
    env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
  })
  const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64')
  const input = chains.map(({ leaf, intermediates, root, time }) =>
    JSON.stringify({
      leaf: base64(leaf),
      intermediates: intermediates.map(base64),
      root: base64(root),
      time,
      name: 'www.example.com',
    }),
  )
  const output = execFileSync(program, { input: `${input.join('\n')}\n`, maxBuffer: 1 << 28 })
  return output.toString().trimEnd().split('\n')
}

/** Differences that are meant. */
const explanation: Explanation = (mine, theirs, authorities, leaf) => {
  const failures = mine.failures.map(({ code, depth }) => `${code} at ${depth}`)
  if (theirs === 'valid' && failures.join() === 'key-usage at 0' && leaf.keyUsage !== undefined) {
    return "Go does not look at the key usage of a server's certificate; here it has to fit the purpose (RFC 5280 §4.2.1.12)"
  }
  const constraints = authorities.flatMap(({ permitted, excluded }) => [...permitted, ...excluded])
  if (
    theirs.endsWith('unhandled critical extension') &&
    constraints.some((base) => base.startsWith('dirname:'))
  ) {
    return 'Go does not know constraints on directory names, and refuses the certificate that has them'
  }
  if (
    mine.valid &&
    theirs.includes('is not authorized to sign for this name') &&
    authorities.some(({ selfIssued, names }) => selfIssued && names.length > 0)
  ) {
    return 'Go holds self-issued certificates to name constraints; RFC 5280 §6.1.3(b) exempts them'
  }
  if (
    mine.valid &&
    theirs.endsWith('too many intermediates for path length constraint') &&
    authorities.some(({ selfIssued }) => selfIssued)
  ) {
    return 'Go counts self-issued certificates against a path length; RFC 5280 §6.1.4(l) does not'
  }
  return undefined
}

test.skipIf(!hasGo)(
  `${count} generated chains are judged as Go judges them${hasGo ? '' : ' (SKIPPED: there is no go)'}`,
  { timeout: 120_000 + count * 50 },
  () => {
    const { accepted, explained, unexplained } = compareChains(
      count,
      maker.now,
      judgeByGo,
      explanation,
    )
    expect(unexplained.slice(0, 3)).toEqual([])
    // A comparison in which one side never accepts, or everything is explained away, would show nothing.
    expect(accepted).toBeGreaterThan(count / 10)
    for (const times of explained.values()) expect(times).toBeLessThan(count / 10)
  },
)

/**
 * Generated chains, judged here and by GnuTLS's certtool. Where the two differ, the difference is explained below by its
 * rule; anything else fails. `X509_CHAINS=5000 npx vitest run packages/x509/test/gnutls.test.ts` runs more of them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import * as maker from './support/certificate-maker.ts'
import { type Chain, compareChains, type Explanation } from './support/chains.ts'

const count = Number(process.env.X509_CHAINS ?? 500)
const directory = mkdtempSync(join(tmpdir(), 'x509-gnutls-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const hasCerttool = spawnSync('certtool', ['--version']).status === 0

function judgeByGnutls({ leaf, intermediates, root }: Chain): string {
  const file = (name: string, ...certificates: readonly Uint8Array[]): string => {
    const path = join(directory, name)
    writeFileSync(path, certificates.map((der) => maker.toPem(der)).join(''))
    return path
  }
  const { status, stdout, stderr } = spawnSync(
    'certtool',
    [
      '--verify',
      ...['--load-ca-certificate', file('root.pem', root)],
      ...['--infile', file('chain.pem', leaf, ...intermediates.toReversed())],
      ...['--verify-hostname', 'www.example.com', '--verify-purpose', '1.3.6.1.5.5.7.3.1'],
    ],
    { encoding: 'utf8' },
  )
  return status === 0 ? 'valid' : (/Chain verification output: (.*)/.exec(stdout)?.[1] ?? stderr)
}

/** Differences that are meant. */
const explanation: Explanation = (mine, theirs, authorities, leaf) => {
  const all = [...authorities, leaf]
  const failures = mine.failures.map(({ code, depth }) => `${code} at ${depth}`)
  if (theirs === 'valid' && failures.join() === 'key-usage at 0' && leaf.keyUsage !== undefined) {
    return "GnuTLS lets the handshake look at the key usage of a server's certificate; here it has to fit the purpose (RFC 5280 §4.2.1.12)"
  }
  const hasPolicyExtensions = all.some(
    ({ mappings, explicitPolicy, inhibitMapping, inhibitAny }) =>
      mappings.length > 0 ||
      [explicitPolicy, inhibitMapping, inhibitAny].some((value) => value !== undefined),
  )
  if (mine.valid && theirs.includes('unknown critical extension') && hasPolicyExtensions) {
    return 'GnuTLS does not process policies, and refuses the critical extensions about them'
  }
  if (
    mine.valid &&
    theirs.includes("violates the signer's constraints") &&
    authorities.some(({ selfIssued }) => selfIssued)
  ) {
    return 'GnuTLS holds self-issued certificates to path lengths and names as any other; RFC 5280 §6.1.3(b) and §6.1.4(l) exempt them'
  }
  if (
    theirs === 'valid' &&
    mine.failures.every(({ code, depth = 0 }) => code === 'name-constraints' && depth > 0)
  ) {
    return 'GnuTLS holds only the last certificate to name constraints; RFC 5280 §6.1.3(b) all of them'
  }
  if (
    theirs === 'valid' &&
    mine.failures.every(({ code }) => code === 'name-constraints') &&
    all.some(({ names }) => names.some((name) => name.startsWith('dns:*.'))) &&
    authorities.some(({ excluded }) => excluded.some((base) => base.startsWith('dns:')))
  ) {
    return 'a wildcard that reaches into an excluded subtree is refused here'
  }
  const hasDirectoryConstraints = authorities.some(({ permitted, excluded }) =>
    [...permitted, ...excluded].some((base) => base.startsWith('dirname:')),
  )
  if (!hasDirectoryConstraints) return undefined
  if (mine.valid && theirs.includes("violates the signer's constraints")) {
    return 'GnuTLS does not compare with excluded directory names, and refuses whatever is below them'
  }
  if (theirs === 'valid' && mine.failures.every(({ code }) => code === 'name-constraints')) {
    return 'GnuTLS does not hold subjects to the directory names that are permitted'
  }
  return undefined
}

test.skipIf(!hasCerttool)(
  `${count} generated chains are judged as GnuTLS judges them${hasCerttool ? '' : ' (SKIPPED: there is no certtool)'}`,
  { timeout: 60_000 + count * 200 },
  () => {
    // certtool knows no time but the present.
    const { accepted, explained, unexplained } = compareChains(
      count,
      Date.now(),
      (chains) => chains.map(judgeByGnutls),
      explanation,
    )
    expect(unexplained.slice(0, 3)).toEqual([])
    // A comparison in which one side never accepts, or everything is explained away, would show nothing.
    expect(accepted).toBeGreaterThan(count / 10)
    for (const times of explained.values()) expect(times).toBeLessThan(count / 5)
  },
)

#!/usr/bin/env node
/**
 * Writes docs/interop.md from the results of the last run of the matrix: `npm run -w conformance interop:table`.
 * The tests themselves leave the tree as it is.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const cache = process.env.HANDFAST_PEERS_CACHE ?? join(here, '..', '.cache')
const target = join(here, '..', '..', 'docs', 'interop.md')

/** @type {import('./results.ts').PeerResult[]} */
const results = readdirSync(join(cache, 'results'))
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(cache, 'results', name), 'utf8')))

const failed = results.flatMap(({ peer, cases }) =>
  cases
    .filter(({ outcome }) => outcome === 'failed')
    .map((one) => `${peer}: ${one.direction}: ${one.value}`),
)
if (failed.length > 0) {
  process.stderr.write(`interop: not written, since cases failed:\n  ${failed.join('\n  ')}\n`)
  process.exit(1)
}

const present = results.filter(({ absent }) => absent === undefined)
const marks = { passed: 'yes', 'not supported': '–' }

/**
 * @param {string} direction
 * @param {string | undefined} version undefined for TLS 1.3
 */
function table(direction, version) {
  const isOfTable = (one) => one.direction === direction && one.version === version
  // A peer that takes part in none of these cases would be a column of dashes.
  const peers = present.filter(({ cases }) =>
    cases.some((one) => isOfTable(one) && one.outcome === 'passed'),
  )
  const rows = new Map()
  for (const { peer, cases } of peers) {
    for (const one of cases.filter(isOfTable)) {
      const row = rows.get(one.index) ?? { axis: one.axis, value: one.value, cells: {} }
      row.cells[peer] = marks[one.outcome]
      rows.set(one.index, row)
    }
  }
  const ordered = [...rows].sort(([one], [other]) => one - other).map(([, row]) => row)
  const lines = [
    `| | ${peers.map(({ peer }) => peer).join(' | ')} |`,
    `|---|${peers.map(() => ':-:').join('|')}|`,
  ]
  for (const axis of ['feature', 'suite', 'group', 'signature scheme']) {
    lines.push(`| **${axis}s** | ${peers.map(() => '').join(' | ')} |`)
    for (const { value, cells } of ordered.filter((row) => row.axis === axis)) {
      const name = axis === 'feature' ? value : `\`${value}\``
      lines.push(`| ${name} | ${peers.map(({ peer }) => cells[peer] ?? '').join(' | ')} |`)
    }
  }
  return lines.join('\n')
}

/** What one peer lacks, with the reasons, each named once. */
function lacks({ peer, source, cases }) {
  const byReason = new Map()
  const with12 = cases.some((one) => one.version !== undefined && one.outcome === 'passed')
  const only13 = cases.find((one) => one.version !== undefined)
  if (!with12 && only13 && only13.reason !== source)
    byReason.set(only13.reason, new Map([['TLS 1.2', ['client', 'server']]]))
  for (const { direction, version, value, reason, outcome } of cases) {
    if (outcome !== 'not supported' || reason === source) continue
    if (version !== undefined && !with12) continue
    const role = direction === 'peer → handfast' ? 'client' : 'server'
    const known = byReason.get(reason) ?? new Map()
    known.set(value, [...(known.get(value) ?? []), role])
    byReason.set(reason, known)
  }
  const lines = [`- **${peer}**: what it can do is read from ${source}.`]
  for (const [reason, values] of byReason) {
    const named = [...values].map(([value, roles]) =>
      roles.length === 1 ? `${value} (as ${roles[0]})` : value,
    )
    lines.push(`  - ${named.join(', ')}: ${reason}.`)
  }
  return lines.join('\n')
}

const count = (direction) =>
  present
    .flatMap(({ cases }) => cases)
    .filter((one) => one.direction === direction && one.outcome === 'passed').length

const text = `# Interoperation

What the tests in [conformance/interop](../conformance/interop) ran between handfast and other implementations of TLS 1.3
and TLS 1.2, written by a run of them (\`npm run -w conformance interop:table\`): ${count('handfast → peer')} cases with handfast as the client,
${count('peer → handfast')} with handfast as the server, none failed. One thing is varied at a time. In every case at least 640 bytes, mostly
100 KB, cross the connection and come back unchanged, both ends must agree on what was negotiated as far as the peer tells,
and both ends close with close_notify.

| peer | version |
|---|---|
${present.map(({ peer, version }) => `| ${peer} | ${version} |`).join('\n')}
| Chromium | loads pages, with its preferred group, after HelloRetryRequest, and resumes |
| tshark | decrypts captures with handfast's key log: as client, as server, resumed, through KeyUpdate |

“yes”: ran and passed. “–”: the peer cannot do it, or the program that drives it has no way to ask for it; the reasons are below.

## TLS 1.3: handfast is the client

${table('handfast → peer')}

## TLS 1.3: handfast is the server

${table('peer → handfast')}

## TLS 1.2: handfast is the client

Suites with pre-shared keys run with OpenSSL in [the tests of the engine](../packages/handfast/test/tls12).

${table('handfast → peer', 'TLS 1.2')}

## TLS 1.2: handfast is the server

${table('peer → handfast', 'TLS 1.2')}

## What the peers lack, and how that is known

${present.map(lacks).join('\n')}
`

writeFileSync(target, text)
const absent = results.filter((one) => one.absent !== undefined)
for (const { peer, absent: why } of absent)
  process.stderr.write(`interop: ${peer} is absent: ${why}\n`)
process.stderr.write(`interop: wrote ${target}\n`)

// The figures as Markdown: a table of what was aimed at, in README.md, and everything, in docs/benchmarks.md.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/workspace.mjs'
import { goodness, isRate } from './guard.mjs'

const results = join(root, 'bench', 'results')

/** What a measure is to come to, as a ratio to node:tls: of a rate at the least, of a cost at the most. */
const goals = [
  { name: 'handshakes: full', goal: 2 },
  { name: 'handshakes: resumed', goal: 2 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB', goal: 0.9 },
  { name: 'bulk: AES-128-GCM, writes of 100 bytes', goal: 1 },
  { name: 'bulk: ChaCha20-Poly1305, writes of 1 MiB', goal: 0.9 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB, two processes', goal: 1 },
  { name: 'echo of 100 bytes', goal: 1 },
  { name: 'memory of an idle pair', goal: 0.33 },
]

/** How many times as good as the best of the other stacks in JavaScript. */
const goalsOfStacks = [
  { name: 'handshakes: full', goal: 5 },
  { name: 'a full handshake, P-256, the client alone', goal: 5 },
  { name: 'a full handshake, TLS 1.1, RSA key transport, the client alone', goal: 5 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB', goal: 2 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB, the writer alone', goal: 2 },
  { name: 'bulk: AES-128-CBC of TLS 1.1, writes of 1 MiB, the writer alone', goal: 2 },
]

export const headlines = [...new Set([...goals, ...goalsOfStacks].map(({ name }) => name))]

/** One result of each major version of Node, the oldest first. */
function keptResults() {
  mkdirSync(results, { recursive: true })
  const files = readdirSync(results).filter((name) => name.endsWith('.json'))
  const all = files.map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')))
  return all.sort((one, other) => major(one) - major(other))
}

const major = ({ node }) => Number.parseInt(node, 10)

/** What was measured again takes the place of what was there. */
export function keepResult(result) {
  const old = keptResults().find((one) => major(one) === major(result))?.measures ?? []
  const known = old.map((one) => measureOf(result, one.name) ?? one)
  const fresh = result.measures.filter(({ name }) => !old.some((one) => one.name === name))
  const file = join(results, `node-${major(result)}.json`)
  const whole = { ...result, measures: [...known, ...fresh] }
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`)
}

const measureOf = ({ measures }, name) => measures.find((one) => one.name === name)

/** The other stack in JavaScript that did best, and how many times as good as it handfast is. */
function nextStack(measure) {
  const stacks = Object.entries(measure?.ratios ?? {}).filter(([by]) => by !== 'node:tls')
  const [next] = stacks
    .map(([by, ratio]) => ({ by, times: goodness(measure, ratio) }))
    .sort((one, other) => one.times - other.times)
  return next
}

function headline(all) {
  const columns = all.map(({ node }) => `Node ${node}`)
  const lines = [
    `| to node:tls | goal | ${columns.join(' | ')} |`,
    `|---|--:|${'--:|'.repeat(columns.length)}`,
  ]
  for (const { name, goal } of goals) {
    const measures = all.map((result) => measureOf(result, name))
    const known = measures.find((one) => one?.ratio !== undefined)
    if (known === undefined) continue
    const cells = measures.map((measure) => {
      if (measure?.ratio === undefined) return ''
      const met = goodness(measure) >= goodness(measure, goal)
      return `${measure.ratio.toFixed(2)}${met ? ' ✓' : ''}`
    })
    lines.push(
      `| ${name} (${known.unit}) | ${isRate(known) ? '≥' : '≤'} ${goal} | ${cells.join(' | ')} |`,
    )
  }
  lines.push(
    '',
    `| times as good as the next stack in JavaScript | goal | ${columns.join(' | ')} |`,
    `|---|--:|${'--:|'.repeat(columns.length)}`,
  )
  for (const { name, goal } of goalsOfStacks) {
    const cells = all.map((result) => {
      const next = nextStack(measureOf(result, name))
      return next && `${next.times.toFixed(1)} (${next.by})${next.times >= goal ? ' ✓' : ''}`
    })
    if (cells.some((cell) => cell !== undefined))
      lines.push(`| ${name} | ≥ ${goal} | ${cells.map((cell) => cell ?? '').join(' | ')} |`)
  }
  return lines.join('\n')
}

const environment = ({ openssl, machine }) => `OpenSSL ${openssl}, ${machine}`

function whole(result) {
  const { node, stacks = {}, missing = {}, terms, measures } = result
  const figure = (value) => (value === undefined ? '' : String(value))
  const rows = measures.map(({ name, unit, handfast, peers, ratio, limit, toLimit }) => {
    const others = Object.entries(peers).filter(([by]) => by !== 'node:tls')
    const cells = [
      `${name} (${unit})`,
      figure(handfast),
      figure(peers['node:tls']),
      ratio?.toFixed(2) ?? '',
      figure(limit),
      toLimit?.toFixed(2) ?? '',
      others.map(([by, value]) => `${by} ${value}`).join(', '),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const absent = Object.entries(missing).map(([by, why]) => `${by} (${why.split('\n')[0]})`)
  return [
    `## Node ${node}`,
    '',
    `${environment(result)}; ${terms}.`,
    ...(Object.keys(stacks).length > 0
      ? [
          `Beside it ${Object.entries(stacks)
            .map(([by, version]) => `${by} ${version}`)
            .join(', ')}.`,
        ]
      : []),
    ...(absent.length > 0 ? [`Not measured: ${absent.join(', ')}.`] : []),
    '',
    '| | handfast | node:tls | ratio | limit | to it | other stacks |',
    '|---|--:|--:|--:|--:|--:|---|',
    ...rows,
  ].join('\n')
}

const introduction = `# Benchmarks

Written by \`npm run -s bench -- --nodes 20,22,24,26\`. Medians of rounds in which all take turns; ratios are medians of the
rounds' own ratios, handfast to node:tls, and handfast to the limit.

- **1/s and MB/s are of processor time**, all threads of the process, because other work runs on the machine; only what has two processes
  is by the clock on the wall, and so is the cold start. Both ends are in one process where nothing else is said.
- **Without further words** a handshake is of TLS 1.3, X25519, ECDSA P-256, and the chain is verified; a connection is one from
  \`connect\` to \`close\`, over a loopback socket.
- **The limit** is the same socket traffic with only the crypto calls that the protocol demands, by the provider that handfast uses on Node.
  Of a handshake the verification of the chain is not in it, because both ends of a chain that was met before can remember it. For memory
  it is node:net, for a cold start a process that reads a byte in the clear.
- **Memory** is what one more connection adds to the resident set of a process that has 500, all of them idle; the young generation of
  V8 has one size throughout.
- **"The client alone" and "the writer alone"** talk to node:tls in a process of its own: so clients without a server can be measured.
  Before it is measured, each client is shown a certificate of an authority that it does not trust, and must refuse it.
- subtls is a client of TLS 1.3 with P-256 and AES-128-GCM; @reclaimprotocol/tls is a client; node-forge speaks TLS 1.1, and is measured as
  a client. @reclaimprotocol/tls and subtls cannot take a second write before the first is done, and so send a record for each.
- In the browser's rows both ends are in a page's memory, in Chromium.

Why a goal was missed says [bench/NOTES.md](../bench/NOTES.md).
`

export function writeReports() {
  const all = keptResults()
  writeFileSync(
    join(root, 'docs', 'benchmarks.md'),
    `${[introduction, ...all.map(whole)].join('\n')}\n`,
  )
  const file = join(root, 'README.md')
  const [begin, end] = ['<!-- bench -->', '<!-- /bench -->']
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`)
  const environments = new Set(all.map(environment))
  const table = [
    `${[...environments].join('; ')}; ${all[0].terms}. ✓ is a goal that was met.`,
    '',
    headline(all),
  ]
  writeFileSync(
    file,
    `${text.slice(0, from + begin.length)}\n${table.join('\n')}\n${text.slice(to)}`,
  )
}

// Every measure of whole connections against node:tls, and what came of it:
//
//   npm run -s bench -- [--json OUT] [--only TEXT] [--short] [--check] [--readme] [--from RESULT]
//
// --only takes the measures whose name has that text (texts between bars; one that ends in $ is the whole name), --short
// makes few and short rounds, --check measures only what has a limit below and fails where a ratio is beyond it, and
// --readme writes the table into README.md. --from measures nothing, and reads what --json wrote.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    short: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
    from: { type: 'string' },
  },
})

const programs = ['handshakes', 'eachEnd', 'bulk', 'echo', 'idle', 'coldStart']
const short = ['--rounds', '3', '--seconds', '0.4']
const shortIdle = ['--rounds', '1', '--pairs', '2000']

/**
 * What a measure is to come to, as a ratio to node:tls: of a rate at the least, of a cost at the most. The check fails
 * beyond `fails`, which is half as good as what a quiet machine gives.
 */
const expected = [
  { name: 'handshakes: full', goal: 2, fails: 0.35 },
  { name: 'handshakes: resumed', goal: 2, fails: 0.3 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB', goal: 0.9, fails: 0.25 },
  { name: 'bulk: AES-128-GCM, writes of 100 bytes', goal: 1 },
  { name: 'bulk: ChaCha20-Poly1305, writes of 1 MiB', goal: 0.9 },
  { name: 'bulk: AES-128-GCM, writes of 1 MiB, two processes', goal: 1 },
  { name: 'echo of 100 bytes', goal: 1, fails: 4.5 },
  { name: 'memory of an idle pair', goal: 0.33, fails: 3 },
]

const checked = expected.filter(({ fails }) => fails !== undefined)
const only = values.check ? checked.map(({ name }) => `${name}$`).join('|') : values.only

const isRate = ({ unit }) => unit === '1/s' || unit === 'MB/s'

function measureAll() {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-bench-all-'))
  let result
  try {
    for (const program of programs) {
      const json = join(folder, `${program}.json`)
      const options = ['--json', json, '--only', only]
      if (values.short) options.push(...(program === 'idle' ? shortIdle : short))
      const command = [join(import.meta.dirname, 'run.mjs'), program, ...options]
      execFileSync(process.execPath, command, { stdio: 'inherit' })
      const made = JSON.parse(readFileSync(json, 'utf8'))
      if (result === undefined) result = made
      else result.measures.push(...made.measures)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return result
}

function regressions({ measures }) {
  const found = []
  for (const { name, fails } of checked) {
    const measure = measures.find((one) => one.name === name)
    if (measure?.ratio === undefined) continue
    const bad = isRate(measure) ? measure.ratio < fails : measure.ratio > fails
    if (bad) found.push(`${name}: ${measure.ratio} times node:tls, where ${fails} is the limit`)
  }
  return found
}

function table({ node, openssl, machine, measures }) {
  const rows = measures
    .filter(({ ratio }) => ratio !== undefined)
    .map((measure) => {
      const { name, unit, handfast, peers, ratio } = measure
      const goal = expected.find((one) => one.name === name)?.goal
      const met = goal !== undefined && (isRate(measure) ? ratio >= goal : ratio <= goal)
      const wanted =
        goal === undefined ? '' : `${isRate(measure) ? '≥' : '≤'} ${goal}${met ? '' : ', missed'}`
      return `| ${name} (${unit}) | ${handfast} | ${peers['node:tls']} | ${ratio.toFixed(2)} | ${wanted} |`
    })
  return [
    `Node ${node}, OpenSSL ${openssl}, ${machine}, shared with other work: medians, and ratios of the same rounds.`,
    '',
    '| | handfast | node:tls | ratio | goal |',
    '|---|--:|--:|--:|---|',
    ...rows,
  ].join('\n')
}

function writeReadme(result) {
  const file = join(import.meta.dirname, '..', 'README.md')
  const begin = '<!-- bench -->'
  const end = '<!-- /bench -->'
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`)
  const whole = `${text.slice(0, from + begin.length)}\n${table(result)}\n${text.slice(to)}`
  writeFileSync(file, whole)
}

const result =
  values.from === undefined ? measureAll() : JSON.parse(readFileSync(values.from, 'utf8'))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
if (values.readme) writeReadme(result)
if (values.check)
  for (const regression of regressions(result)) {
    process.stderr.write(`✗ ${regression}\n`)
    process.exitCode = 1
  }

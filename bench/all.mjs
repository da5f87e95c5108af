// Every measure of whole connections, against node:tls and the other TLS stacks in JavaScript, and what came of it:
//
//   npm run -s bench -- [--json OUT] [--only TEXT] [--short]
//   npm run -s bench -- --nodes 20,22,24,26 [--only TEXT] [--short]   on each of them, into docs/benchmarks.md and README.md
//   npm run -s bench -- --docs                                           writes those two from bench/results again
//   npm run -s bench -- --check [--baseline]
//
// --rounds N has another number of rounds than the programs' own. --only takes the measures whose name has that text (texts between bars; one that ends in $ is the whole name), --headline
// those with a goal, --short makes few and short rounds. What is measured anew replaces what is in bench/results, the rest
// stays. --check is the guard: it measures a few ratios to node:tls and fails where one is much worse
// than in bench/baseline.json, three times over; --baseline writes that file, for the Node that runs it.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodePath } from '../scripts/nodes.mjs'
import { baselineFor, guarded, regressions } from './support/guard.mjs'
import { installStacks } from './support/installStacks.mjs'
import { headlines, keepResult, writeReports } from './support/report.mjs'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    headline: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    nodes: { type: 'string' },
    docs: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    baseline: { type: 'boolean', default: false },
  },
})

/** A filter of names, as the programs take it. */
const exactly = (names) => names.map((name) => `${name}$`).join('|')
const only = values.headline ? exactly(headlines) : values.only

/** By how their measures' names begin. */
const programs = {
  handshakes: /^handshakes:/,
  eachEnd: /^a (full|resumed) handshake/,
  bulk: /^bulk:/,
  echo: /^echo/,
  idle: /^memory/,
  coldStart: /^cold start/,
}
const programsOf = (names) =>
  Object.keys(programs).filter((program) => names.some((name) => programs[program].test(name)))
/** Rounds and their lengths, where they are not each program's own. */
const handshakes = ['--rounds', '3', '--seconds', '0.3', '--warmup', '1000']
const data = ['--rounds', '3', '--seconds', '0.2', '--warmup', '400']
const short = {
  handshakes,
  eachEnd: handshakes,
  bulk: data,
  echo: data,
  idle: ['--rounds', '1', '--pairs', '2000'],
  coldStart: ['--rounds', '5'],
  browser: ['--seconds', '0.3'],
}

/** @param options by program, for those that do not run by their own */
function run(names, only, options, env) {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-bench-all-'))
  let result
  try {
    for (const program of names) {
      const json = join(folder, `${program}.json`)
      const args = [program, '--json', json, '--only', only, ...(options[program] ?? [])]
      if (values.rounds !== undefined && program !== 'browser') args.push('--rounds', values.rounds)
      const { status } = spawnSync(
        process.execPath,
        [join(import.meta.dirname, 'run.mjs'), ...args],
        { stdio: 'inherit', env: { ...process.env, ...env } },
      )
      if (status !== 0) {
        // The others' figures are worth having all the same.
        process.exitCode = 1
        continue
      }
      const made = JSON.parse(readFileSync(json, 'utf8'))
      if (result === undefined) result = made
      else result.measures.push(...made.measures)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return result
}

const hasBrowser = () => spawnSync('chromium', ['--version']).status === 0

function measureAll() {
  const { folders, versions, missing } = installStacks()
  for (const [name, why] of Object.entries(missing))
    process.stdout.write(`${name} is not measured: ${why}\n`)
  const options = values.short ? short : {}
  const env = { HANDFAST_BENCH_STACKS: JSON.stringify(folders) }
  const names = values.headline ? programsOf(headlines) : Object.keys(programs)
  const result = run(names, only, options, env)
  // None of the headlines is a browser's.
  if (values.headline) return finished(result, versions, missing)
  if (hasBrowser()) result.measures.push(...(run(['browser'], only, options, env)?.measures ?? []))
  else missing.chromium = 'no browser is installed'
  return finished(result, versions, missing)
}

function finished({ measures, ...machine }, stacks, missing) {
  const terms = values.short ? 'short rounds, shared with other work' : 'shared with other work'
  return { ...machine, terms, stacks, missing, measures }
}

/** The guard's own few measures, by handfast and node:tls alone. */
function measureGuarded(names) {
  const by = ['--by', 'handfast,node:tls']
  const rounds = ['--rounds', '5', '--seconds', '0.3', ...by]
  const idle = ['--rounds', '1', '--pairs', '2000', ...by]
  const options = { handshakes: rounds, bulk: rounds, echo: rounds, idle }
  return run(programsOf(names), exactly(names), options, { HANDFAST_BENCH_STACKS: '{}' })
}

const baselineFile = join(import.meta.dirname, 'baseline.json')
const baseline = () => JSON.parse(readFileSync(baselineFile, 'utf8'))

/** What disturbs a run does not disturb three; what is slower is so in all. */
function check() {
  let names = guarded
  let found = []
  for (let attempt = 0; attempt < 3 && names.length > 0; attempt++) {
    const { node, measures } = measureGuarded(names)
    found = regressions(measures, baselineFor(baseline(), node))
    names = found.map(({ name }) => name)
  }
  for (const { text } of found) process.stderr.write(`✗ ${text}\n`)
  if (found.length > 0) process.exitCode = 1
}

function writeBaseline() {
  const ratios = {}
  const all = [1, 2, 3].map(() => measureGuarded(guarded))
  for (const name of guarded) {
    const each = all.map(({ measures }) => measures.find((one) => one.name === name).ratio)
    ratios[name] = each.sort((one, other) => one - other)[1]
  }
  const whole = { ...baseline(), [Number.parseInt(process.versions.node, 10)]: ratios }
  writeFileSync(baselineFile, `${JSON.stringify(whole, null, 2)}\n`)
}

function onEachNode(majors) {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-bench-nodes-'))
  try {
    for (const major of majors) {
      const json = join(folder, `${major}.json`)
      const args = ['--json', json, '--only', values.only]
      for (const flag of ['headline', 'short']) if (values[flag]) args.push(`--${flag}`)
      if (values.rounds !== undefined) args.push('--rounds', values.rounds)
      process.stdout.write(`\nNode ${major}\n\n`)
      const { status } = spawnSync(nodePath(major), [import.meta.filename, ...args], {
        stdio: 'inherit',
      })
      if (status !== 0) process.exitCode = 1
      if (!existsSync(json)) continue
      keepResult(JSON.parse(readFileSync(json, 'utf8')))
      writeReports()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (values.baseline) writeBaseline()
else if (values.check) check()
else if (values.nodes !== undefined) onEachNode(values.nodes.split(','))
else if (values.docs) writeReports()
else {
  const result = measureAll()
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

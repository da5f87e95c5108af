/**
 * Runs BoringSSL's protocol test suite (BoGo) against this library:
 * `npm run -s conformance:bogo -- --runner PATH [--json OUT] [--test PATTERNS] [--workers N] [--warm] [--record]`.
 *
 * The runner is a binary that `go test -c` makes of the folder `ssl/test/runner` of BoringSSL. The exit code is 0 when no
 * test failed and every test that did not run has its reason in `config.json`.
 */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { tellFigures } from '../assurance/results.ts'
import { buildShim } from './build-shim.ts'
import { type BogoReport, makeReport, markdown, type RunnerResults, table } from './report.ts'
import { missingLog, unimplementedCode } from './shim/settings.ts'

const usage =
  'usage: npm run -s conformance:bogo -- --runner PATH [--json OUT] [--test PATTERN;…] [--workers N] [--warm] [--record]\n'

const here = new URL('.', import.meta.url).pathname
/** Of each Node its own, so that two of them can run at once. */
const cache = join(here, '../.cache/bogo', process.version)
const configFile = join(here, 'config.json')

interface RunnerConfig {
  readonly DisabledTests: Readonly<Record<string, string>>
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runner: { type: 'string' },
      json: { type: 'string' },
      test: { type: 'string', default: '' },
      workers: { type: 'string', default: String(availableParallelism()) },
      record: { type: 'boolean', default: false },
      warm: { type: 'boolean', default: false },
    },
  })
  if (values.runner === undefined) {
    process.stderr.write(usage)
    return 2
  }
  mkdirSync(cache, { recursive: true })
  const runner = resolve(values.runner)
  const suite = await listTests(runner, '')
  const names = values.test === '' ? suite : await listTests(runner, values.test)
  const missingFile = join(cache, 'unimplemented.txt')
  writeFileSync(missingFile, '')
  const environment = { [missingLog]: missingFile }
  const shim = await buildShim(cache, values.warm ? availableParallelism() : 0, environment)
  const results = await run(runner, {
    shim: shim.program,
    tests: values.test,
    flags: ['-shim-config', configFile, '-num-workers', values.workers],
    environment,
    onProgress: progress(names.length),
  }).finally(shim.stop)
  const { DisabledTests } = JSON.parse(readFileSync(configFile, 'utf8')) as RunnerConfig
  const report = makeReport({
    suite,
    names,
    results,
    disabledTests: DisabledTests,
    missing: readFileSync(missingFile, 'utf8').split('\n').filter(Boolean),
  })
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (values.record && values.test === '') record(report)
  for (const [name, error] of Object.entries(report.failures))
    process.stdout.write(`FAILED ${name}\n${error}\n`)
  for (const pattern of report.stalePatterns)
    process.stdout.write(`config.json disables ${pattern}, which fits no test\n`)
  const { passed, failed, unimplemented, disabled } = report.total
  process.stdout.write(
    `${table(report)}\n\n${passed} passed, ${failed} failed, ${unimplemented} unimplemented, ${disabled} disabled\n`,
  )
  return failed === 0 && report.stalePatterns.length === 0 ? 0 : 1
}

/** Keeps the results of a run of the whole suite, for each major version of Node. */
function record(report: BogoReport): void {
  const node = `node-${process.version.slice(1).split('.')[0]}`
  const run = `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`
  mkdirSync(join(here, 'results'), { recursive: true })
  writeFileSync(join(here, 'results', `${node}.md`), markdown(report, run))
  tellFigures(`bogo-${node}`, { ...report.total })
}

/** The names of the tests, from a run in which nothing is implemented. */
async function listTests(runner: string, tests: string): Promise<string[]> {
  const program = join(cache, 'nothing')
  writeFileSync(
    program,
    `#!/bin/sh\n[ "$1" = -is-handshaker-supported ] && echo No && exit 0\nexit ${unimplementedCode}\n`,
  )
  chmodSync(program, 0o755)
  const { tests: listed } = await run(runner, { shim: program, tests, flags: [], environment: {} })
  return Object.keys(listed)
}

interface Run {
  readonly shim: string
  /** Patterns, separated by semicolons; empty for all. */
  readonly tests: string
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Called with the number of tests that are done. */
  readonly onProgress?: (done: number) => void
}

async function run(runner: string, options: Run): Promise<RunnerResults> {
  const output = join(cache, 'results.json')
  rmSync(output, { force: true })
  const args = ['-shim-path', options.shim, '-allow-unimplemented', '-pipe', '-json-output', output]
  // A machine that is busy with other things is no failure.
  args.push('-idle-timeout', '60s')
  if (options.tests !== '') args.push('-test', options.tests)
  const child = spawn(runner, [...args, ...options.flags], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let done = 0
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000)
    done += text.match(/^(PASSED|FAILED|UNIMPLEMENTED) \(/gm)?.length ?? 0
    options.onProgress?.(done)
  })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve())
  })
  try {
    return JSON.parse(readFileSync(output, 'utf8')) as RunnerResults
  } catch {
    throw new Error(`the runner ${runner} left no results; it said:\n${said}`)
  }
}

/** A line on stderr that counts, where there is a terminal to overwrite it on; else one now and then. */
function progress(of: number): (done: number) => void {
  let told = 0
  const step = process.stderr.isTTY ? 20 : 500
  return (done) => {
    if (done - told < step) return
    told = done
    process.stderr.write(
      process.stderr.isTTY ? `\r${done} of ${of}` : `${done} done, of ${of} less the disabled\n`,
    )
  }
}

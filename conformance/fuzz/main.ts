/**
 * `npm run conformance:fuzz -- [--seconds N] [TARGET …]`: coverage-guided fuzzing with Jazzer.js. The corpus is kept, so
 * that each run begins where the last one ended. An input that fails is kept in findings/TARGET and becomes a test.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tellFigures } from '../assurance/results.ts'
import { buildTargets, targetNames } from './build.ts'

const here = import.meta.dirname
const cache = join(here, '..', '.cache')
mkdirSync(cache, { recursive: true })
// Modules are found again under the path without links.
const folder = join(realpathSync(cache), 'fuzz')
const jazzer = join(here, '..', '..', 'node_modules', '@jazzer.js', 'core', 'dist', 'cli.js')

/** Why Jazzer.js, which is built for glibc 2.38, cannot run here; undefined where it can. */
export function withoutJazzer(): string | undefined {
  if (hasGlibc() || existsSync(loader)) return undefined
  return 'Jazzer.js needs glibc 2.38, and this system has an older one (conformance/interop/install.sh brings it)'
}

const libraries = join(cache, 'newer', 'unstable', 'usr', 'lib', 'x86_64-linux-gnu')
const loader = join(libraries, 'ld-linux-x86-64.so.2')

/** True where the system's glibc will do, or the system has another C library. */
function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '3.0').split('.').map(Number)
  return major > 2 || minor >= 38
}

interface Outcome {
  /** What went wrong, if anything did. */
  readonly failure: string | undefined
  readonly runs: number
  readonly coverage: number
  readonly log: string
}

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string', default: '60' } },
    allowPositionals: true,
  })
  const seconds = Number(values.seconds)
  const unknown = positionals.filter((name) => !targetNames.includes(name))
  if (unknown.length > 0 || !(seconds >= 1)) {
    console.error(`Targets: ${targetNames.join(', ')}. --seconds is at least 1.`)
    return 2
  }
  const reason = withoutJazzer()
  if (reason !== undefined) {
    console.error(reason)
    return 2
  }
  const chosen = positionals.length > 0 ? positionals : targetNames
  await buildTargets(folder)
  let failed = 0
  const figures: Record<string, string> = {}
  for (const name of chosen) {
    const { failure, runs, coverage, log } = await fuzz(name, seconds)
    figures[name] = `${runs} inputs in ${seconds} s, ${coverage} edges reached`
    if (failure !== undefined) {
      failed++
      console.error(log)
    }
    console.log(failure === undefined ? `✓ ${name}: ${figures[name]}` : `✗ ${name}: ${failure}`)
  }
  tellFigures(seconds < 60 ? 'fuzz' : 'fuzz-long', figures)
  console.log(`${chosen.length - failed} targets without a finding, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

async function fuzz(name: string, seconds: number): Promise<Outcome> {
  const corpus = join(folder, 'corpus', name)
  const findings = join(here, 'findings', name)
  for (const each of [corpus, findings]) mkdirSync(each, { recursive: true })
  const seeds = join(folder, 'seeds', name)
  // Where the system's C library is too old, Node runs on the one that the peers' install.sh brought.
  const command = [...(hasGlibc() ? [] : [loader, '--library-path', libraries]), process.execPath]
  const child = spawn(
    command[0]!,
    [
      ...command.slice(1),
      jazzer,
      join(folder, `${name}.cjs`),
      corpus,
      ...(existsSync(seeds) ? [seeds] : []),
      '--sync',
      // The names of modules to be instrumented: ours, which lie in this folder, and no others.
      '--includes',
      folder,
      '--excludes',
      'noble.cjs',
      '--disableBugDetectors=.*',
      '--',
      `-max_total_time=${seconds}`,
      '-timeout=10',
      '-rss_limit_mb=3000',
      '-max_len=8192',
      '-len_control=20',
      `-artifact_prefix=${findings}/`,
      '-print_final_stats=1',
    ],
    { env: { ...process.env, FUZZ_FOLDER: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  const keep = (chunk: Buffer) => {
    log = (log + chunk).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number>((resolve) =>
    child.once('close', (status) => resolve(status ?? 1)),
  )
  writeFileSync(join(folder, `${name}.log`), log)
  if (readdirSync(findings).length === 0) rmdirSync(findings)
  const runs = Number(log.match(/number_of_executed_units:\s*(\d+)/)?.[1] ?? 0)
  const coverage = Number([...log.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? 0)
  let failure: string | undefined
  if (code !== 0) failure = `a finding, or no start (exit code ${code})`
  else if (coverage === 0) failure = 'ran no code of ours that was instrumented'
  return { failure, runs, coverage, log }
}

/** What the benchmarks of whole connections share: variants in turns, medians, ratios, and how they are told. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** One line of the result. */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly handfast: number
  readonly peers: Readonly<Record<string, number>>
  /** handfast to node:tls, in the same rounds. */
  readonly ratio?: number
  /** handfast to each peer, in the same rounds. */
  readonly ratios: Readonly<Record<string, number>>
  /** What the same sockets do with only the crypto calls that the protocol demands. */
  readonly limit?: number
  /** handfast to the limit, in the same rounds. */
  readonly toLimit?: number
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

export type Clock = 'wall' | 'cpu'

/**
 * Milliseconds since some moment: of the day, or of this process's work, all its threads. On a machine that others use the
 * second is the steadier one, and it is fair to both where both ends are in the process.
 */
export function milliseconds(clock: Clock): number {
  if (clock === 'wall') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Goes on until the time is up; the clock is a system call, and read after some runs only. @returns runs per second */
export async function rate(
  run: () => Promise<void>,
  lanes: number,
  seconds: number,
  clock: Clock,
): Promise<number> {
  const start = milliseconds(clock)
  let done = 0
  let elapsed = 0
  const lane = async () => {
    while (elapsed < seconds * 1000) {
      await run()
      if (++done % 32 === 0) elapsed = milliseconds(clock) - start
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (done * 1000) / (milliseconds(clock) - start)
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100
}

/** A connection that hangs would hang the benchmark: who it is, is worth knowing. Milliseconds. */
const patience = 120_000

async function inTime(run: () => Promise<number>, name: string, by: string): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: ${by} does not come to an end`)), patience)
  })
  try {
    return await Promise.race([run(), stalled])
  } finally {
    clearTimeout(timer)
  }
}

/** Whose code was measured before by this process, and is compiled for the most part. */
const warm = new Set<string>()

/**
 * Runs the variants in turns (A B A B …). The ratio is the median of the rounds' ratios and not the ratio of the medians:
 * what disturbs the machine for some seconds disturbs both of a round.
 *
 * No collection is forced between them: it would find no connection alive, and with the last object of a shape V8 gives up
 * the code that was compiled for it (bench/NOTES.md). A program that works is never collected so.
 *
 * @param variants `handfast` first, then its peers; `limit` is one. Each answers its figure: the more the better, or the
 * less, as the unit says
 * @param warmup milliseconds of processor time for the compiler, before the rounds of whoever is measured for the first time;
 * a quarter of it later; at least one run
 */
export async function inTurns(
  name: string,
  unit: string,
  rounds: number,
  variants: Readonly<Record<string, () => Promise<number>>>,
  warmup: number,
): Promise<Measure> {
  const figures: Record<string, number[]> = {}
  for (const [by, run] of Object.entries(variants)) {
    const start = milliseconds('cpu')
    const enough = warm.has(by) ? warmup / 4 : warmup
    do await inTime(run, name, by)
    while (milliseconds('cpu') - start < enough)
    warm.add(by)
    figures[by] = []
  }
  for (let round = 0; round < rounds; round++)
    for (const [by, run] of Object.entries(variants)) figures[by]!.push(await inTime(run, name, by))
  return measureOf(name, unit, figures)
}

/** @param figures of each round, by who made them */
export function measureOf(
  name: string,
  unit: string,
  figures: Readonly<Record<string, readonly number[]>>,
): Measure {
  const { handfast = [], limit, ...peers } = figures
  const to = (others: readonly number[] | undefined) =>
    others && rounded(median(handfast.map((one, i) => one / others[i]!)))
  const ratios =
    handfast.length > 0
      ? Object.fromEntries(Object.entries(peers).map(([by, all]) => [by, to(all)!]))
      : {}
  const ratio = ratios['node:tls']
  const toLimit = handfast.length > 0 ? to(limit) : undefined
  const measure: Measure = {
    name,
    unit,
    handfast: handfast.length > 0 ? rounded(median(handfast)) : 0,
    peers: Object.fromEntries(Object.entries(peers).map(([by, all]) => [by, rounded(median(all))])),
    ...(ratio !== undefined && { ratio }),
    ratios,
    ...(limit && { limit: rounded(median(limit)) }),
    ...(toLimit !== undefined && { toLimit }),
  }
  tell(measure)
  return measure
}

export function tell({ name, unit, handfast, peers, ratio, limit, toLimit }: Measure): void {
  const others = Object.entries(peers).map(([by, figure]) => `${by} ${figure}`)
  if (limit !== undefined) others.push(`limit ${limit}`)
  const all = [`handfast ${handfast}`, ...others].join(', ')
  const end = [
    ratio === undefined ? '' : `  ratio ${ratio.toFixed(2)}`,
    toLimit === undefined ? '' : `  of the limit ${toLimit.toFixed(2)}`,
  ]
  process.stdout.write(`${name.padEnd(48)} ${all} ${unit}${end.join('')}\n`)
}

/** @param file where to, if anywhere */
export function writeJson(file: string | undefined, measures: readonly Measure[]): void {
  if (file === undefined) return
  const { node, openssl } = process.versions
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`
  writeFileSync(file, `${JSON.stringify({ node, openssl, machine, measures }, null, 2)}\n`)
}

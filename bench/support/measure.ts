/** What the benchmarks of whole connections share: variants in turns, medians, ratios, and how they are told. */
import { writeFileSync } from 'node:fs'

/** One line of the result. `ratio` is handfast to the first peer, in the same rounds. */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly handfast: number
  readonly peers: Readonly<Record<string, number>>
  readonly ratio?: number
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

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100
}

/**
 * Runs the variants in turns (A B A B …). The ratio is the median of the rounds' ratios and not the ratio of the medians:
 * what disturbs the machine for some seconds disturbs both of a round.
 * @param variants `handfast` first, then its peers. Each answers its figure: the more the better, or the less, as the unit says
 */
export async function inTurns(
  name: string,
  unit: string,
  rounds: number,
  variants: Readonly<Record<string, () => Promise<number>>>,
): Promise<Measure> {
  const figures = new Map<string, number[]>()
  for (const [by, run] of Object.entries(variants)) {
    // Once for the compiler.
    await run()
    figures.set(by, [])
  }
  for (let round = 0; round < rounds; round++)
    for (const [by, run] of Object.entries(variants)) {
      globalThis.gc?.()
      figures.get(by)!.push(await run())
    }
  const [ours, ...peers] = [...figures]
  const first = peers[0]?.[1]
  const measure: Measure = {
    name,
    unit,
    handfast: rounded(median(ours![1])),
    peers: Object.fromEntries(peers.map(([by, all]) => [by, rounded(median(all))])),
    ...(first && { ratio: rounded(median(ours![1].map((one, i) => one / first[i]!))) }),
  }
  tell(measure)
  return measure
}

export function tell({ name, unit, handfast, peers, ratio }: Measure): void {
  const others = Object.entries(peers).map(([by, figure]) => `${by} ${figure}`)
  const all = [`handfast ${handfast}`, ...others].join(', ')
  const end = ratio === undefined ? '' : `  ratio ${ratio.toFixed(2)}`
  process.stdout.write(`${name.padEnd(44)} ${all} ${unit}${end}\n`)
}

/** @param file where to, if anywhere */
export function writeJson(file: string | undefined, measures: readonly Measure[]): void {
  if (file === undefined) return
  const { node, openssl } = process.versions
  writeFileSync(file, `${JSON.stringify({ node, openssl, measures }, null, 2)}\n`)
}

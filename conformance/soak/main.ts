/**
 * `npm run conformance:soak -- [--minutes N]`: a server of `handfast/node` and clients that come, do well or badly, and go,
 * again and again. Its memory after garbage collection is sampled, and must not grow with the connections.
 */
import { parseArgs } from 'node:util'
import { tellFigures } from '../assurance/results.ts'
import { Programs } from '../load/programs.ts'

/** One round of clients. */
const round = { good: 60, stopping: 10, silent: 5, halfClosing: 5, resetting: 10, filling: 2 }
const clients = Object.values(round).reduce((sum, count) => sum + count, 0)

/**
 * MiB that the line through the samples may rise from its first to its last, of what the program holds and of what the
 * system gave it: what collection leaves now and then, and what the system takes back late.
 */
const noise = { held: 4, resident: 48 }

export interface Sample {
  readonly connections: number
  /** In bytes: heap and buffers after collection, and the memory of the process. */
  readonly held: number
  readonly resident: number
}

/** @returns bytes for each connection, by the least squares of the samples */
export function slopeOf(samples: readonly Sample[], what: 'held' | 'resident'): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const x = mean(({ connections }) => connections)
  const y = mean((sample) => sample[what])
  let above = 0
  let below = 0
  for (const sample of samples) {
    above += (sample.connections - x) * (sample[what] - y)
    below += (sample.connections - x) ** 2
  }
  return below === 0 ? 0 : above / below
}

/** @returns MiB that the line rises over the samples, and that may be no more than noise */
const riseOf = (samples: readonly Sample[], what: 'held' | 'resident') =>
  (slopeOf(samples, what) * (samples.at(-1)!.connections - samples[0]!.connections)) / 2 ** 20

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
const inWords = ({ connections, held, resident }: Sample) =>
  `${connections} connections, ${mib(held)} MiB held, ${mib(resident)} MiB resident`

export async function soak(
  minutes: number,
  say: (line: string) => void,
): Promise<{ readonly samples: readonly Sample[]; readonly unhandled: readonly string[] }> {
  const programs = new Programs()
  try {
    await programs.build('server', 'crowd')
    const server = programs.start('server', ['5000'])
    const port = await server.ask<number>('port')
    const crowd = programs.start('crowd')
    const samples: Sample[] = []
    const started = Date.now()
    const end = started + minutes * 60_000
    let rounds = 0
    let told = started
    let unhandled: readonly string[] = []
    // At the least so many that a line can be drawn.
    while (Date.now() < end || samples.length < 8) {
      await crowd.ask('come', { port, crowd: round })
      await crowd.ask('leave')
      await server.ask('read')
      rounds++
      const look = await server.ask<{
        heap: number
        buffers: number
        resident: number
        unhandled: string[]
      }>('look')
      unhandled = look.unhandled
      const { resident } = look
      const sample = { connections: rounds * clients, held: look.heap + look.buffers, resident }
      samples.push(sample)
      if (Date.now() - told > 15_000) {
        told = Date.now()
        say(`${Math.round((told - started) / 1000)} s: ${inWords(sample)}`)
      }
    }
    // The first third is warming up: code is compiled, and caches fill.
    return { samples: samples.slice(Math.floor(samples.length / 3)), unhandled }
  } finally {
    programs.close()
  }
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '60' } },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) {
    console.error('--minutes is a number above 0')
    return 2
  }
  const { samples, unhandled } = await soak(minutes, (line) => console.log(line))
  const [first, last] = [samples[0]!, samples.at(-1)!]
  const rise = { held: riseOf(samples, 'held'), resident: riseOf(samples, 'resident') }
  const long = minutes >= 10
  // In a short run the system still gives memory for what is warming up.
  const bad =
    rise.held > noise.held || (long && rise.resident > noise.resident) || unhandled.length > 0
  tellFigures(
    'soak',
    {
      minutes,
      connections: last.connections,
      'MiB held after a third of them, and at the end': `${mib(first.held)}, ${mib(last.held)}`,
      'MiB of the process': `${mib(first.resident)}, ${mib(last.resident)}`,
      'bytes left of each connection': Math.round(slopeOf(samples, 'held')),
      'unhandled errors': unhandled.length,
    },
    { long },
  )
  console.log(`from ${inWords(first)}`)
  console.log(`to   ${inWords(last)}`)
  console.log(
    `${bad ? '✗' : '✓'} in ${minutes} minutes what is held rises by ${rise.held.toFixed(1)} MiB (${noise.held} are noise), the process by ${rise.resident.toFixed(1)} MiB (${noise.resident})`,
  )
  for (const error of unhandled) console.error(error)
  return bad ? 1 : 0
}

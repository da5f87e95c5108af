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

/** Bytes that a connection may leave behind: one that is forgotten is some thousands. */
const allowed = 200
/** What collection leaves now and then, in bytes: so much more or less is no growth. */
const noise = 4 * 2 ** 20

interface Sample {
  readonly connections: number
  readonly bytes: number
}

/** @returns bytes for each connection, by the least squares of the samples */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const x = mean(({ connections }) => connections)
  const y = mean(({ bytes }) => bytes)
  let above = 0
  let below = 0
  for (const { connections, bytes } of samples) {
    above += (connections - x) * (bytes - y)
    below += (connections - x) ** 2
  }
  return below === 0 ? 0 : above / below
}

export async function soak(
  minutes: number,
  say: (line: string) => void,
): Promise<{
  readonly slope: number
  readonly connections: number
  readonly unhandled: readonly string[]
}> {
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
      const look = await server.ask<{ heap: number; buffers: number; unhandled: string[] }>('look')
      unhandled = look.unhandled
      samples.push({ connections: rounds * clients, bytes: look.heap + look.buffers })
      if (Date.now() - told > 15_000) {
        told = Date.now()
        const mib = ((look.heap + look.buffers) / 2 ** 20).toFixed(1)
        say(`${Math.round((told - started) / 1000)} s: ${rounds * clients} connections, ${mib} MiB`)
      }
    }
    // The first third is warming up: code is compiled, and caches fill.
    const judged = samples.slice(Math.floor(samples.length / 3))
    return { slope: slopeOf(judged), connections: rounds * clients, unhandled }
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
  const { slope, connections, unhandled } = await soak(minutes, (line) => console.log(line))
  const grows = slope > allowed && slope * connections > noise
  const bad = grows || unhandled.length > 0
  tellFigures('soak', {
    minutes,
    connections,
    'bytes left of each connection': Math.round(slope),
    'unhandled errors': unhandled.length,
  })
  console.log(
    `${bad ? '✗' : '✓'} ${connections} connections in ${minutes} minutes leave ${slope.toFixed(0)} bytes each (${allowed} are allowed)`,
  )
  for (const error of unhandled) console.error(error)
  return bad ? 1 : 0
}

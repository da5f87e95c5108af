/**
 * Echo latency: microseconds from writing 100 bytes to reading them again, one at a time, both ends in this process.
 *
 *   node bench/run.mjs echo [--json OUT] [--rounds N] [--seconds S] [--clock cpu|wall]
 */
import type * as nodeTls from 'node:tls'
import { inTurns, rate, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import { connected, connectOptions, implementations, listen } from './support/pair.ts'

const {
  json,
  by: wanted,
  wants,
  rounds,
  seconds,
  clock,
} = benchOptions({ rounds: 5, seconds: 0.5 })
const name = 'echo of 100 bytes'
const closing: (() => void)[] = []

async function echo(tls: typeof nodeTls): Promise<() => Promise<number>> {
  const { server, target } = await listen(tls, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => socket.write(data))
  })
  const socket = await connected(tls, connectOptions(tls, target))
  socket.setNoDelay(true)
  closing.push(() => {
    socket.destroy()
    server.close()
  })
  const message = Buffer.alloc(100, 0x61)
  let resolve: () => void
  socket.on('data', () => resolve())
  const run = () =>
    new Promise<void>((done) => {
      resolve = done
      socket.write(message)
    })
  return async () => 1e6 / (await rate(run, 1, seconds, clock))
}

const runs: Record<string, () => Promise<number>> = {}
if (wants(name))
  for (const [by, tls] of Object.entries(implementations))
    if (wanted === undefined || wanted === by) runs[by] = await echo(tls)
const measures = wants(name) ? [await inTurns(name, 'µs', rounds, runs)] : []
for (const close of closing) close()
writeJson(json, measures)

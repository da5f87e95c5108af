/**
 * Echo latency: microseconds from writing 100 bytes to reading them again, one at a time, both ends in this process.
 *
 *   node bench/run.mjs echo [--json OUT] [--rounds N] [--seconds S] [--clock cpu|wall]
 */
import { inTurns, rate, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import { connected, connectOptions, listen } from './support/pair.ts'
import { able, implementation } from './support/stacks.ts'

const { json, takes, wants, rounds, seconds, warmup, clock } = benchOptions({
  rounds: 5,
  seconds: 0.5,
  warmup: 1000,
})
const name = 'echo of 100 bytes'
const closing: (() => void)[] = []

async function echo(by: string): Promise<() => Promise<number>> {
  const tls = await implementation(by)
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
  for (const by of [...able('both', {}), 'limit']) if (takes(by)) runs[by] = await echo(by)
const measures = wants(name) ? [await inTurns(name, 'µs', rounds, runs, warmup)] : []
for (const close of closing) close()
writeJson(json, measures)

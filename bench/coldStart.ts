/**
 * Cold start: milliseconds from starting a process to the first byte that its client reads, from a server of node:tls here.
 *
 *   node bench/run.mjs coldStart [--json OUT] [--rounds N]
 *
 * handfast is one bundled file, which has to be read and compiled; node:tls is a part of Node.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import * as nodeTls from 'node:tls'
import { inTurns, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import type { Target } from './support/pair.ts'
import { ownRole } from './support/processes.ts'

interface Role {
  readonly by: string
  readonly target: Target
}

const name = 'cold start, to the first byte'

/** Only what this client needs is loaded: pair.ts would make certificates. */
async function client({ by, target }: Role): Promise<void> {
  const tls =
    by === 'handfast'
      ? ((await import('handfast/node')) as unknown as typeof nodeTls)
      : await import('node:tls')
  const { port, ca } = target
  const socket = tls.connect({ host: '127.0.0.1', port, servername: 'server.test', ca })
  await once(socket, 'data')
  process.exit()
}

async function measureAll(): Promise<void> {
  const { json, wants, rounds } = benchOptions({ rounds: 7, seconds: 0 })
  if (!wants(name)) {
    writeJson(json, [])
    return
  }
  const { listen } = await import('./support/pair.ts')
  const { server, target } = await listen(nodeTls, (socket) => {
    socket.on('error', () => {})
    socket.write('x')
  })
  const start = (by: string) => async () => {
    const began = performance.now()
    const child = fork(process.argv[1]!, ['--role', JSON.stringify({ by, target })])
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`a client ended with ${code}`)
    return performance.now() - began
  }
  const runs = { handfast: start('handfast'), 'node:tls': start('node:tls') }
  const measure = await inTurns(name, 'ms', rounds, runs, 0)
  server.close()
  writeJson(json, [measure])
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : client(role))

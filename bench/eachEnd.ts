/**
 * Microseconds of processor time that one end takes for a full handshake of TLS 1.3 (X25519, ECDSA P-256, the chain
 * verified): the other end is node:tls, in a process of its own.
 *
 *   node bench/run.mjs eachEnd [--json OUT] [--only TEXT] [--rounds N] [--seconds S]
 */
import { once } from 'node:events'
import * as nodeTls from 'node:tls'
import { inTurns, type Measure, milliseconds, rate, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import { connectOptions, handshake, implementations, listen, type Target } from './support/pair.ts'
import { type Helper, ownRole, startHelper } from './support/processes.ts'

type Role = { readonly serve: true } | { readonly load: Target; readonly seconds: number }

const atATime = 8

function drain(socket: nodeTls.TLSSocket): void {
  socket.on('error', () => {})
  socket.resume()
}

/** The other end, by node:tls. */
async function help(role: Role): Promise<void> {
  if ('serve' in role) {
    const { target } = await listen(nodeTls, drain)
    process.send!(target)
    return
  }
  const options = connectOptions(nodeTls, role.load)
  const run = () => handshake(nodeTls, options, false)
  for (;;) {
    await once(process, 'message')
    process.send!(await rate(run, atATime, role.seconds, 'wall'))
  }
}

async function measureAll(): Promise<void> {
  const { json, wants, by: wanted, rounds, seconds } = benchOptions({ rounds: 5, seconds: 1 })
  const names = Object.keys(implementations).filter((by) => wanted === undefined || by === wanted)
  const helpers: Helper[] = []
  const servers: nodeTls.Server[] = []
  const measures: Measure[] = []
  const start = (role: Role): Helper => {
    const helper = startHelper(role)
    helpers.push(helper)
    return helper
  }

  async function client(by: string): Promise<() => Promise<number>> {
    const tls = implementations[by]!
    const options = connectOptions(tls, await start({ serve: true }).answer<Target>())
    return async () =>
      1e6 / (await rate(() => handshake(tls, options, false), atATime, seconds, 'cpu'))
  }

  async function server(by: string): Promise<() => Promise<number>> {
    let accepted = 0
    const made = await listen(implementations[by]!, (socket) => {
      accepted++
      drain(socket)
    })
    servers.push(made.server)
    const load = start({ load: made.target, seconds })
    return async () => {
      const before = milliseconds('cpu')
      accepted = 0
      load.tell('go')
      await load.answer()
      return ((milliseconds('cpu') - before) * 1000) / accepted
    }
  }

  for (const [what, make] of Object.entries({ client, server })) {
    const name = `a full handshake, the ${what} alone`
    if (!wants(name)) continue
    const runs: Record<string, () => Promise<number>> = {}
    for (const by of names) runs[by] = await make(by)
    measures.push(await inTurns(name, 'µs', rounds, runs, 2500))
  }
  for (const helper of helpers) helper.stop()
  for (const one of servers) one.close()
  writeJson(json, measures)
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : help(role))

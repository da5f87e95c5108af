/**
 * Microseconds of processor time that one end takes for a handshake (without further words: of TLS 1.3, X25519, ECDSA P-256;
 * the chain verified): the other end is node:tls, in a process of its own. So clients without a server can be measured too.
 *
 *   node bench/run.mjs eachEnd [--json OUT] [--only TEXT] [--rounds N] [--seconds S]
 */
import { once } from 'node:events'
import * as nodeTls from 'node:tls'
import { limitClient, limitServer, portOf } from './support/limit.ts'
import { inTurns, type Measure, milliseconds, rate, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import {
  connectOptions,
  handshake,
  listen,
  type Profile,
  refusesStrangers,
  type Target,
  withSession,
} from './support/pair.ts'
import { type Helper, ownRole, startHelper } from './support/processes.ts'
import { able, implementation } from './support/stacks.ts'

interface Kind {
  readonly profile: Profile
  readonly resumed: boolean
}

/** The other end: it serves, or it is a client's load on a server of this port. */
type Role = Kind & { readonly limit: boolean } & (
    | { readonly serve: true }
    | { readonly load: Target; readonly seconds: number }
  )

const atATime = 8

const full: Kind = { profile: {}, resumed: false }
const old = { version: 'TLSv1.1', keyType: 'rsa-2048' } as const
const kinds: Readonly<Record<string, Kind>> = {
  'a full handshake': full,
  'a full handshake, P-256': { ...full, profile: { group: 'P-256' } },
  'a full handshake, TLS 1.2, P-256': { ...full, profile: { version: 'TLSv1.2', group: 'P-256' } },
  'a full handshake, TLS 1.1, RSA key transport': { ...full, profile: old },
  'a resumed handshake': { ...full, resumed: true },
}

function drain(socket: nodeTls.TLSSocket): void {
  socket.on('error', () => {})
  socket.resume()
}

/** What makes one connection. */
async function dialer(by: string, target: Target, kind: Kind): Promise<() => Promise<void>> {
  const { profile, resumed } = kind
  if (by === 'limit') return limitClient(target.port, profile, resumed)
  const tls = await implementation(by)
  let options = connectOptions(tls, target)
  if (resumed) options = await withSession(tls, options)
  return () => handshake(tls, options, resumed)
}

async function help(role: Role): Promise<void> {
  const { profile, resumed, limit } = role
  if ('serve' in role) {
    const { target } = await listen(nodeTls, drain, profile)
    const port = limit ? portOf(await limitServer(profile, resumed)) : target.port
    process.send!({ ...target, port })
    return
  }
  const run = await dialer(limit ? 'limit' : 'node:tls', role.load, role)
  for (;;) {
    await once(process, 'message')
    process.send!(await rate(run, atATime, role.seconds, 'wall'))
  }
}

async function measureAll(): Promise<void> {
  const options = benchOptions({ rounds: 5, seconds: 0.6, warmup: 12_000 })
  const { json, wants, takes, rounds, seconds, warmup } = options
  const measures: Measure[] = []
  const closing: (() => void)[] = []
  const start = (role: Role): Helper => {
    const helper = startHelper(role)
    closing.push(() => helper.stop())
    return helper
  }

  async function client(by: string, kind: Kind): Promise<() => Promise<number>> {
    const other = start({ ...kind, limit: by === 'limit', serve: true })
    const target = await other.answer<Target>()
    if (by !== 'limit') await refusesStrangers(await implementation(by), target)
    const run = await dialer(by, target, kind)
    // Once, so that what cannot be done is known before anything is measured.
    await run()
    return async () => 1e6 / (await rate(run, atATime, seconds, 'cpu'))
  }

  async function server(by: string, kind: Kind): Promise<() => Promise<number>> {
    const { profile, resumed } = kind
    let accepted = 0
    const limit = by === 'limit'
    const { server, target } = await listen(
      await implementation(limit ? 'node:tls' : by),
      (socket) => {
        accepted++
        drain(socket)
      },
      profile,
    )
    closing.push(() => server.close())
    let { port } = target
    if (limit) {
      const bare = await limitServer(profile, resumed)
      bare.on('connection', () => accepted++)
      closing.push(() => bare.close())
      port = portOf(bare)
    }
    const load = start({ ...kind, limit, load: { ...target, port }, seconds })
    return async () => {
      const before = milliseconds('cpu')
      accepted = 0
      load.tell('go')
      await load.answer()
      return ((milliseconds('cpu') - before) * 1000) / accepted
    }
  }

  for (const [what, kind] of Object.entries(kinds))
    for (const [end, make] of Object.entries({ client, server })) {
      // It is there for node-forge, whose server node:tls does not talk to.
      if (end === 'server' && kind.profile === old) continue
      const name = `${what}, the ${end} alone`
      if (!wants(name)) continue
      const { profile, resumed } = kind
      const names = able(end as 'client' | 'server', profile, resumed)
      if (profile !== old) names.push('limit')
      const runs: Record<string, () => Promise<number>> = {}
      for (const by of names) if (takes(by)) runs[by] = await make(by, kind)
      measures.push(await inTurns(name, 'µs', rounds, runs, warmup))
      for (const close of closing.splice(0)) close()
    }
  writeJson(json, measures)
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : help(role))

/**
 * Memory of idle connections: of a pair with both ends in one process, and of the server's end alone.
 *
 *   node bench/run.mjs idle [--json OUT] [--only TEXT] [--pairs N] [--clients N] [--rounds N]
 *
 * Each figure is of a process of its own: what its resident set grew by, from before the pairs to after a collection, by
 * the number of pairs. That counts the memory of OpenSSL, which the heap's statistics do not see; it also counts pages
 * that an allocator keeps. The young generation has its full size from the start (run.mjs): what it grows by is the same for
 * any number of connections. The limit is node:net: what the sockets take by themselves.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { type Measure, measureOf, writeJson } from './support/measure.ts'
import { connected, connectOptions, listen, type Target } from './support/pair.ts'
import { ownRole, startHelper } from './support/processes.ts'
import { able, implementation } from './support/stacks.ts'
import { takenBy, wantedBy } from './support/wanted.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    by: { type: 'string' },
    of: { type: 'string' },
    ends: { type: 'string', default: 'both' },
    pairs: { type: 'string', default: '4000' },
    clients: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '3' },
    role: { type: 'string' },
  },
})
const wants = wantedBy(values.only)
/** Connections, by where their ends are. */
const counts: Readonly<Record<string, number>> = {
  both: Number(values.pairs),
  server: Number(values.clients),
}
/** Made before anything is counted, and held: what is made once, the compiler's share, every page of the young generation. */
const first = 500

type Connect = () => Promise<Socket>

interface Role {
  readonly of: string
  readonly target: Target
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Connects as it is told, and holds on. */
async function help({ of, target }: Role): Promise<void> {
  const held: Socket[] = []
  const tls = of === 'limit' ? undefined : await implementation(of)
  const options = tls && connectOptions(tls, target)
  process.on('message', async (count: number) => {
    for (let i = 0; i < count; i++)
      held.push(await (tls === undefined ? dial(target.port) : connected(tls, options!)))
    process.send!('done')
  })
}

async function overNet(held: Socket[]): Promise<number> {
  const server = createServer((socket) => held.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Bytes. Pages are given back by other threads, in their own time: the least is taken, once ten readings found no less. */
async function settled(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let sinceLeast = 0; sinceLeast < 10; sinceLeast++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc!()
    const { rss } = process.memoryUsage()
    if (rss >= least) continue
    // A page now and then does not count.
    if (rss < least - 256 * 1024) sinceLeast = 0
    least = rss
  }
  return least
}

/** @returns KiB for each pair, of the ends that are in this process */
async function measure(of: string, ends: string): Promise<number> {
  const held: Socket[] = []
  const tls = of === 'limit' ? undefined : await implementation(of)
  const count = counts[ends]!
  const target: Target =
    tls === undefined
      ? { port: await overNet(held), ca: '', profile: {}, client: { cert: '', key: '' } }
      : (await listen(tls, (socket) => held.push(socket))).target
  const options = tls && connectOptions(tls, target)
  const open: Connect = () => (tls === undefined ? dial(target.port) : connected(tls, options!))
  const helper = ends === 'server' ? startHelper({ of, target }) : undefined
  const openMany = async (more: number) => {
    if (helper === undefined) for (let i = 0; i < more; i++) held.push(await open())
    else {
      helper.tell(more)
      await helper.answer()
    }
  }
  await openMany(first)
  const before = await settled()
  await openMany(count)
  const grown = (await settled()) - before
  helper?.stop()
  return grown / 1024 / count
}

function measureAll(): void {
  const measures: Measure[] = []
  for (const [name, ends] of [
    ['memory of an idle pair', 'both'],
    ['memory of an idle connection, the server alone', 'server'],
  ] as const) {
    if (!wants(name)) continue
    const names = [...able('both', {}), 'limit'].filter(takenBy(values.by))
    const figures: Record<string, number[]> = Object.fromEntries(names.map((by) => [by, []]))
    for (let round = 0; round < Number(values.rounds); round++)
      for (const [of, all] of Object.entries(figures)) {
        const args = ['--of', of, '--ends', ends]
        args.push('--pairs', values.pairs, '--clients', values.clients)
        const command = [...process.execArgv, process.argv[1]!, ...args]
        all.push(Number(execFileSync(process.execPath, command, { encoding: 'utf8' })))
      }
    measures.push(measureOf(name, 'KiB', figures))
  }
  writeJson(values.json, measures)
}

const role = ownRole<Role>()
if (role !== undefined) await help(role)
else if (values.of === undefined) measureAll()
else {
  process.stdout.write(String(await measure(values.of, values.ends)))
  process.exit()
}

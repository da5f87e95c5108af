/**
 * Memory of a pair of idle connections, both ends in one process.
 *
 *   node bench/run.mjs idle [--json OUT] [--pairs N] [--rounds N]
 *
 * Each figure is of a process of its own: what its resident set grew by, from before the pairs to after a collection, by
 * the number of pairs. That counts the memory of OpenSSL, which the heap's statistics do not see; it also counts pages
 * that an allocator keeps. node:net shows what the two sockets take by themselves.
 */
import { execFileSync } from 'node:child_process'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { median, tell, writeJson } from './support/measure.ts'
import { connected, implementations, listen } from './support/pair.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    of: { type: 'string' },
    pairs: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
  },
})
const pairs = Number(values.pairs)

type Connect = () => Promise<Socket>

async function overNet(held: Socket[]): Promise<Connect> {
  const server = createServer((socket) => held.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket))
      socket.once('error', reject)
    })
}

async function overTls(name: string, held: Socket[]): Promise<Connect> {
  const tls = implementations[name]!
  const { connectOptions } = await listen(tls, (socket) => held.push(socket))
  return () => connected(tls, connectOptions)
}

async function settled(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc!()
  }
  return process.memoryUsage().rss
}

/** @returns KiB for each pair */
async function measure(name: string): Promise<number> {
  const held: Socket[] = []
  const open = name === 'node:net' ? await overNet(held) : await overTls(name, held)
  // What is made once, and the compiler's share.
  for (let i = 0; i < 50; i++) held.push(await open())
  const before = await settled()
  for (let i = 0; i < pairs; i++) held.push(await open())
  return ((await settled()) - before) / 1024 / pairs
}

if (values.of !== undefined) {
  process.stdout.write(String(await measure(values.of)))
  process.exit()
}
const figures: Record<string, number[]> = { handfast: [], 'node:tls': [], 'node:net': [] }
for (let round = 0; round < Number(values.rounds); round++)
  for (const [of, all] of Object.entries(figures)) {
    const args = [...process.execArgv, process.argv[1]!, '--of', of, '--pairs', String(pairs)]
    all.push(Number(execFileSync(process.execPath, args, { encoding: 'utf8' })))
  }
const of = (name: string) => Math.round(median(figures[name]!) * 10) / 10
const handfast = of('handfast')
const peers = { 'node:tls': of('node:tls'), 'node:net': of('node:net') }
const ratio = Math.round((handfast / peers['node:tls']) * 100) / 100
const result = { name: 'memory of an idle pair', unit: 'KiB', handfast, peers, ratio }
tell(result)
writeJson(values.json, [result])

/**
 * Cold start: milliseconds from starting a process to the first byte that its client reads, from a server of node:tls here.
 *
 *   node bench/run.mjs coldStart [--json OUT] [--rounds N]
 *
 * handfast is one bundled file, which has to be read and compiled; node:tls is a part of Node. The limit is node:net, and
 * a byte in the clear.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type * as nodeTls from 'node:tls'
import { inTurns, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import type { Target } from './support/pair.ts'
import { ownRole } from './support/processes.ts'
import { able, implementation } from './support/stacks.ts'

interface Role {
  readonly by: string
  readonly target: Target
}

const name = 'cold start, to the first byte'

/** By their defaults; whoever has none takes what all of them have. */
const hasDefaults = (by: string) => by === 'handfast' || by === 'node:tls'
const common: nodeTls.SecureContextOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ecdhCurve: 'P-256',
  ciphers: 'TLS_AES_128_GCM_SHA256',
}

/** Only what this client needs is loaded: pair.ts would make certificates. */
async function client({ by, target }: Role): Promise<void> {
  const { port, ca } = target
  const options = { host: '127.0.0.1', port, servername: 'server.test' }
  if (by === 'limit') await once(connect(options), 'data')
  else {
    const tls = await implementation(by)
    const secureContext = tls.createSecureContext({ ca, ...(!hasDefaults(by) && common) })
    await once(tls.connect({ ...options, secureContext }), 'data')
  }
  process.exit()
}

async function measureAll(): Promise<void> {
  const { json, wants, takes, rounds } = benchOptions({ rounds: 7, seconds: 0, warmup: 0 })
  if (!wants(name)) {
    writeJson(json, [])
    return
  }
  const { listen } = await import('./support/pair.ts')
  const answer = (socket: Socket) => {
    socket.on('error', () => {})
    socket.write('x')
  }
  const { server, target } = await listen(await import('node:tls'), answer, {
    group: 'X25519:P-256',
  })
  const plain = createServer(answer)
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const clear = { ...target, port: (plain.address() as AddressInfo).port }
  const start = (by: string) => async () => {
    const began = performance.now()
    const child = fork(process.argv[1]!, [
      '--role',
      JSON.stringify({ by, target: by === 'limit' ? clear : target }),
    ])
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`a client ended with ${code}`)
    return performance.now() - began
  }
  const names = [...able('client', { group: 'P-256' }), 'limit'].filter(takes)
  const runs = Object.fromEntries(names.map((by) => [by, start(by)]))
  const measure = await inTurns(name, 'ms', rounds, runs, 0)
  server.close()
  plain.close()
  writeJson(json, [measure])
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : client(role))

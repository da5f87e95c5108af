/**
 * Bulk throughput: a client writes, a server reads, over one loopback connection; both in one process, or each in its own.
 *
 *   node bench/run.mjs bulk [--json OUT] [--only TEXT] [--rounds N] [--seconds S] [--clock cpu|wall]
 *
 * handfast/node and node:tls take turns. A writer stops when `write` answers false, and goes on at `drain`, as a program
 * does that does not want to fill its memory. With two processes the time is that of the clock on the wall.
 */
import type * as nodeTls from 'node:tls'
import { inTurns, type Measure, milliseconds, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import { connected, connectOptions, implementations, listen, type Target } from './support/pair.ts'
import { type Helper, ownRole, startHelper } from './support/processes.ts'

const suites = {
  'AES-128-GCM': 'TLS_AES_128_GCM_SHA256',
  'AES-256-GCM': 'TLS_AES_256_GCM_SHA384',
  'ChaCha20-Poly1305': 'TLS_CHACHA20_POLY1305_SHA256',
}
const sizes = { '1 MiB': 1 << 20, '16 KiB': 1 << 14, '100 bytes': 100 }

interface Role {
  readonly by: string
  readonly cipher: string
}

/** What reads: it is told how many bytes will come, and answers when they are there. */
interface Reader {
  readonly target: Target
  /** Begins to count. */
  start(): void
  all(bytes: number): Promise<unknown>
  stop(): void
}

async function reader({ by, cipher }: Role): Promise<Reader> {
  let received = 0
  let wanted = Number.POSITIVE_INFINITY
  let onAll: (value?: unknown) => void = () => {}
  const { server, target } = await listen(
    implementations[by]!,
    (socket) => {
      socket.on('error', () => {})
      socket.on('data', (data: Buffer) => {
        received += data.length
        if (received >= wanted) onAll()
      })
    },
    { cipher },
  )
  return {
    target,
    start: () => {
      received = 0
      wanted = Number.POSITIVE_INFINITY
    },
    all: (bytes) =>
      new Promise((resolve) => {
        wanted = bytes
        onAll = resolve
        if (received >= wanted) resolve(undefined)
      }),
    stop: () => server.close(),
  }
}

/** A reader in a process of its own. */
async function readerElsewhere(role: Role): Promise<Reader> {
  const helper: Helper = startHelper(role)
  const target = await helper.answer<Target>()
  return {
    target,
    start: () => {},
    all: (bytes) => {
      helper.tell(bytes)
      return helper.answer()
    },
    stop: () => helper.stop(),
  }
}

async function help(role: Role): Promise<void> {
  const made = await reader(role)
  process.send!(made.target)
  process.on('message', async (bytes: number) => {
    await made.all(bytes)
    made.start()
    process.send!('all')
  })
}

const closing: (() => void)[] = []

/** @returns a run, which answers megabytes (10^6) per second */
async function stream(
  tls: typeof nodeTls,
  made: Reader,
  size: number,
  duration: number,
  clock: 'wall' | 'cpu',
): Promise<() => Promise<number>> {
  const socket = await connected(tls, connectOptions(tls, made.target))
  if (socket.getCipher().name !== made.target.profile.cipher) throw new Error('another suite')
  closing.push(() => {
    socket.destroy()
    made.stop()
  })
  const chunk = Buffer.alloc(size, 0x61)
  return async () => {
    made.start()
    let sent = 0
    const start = milliseconds(clock)
    while (milliseconds(clock) - start < duration) {
      for (let more = true, i = 0; more && i < 1000; i++) {
        sent += size
        more = socket.write(chunk)
      }
      if (socket.writableNeedDrain) await new Promise((resolve) => socket.once('drain', resolve))
    }
    await made.all(sent)
    return sent / 1000 / (milliseconds(clock) - start)
  }
}

async function measureAll(): Promise<void> {
  const options = benchOptions({ rounds: 5, seconds: 0.5 })
  const measures: Measure[] = []
  for (const processes of [1, 2])
    for (const [suite, cipher] of Object.entries(suites))
      for (const [writes, size] of Object.entries(sizes)) {
        const name = `bulk: ${suite}, writes of ${writes}${processes === 2 ? ', two processes' : ''}`
        if (!options.wants(name)) continue
        const runs: Record<string, () => Promise<number>> = {}
        for (const [by, tls] of Object.entries(implementations)) {
          if (options.by !== undefined && options.by !== by) continue
          const made = await (processes === 2 ? readerElsewhere : reader)({ by, cipher })
          const clock = processes === 2 ? 'wall' : options.clock
          runs[by] = await stream(tls, made, size, options.seconds * 1000, clock)
        }
        measures.push(await inTurns(name, 'MB/s', options.rounds, runs))
        for (const close of closing.splice(0)) close()
      }
  writeJson(options.json, measures)
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : help(role))

/**
 * Bulk throughput: a client writes, a server reads, over one loopback connection; both in one process, or each in its own;
 * and the writer alone, to a reader that is node:tls in a process of its own, so that clients without a server are measured.
 *
 *   node bench/run.mjs bulk [--json OUT] [--only TEXT] [--rounds N] [--seconds S] [--clock cpu|wall]
 *
 * The implementations take turns. A writer stops when `write` answers false, and goes on at `drain`, as a program does that
 * does not want to fill its memory. With two processes the time is that of the clock on the wall; of a writer alone it is
 * the processor's.
 */
import type * as nodeTls from 'node:tls'
import { inTurns, type Measure, milliseconds, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import { connected, connectOptions, listen, type Profile, type Target } from './support/pair.ts'
import { type Helper, ownRole, startHelper } from './support/processes.ts'
import { able, implementation } from './support/stacks.ts'

/** Not AES-128-CCM-8: OpenSSL 3.5 has its 64 bits of a tag at no level of security that node:tls begins with. */
const suites = {
  'AES-128-GCM': { cipher: 'TLS_AES_128_GCM_SHA256' },
  'AES-256-GCM': { cipher: 'TLS_AES_256_GCM_SHA384' },
  'ChaCha20-Poly1305': { cipher: 'TLS_CHACHA20_POLY1305_SHA256' },
  'AES-128-CCM': { cipher: 'TLS_AES_128_CCM_SHA256' },
}
/** In one process only. */
const suites12: Readonly<Record<string, Profile>> = {
  'AES-128-GCM of TLS 1.2': { version: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  'ChaCha20-Poly1305 of TLS 1.2': { version: 'TLSv1.2', cipher: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
}
/** P-256, which all have; and what node-forge has. */
const writersAlone = {
  'AES-128-GCM': { ...suites['AES-128-GCM'], group: 'P-256' },
  'AES-128-CBC of TLS 1.1': { version: 'TLSv1.1', keyType: 'rsa-2048' },
} as const
const sizes = { '1 MiB': 1 << 20, '16 KiB': 1 << 14, '100 bytes': 100 }

interface Role {
  readonly by: string
  readonly profile: Profile
}

/** What reads: it is told how many bytes will come, and answers when they are there. */
interface Reader {
  readonly target: Target
  /** Begins to count. */
  start(): void
  all(bytes: number): Promise<unknown>
  stop(): void
}

async function reader({ by, profile }: Role): Promise<Reader> {
  let received = 0
  let wanted = Number.POSITIVE_INFINITY
  let onAll: (value?: unknown) => void = () => {}
  const { server, target } = await listen(
    await implementation(by),
    (socket) => {
      socket.on('error', () => {})
      socket.on('data', (data: Buffer) => {
        received += data.length
        if (received >= wanted) onAll()
      })
    },
    profile,
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
  const { version = 'TLSv1.3', cipher = 'AES128-SHA' } = made.target.profile
  if (socket.getCipher().name !== cipher)
    throw new Error(`another suite: ${socket.getCipher().name}`)
  if (socket.getProtocol() !== version) throw new Error(`another version: ${socket.getProtocol()}`)
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
  const options = benchOptions({ rounds: 5, seconds: 0.4, warmup: 800 })
  const measures: Measure[] = []

  /** @param names who writes @param readBy who reads, if it is not the same */
  async function measure(
    name: string,
    profile: Profile,
    size: number,
    names: readonly string[],
    { processes, readBy }: { readonly processes: 1 | 2; readonly readBy?: string },
  ): Promise<void> {
    if (!options.wants(name)) return
    const alone = readBy !== undefined
    const clock = alone ? 'cpu' : processes === 2 ? 'wall' : options.clock
    const runs: Record<string, () => Promise<number>> = {}
    for (const by of names) {
      if (!options.takes(by)) continue
      // What the limit sends is nothing that another could read.
      const role = { by: by === 'limit' ? by : (readBy ?? by), profile }
      const made = await (processes === 2 ? readerElsewhere : reader)(role)
      runs[by] = await stream(await implementation(by), made, size, options.seconds * 1000, clock)
    }
    measures.push(await inTurns(name, 'MB/s', options.rounds, runs, options.warmup))
    for (const close of closing.splice(0)) close()
  }

  for (const processes of [1, 2] as const)
    for (const [suite, profile] of Object.entries({ ...suites, ...(processes === 1 && suites12) }))
      for (const [writes, size] of Object.entries(sizes)) {
        const name = `bulk: ${suite}, writes of ${writes}${processes === 2 ? ', two processes' : ''}`
        await measure(name, profile, size, [...able('both', profile), 'limit'], { processes })
      }
  for (const [suite, profile] of Object.entries(writersAlone))
    for (const [writes, size] of Object.entries(sizes)) {
      const name = `bulk: ${suite}, writes of ${writes}, the writer alone`
      const limit = 'cipher' in profile ? ['limit'] : []
      const names = [...able('client', profile), ...limit]
      await measure(name, profile, size, names, { processes: 2, readBy: 'node:tls' })
    }
  writeJson(options.json, measures)
}

const role = ownRole<Role>()
await (role === undefined ? measureAll() : help(role))

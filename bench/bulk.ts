/**
 * Bulk throughput: a client writes, a server in the same process reads, over one loopback connection.
 *
 *   node bench/run.mjs bulk [--json OUT] [--only TEXT] [--rounds N] [--seconds S] [--clock wall|cpu]
 *
 * handfast/node and node:tls take turns; --only takes the measures whose name has that text. A writer stops when `write`
 * answers false, and goes on at `drain`, as a program does that does not want to fill its memory.
 */

import type * as nodeTls from 'node:tls'
import { parseArgs } from 'node:util'
import { type Clock, inTurns, type Measure, milliseconds, writeJson } from './support/measure.ts'
import { connected, implementations, listen } from './support/pair.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    by: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.3' },
    clock: { type: 'string', default: 'wall' },
  },
})
const rounds = Number(values.rounds)
const duration = Number(values.seconds) * 1000
const clock = values.clock as Clock

const suites = {
  'AES-128-GCM': 'TLS_AES_128_GCM_SHA256',
  'ChaCha20-Poly1305': 'TLS_CHACHA20_POLY1305_SHA256',
}
const sizes = { '1 MiB': 1 << 20, '16 KiB': 1 << 14, '100 bytes': 100 }

const closing: (() => void)[] = []

/** @returns a run, which answers megabytes (10^6) per second */
async function stream(
  tls: typeof nodeTls,
  ciphers: string,
  size: number,
): Promise<() => Promise<number>> {
  let received = 0
  let wanted = Number.POSITIVE_INFINITY
  let onAll: () => void = () => {}
  const { server, connectOptions } = await listen(
    tls,
    (socket) => {
      socket.on('error', () => {})
      socket.on('data', (data: Buffer) => {
        received += data.length
        if (received >= wanted) onAll()
      })
    },
    ciphers,
  )
  const socket = await connected(tls, connectOptions)
  if (socket.getCipher().name !== ciphers) throw new Error(`not ${ciphers}`)
  closing.push(() => {
    socket.destroy()
    server.close()
  })
  const chunk = Buffer.alloc(size, 0x61)
  return async () => {
    received = 0
    wanted = Number.POSITIVE_INFINITY
    let sent = 0
    const start = milliseconds(clock)
    while (milliseconds(clock) - start < duration) {
      for (let more = true, i = 0; more && i < 1000; i++) {
        sent += size
        more = socket.write(chunk)
      }
      if (socket.writableNeedDrain) await new Promise((resolve) => socket.once('drain', resolve))
    }
    await new Promise<void>((resolve) => {
      wanted = sent
      onAll = resolve
      if (received >= wanted) resolve()
    })
    return sent / 1000 / (milliseconds(clock) - start)
  }
}

const measures: Measure[] = []
for (const [suite, ciphers] of Object.entries(suites))
  for (const [writes, size] of Object.entries(sizes)) {
    const name = `bulk: ${suite}, writes of ${writes}`
    if (!name.includes(values.only)) continue
    const runs: Record<string, () => Promise<number>> = {}
    for (const [by, tls] of Object.entries(implementations))
      if (values.by === undefined || values.by === by) runs[by] = await stream(tls, ciphers, size)
    measures.push(await inTurns(name, 'MB/s', rounds, runs))
  }
for (const close of closing) close()
writeJson(values.json, measures)

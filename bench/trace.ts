/**
 * What the trace costs a handshake: nothing without a listener, and how much with one.
 *
 *   node bench/run.mjs trace [--json OUT]
 *
 * Both ends run in this process, TLS 1.3 with X25519 and an ECDSA P-256 certificate whose chain is verified. The
 * variants take turns, batch by batch. What is told is the time of the least disturbed batch, and the median of the
 * bytes that were allocated.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createAuthority } from '@handfast/ca'
import { createTrustStore } from '@handfast/x509'
import {
  certificateVerifier,
  clientConnection,
  NamedGroup,
  serverConnection,
  type TraceListener,
} from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { annotate, toJson } from 'handfast/trace'

const { values } = parseArgs({ options: { json: { type: 'string' } } })
const batches = 15
const handshakesInBatch = 60

const authority = await createAuthority()
const issued = await authority.issue({ names: ['server.test'] })
const identity = {
  certificateChain: [...issued.chainDer],
  signingKey: await nodeProvider.importPrivateKey(issued.keyDer),
}
const common = { crypto: nodeProvider, clock: Date.now, groups: [NamedGroup.x25519] }
const client = {
  ...common,
  serverName: 'server.test',
  verifyCertificate: certificateVerifier({
    crypto: nodeProvider,
    trust: createTrustStore([authority.certificateDer]),
  }),
}
const server = { ...common, identity }

let sink: unknown
let events = 0
const variants: Readonly<Record<string, TraceListener | undefined>> = {
  'no listener': undefined,
  'a listener that does nothing': () => {},
  'a listener that keeps the events': (event) => {
    sink = event
    events++
  },
  'a listener that annotates': (event) => {
    sink = annotate(event)
  },
  'a listener that makes JSON lines': (event) => {
    sink = JSON.stringify(toJson(event))
  },
}

function handshake(trace: TraceListener | undefined): void {
  const listening = trace === undefined ? {} : { trace }
  const ends = [
    clientConnection({ ...client, ...listening }),
    serverConnection({ ...server, ...listening }),
  ] as const
  let moved = true
  while (moved) {
    moved = false
    for (const [i, end] of ends.entries()) {
      while (end.nextEvent() !== undefined);
      for (const record of end.takeOutput()) {
        ends[1 - i]!.receive(record)
        moved = true
      }
    }
  }
  for (const end of ends) {
    if (end.info === undefined) throw end.error ?? new Error('the handshake did not complete')
    end.destroy()
  }
}

/** @returns microseconds for one handshake, and bytes of the heap that it took */
function batch(trace: TraceListener | undefined): { time: number; allocated: number } {
  globalThis.gc!()
  const before = process.memoryUsage().heapUsed
  const start = process.hrtime.bigint()
  for (let i = 0; i < handshakesInBatch; i++) handshake(trace)
  const time = Number(process.hrtime.bigint() - start) / 1000 / handshakesInBatch
  // run.mjs makes the young generation so large that nothing is collected within a batch.
  const allocated = (process.memoryUsage().heapUsed - before) / handshakesInBatch
  return { time, allocated }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

for (let i = 0; i < 300; i++) handshake(variants[Object.keys(variants)[i % 5]!])
const measured = new Map(
  Object.keys(variants).map((name) => [name, [] as ReturnType<typeof batch>[]]),
)
for (let i = 0; i < batches; i++)
  for (const [name, trace] of Object.entries(variants)) measured.get(name)!.push(batch(trace))

events = 0
handshake(variants['a listener that keeps the events'])
const eventsOfOne = events
const results = [...measured].map(([name, all]) => ({
  name,
  microseconds: Math.round(Math.min(...all.map(({ time }) => time))),
  kibibytes: Math.round(median(all.map(({ allocated }) => allocated)) / 1024),
}))
const base = results[0]!
process.stdout.write(
  `Node ${process.versions.node}, ${eventsOfOne} events in a handshake (both ends)\n`,
)
for (const { name, microseconds, kibibytes } of results) {
  const ratio = (microseconds / base.microseconds).toFixed(2)
  process.stdout.write(
    `${name.padEnd(36)} ${String(microseconds).padStart(6)} µs  ×${ratio}  ${String(kibibytes).padStart(6)} KiB\n`,
  )
}
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ node: process.versions.node, results }, null, 2)}\n`,
  )
if (sink === undefined) throw new Error('no listener was called')

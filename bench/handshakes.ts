/**
 * Handshakes per second: TLS 1.3, X25519, an ECDSA P-256 certificate whose chain is verified.
 *
 *   node bench/run.mjs handshakes [--json OUT] [--only NAME] [--rounds N] [--seconds S] [--clock wall|cpu]
 *
 * Both ends run in this process. Over loopback sockets: from `connect` to the client's `close`, eight connections at a
 * time, handfast/node and node:tls in turns. In memory: two engines and nothing between them, which shows what the
 * sockets cost.
 */

import type * as nodeTls from 'node:tls'
import { parseArgs } from 'node:util'
import { createTrustStore } from '@handfast/x509'
import { certificateVerifier, clientConnection, NamedGroup, serverConnection } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { type Clock, inTurns, type Measure, milliseconds, writeJson } from './support/measure.ts'
import {
  authority,
  connected,
  implementations,
  issued,
  listen,
  serverName,
} from './support/pair.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    by: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.5' },
    clock: { type: 'string', default: 'wall' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const clock = values.clock as Clock
const atATime = 8

/** Goes on until the time is up; the clock is a system call, and read after some runs only. @returns runs per second */
async function rate(run: () => Promise<void>, lanes: number): Promise<number> {
  const start = milliseconds(clock)
  let done = 0
  let elapsed = 0
  const lane = async () => {
    while (elapsed < seconds * 1000) {
      await run()
      if (++done % 32 === 0) elapsed = milliseconds(clock) - start
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (done * 1000) / (milliseconds(clock) - start)
}

async function handshake(
  tls: typeof nodeTls,
  options: nodeTls.ConnectionOptions,
  reused: boolean,
): Promise<void> {
  const socket = await connected(tls, options)
  if (socket.isSessionReused() !== reused) throw new Error('resumed, or not, against the plan')
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    // A server ends its side as it reads the end of ours.
    socket.resume()
    socket.end()
  })
}

const closing: (() => void)[] = []

async function overSockets(tls: typeof nodeTls, reused: boolean): Promise<() => Promise<number>> {
  const { server, connectOptions } = await listen(tls, (socket) => {
    socket.on('error', () => {})
    socket.resume()
  })
  closing.push(() => server.close())
  let options = connectOptions
  if (reused) {
    const socket = await connected(tls, options)
    const session = await new Promise<Buffer>((resolve) => {
      socket.once('session', resolve)
      socket.resume()
    })
    socket.destroy()
    options = { ...options, session }
  }
  return () => rate(() => handshake(tls, options, reused), atATime)
}

const common = { crypto: nodeProvider, clock: Date.now, groups: [NamedGroup.x25519] }
const client = {
  ...common,
  serverName,
  verifyCertificate: certificateVerifier({
    crypto: nodeProvider,
    trust: createTrustStore([authority.certificateDer]),
  }),
}
const server = {
  ...common,
  identity: {
    certificateChain: [...issued.chainDer],
    signingKey: await nodeProvider.importPrivateKey(issued.keyDer),
  },
}

async function inMemory(): Promise<void> {
  const ends = [clientConnection(client), serverConnection(server)] as const
  let moved = true
  while (moved) {
    moved = false
    for (let i = 0; i < 2; i++) {
      const end = ends[i]!
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

async function each(
  make: (tls: typeof nodeTls) => Promise<() => Promise<number>>,
): Promise<Record<string, () => Promise<number>>> {
  const made: Record<string, () => Promise<number>> = {}
  for (const [by, tls] of Object.entries(implementations))
    if (values.by === undefined || values.by === by) made[by] = await make(tls)
  return made
}

const all: Readonly<Record<string, () => Promise<Record<string, () => Promise<number>>>>> = {
  full: () => each((tls) => overSockets(tls, false)),
  resumed: () => each((tls) => overSockets(tls, true)),
  engines: async () => ({ handfast: () => rate(inMemory, 1) }),
}

const measures: Measure[] = []
for (const [name, make] of Object.entries(all))
  if (values.only === undefined || values.only === name)
    measures.push(await inTurns(`handshakes: ${name}`, '1/s', rounds, await make()))
for (const close of closing) close()
writeJson(values.json, measures)

/**
 * Handshakes per second, full and resumed, of the versions, keys and groups that programs use; the chain is verified.
 *
 *   node bench/run.mjs handshakes [--json OUT] [--only TEXT] [--rounds N] [--seconds S] [--clock cpu|wall]
 *
 * Both ends run in this process, over loopback sockets, from `connect` to the client's `close`, eight connections at a time,
 * handfast/node, node:tls and whoever else can, in turns; beside them the limit, which is the same sockets with only the
 * crypto calls. And in memory: two engines and nothing between them, which shows what the sockets cost.
 */

import type * as nodeTls from 'node:tls'
import { createTrustStore } from '@handfast/x509'
import { certificateVerifier, clientConnection, NamedGroup, serverConnection } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { limitClient, limitServer, portOf } from './support/limit.ts'
import { inTurns, type Measure, rate, writeJson } from './support/measure.ts'
import { benchOptions } from './support/options.ts'
import {
  authority,
  connectOptions,
  handshake,
  issued,
  listen,
  type Profile,
  serverName,
  withSession,
} from './support/pair.ts'
import { able, implementation } from './support/stacks.ts'

// So long a warming up, because V8 compiles until some ten thousand handshakes are made: what is measured is a server at
// work, and bench/NOTES.md says what the first handshakes cost.
const options = benchOptions({ rounds: 5, seconds: 0.6, warmup: 12_000 })
const { json, wants, takes, rounds, seconds, clock, warmup } = options
const atATime = 8
type Run = () => Promise<number>

const closing: (() => void)[] = []

async function overSockets(tls: typeof nodeTls, profile: Profile, resumed: boolean): Promise<Run> {
  const { server, target } = await listen(
    tls,
    (socket) => {
      socket.on('error', () => {})
      socket.resume()
    },
    profile,
  )
  closing.push(() => server.close())
  let options = connectOptions(tls, target)
  if (resumed) options = await withSession(tls, options)
  // Once, so that what cannot be done is known before anything is measured.
  await handshake(tls, options, resumed)
  return () => rate(() => handshake(tls, options, resumed), atATime, seconds, clock)
}

async function limit(profile: Profile, resumed: boolean): Promise<Run> {
  const server = await limitServer(profile, resumed)
  closing.push(() => server.close())
  const run = await limitClient(portOf(server), profile, resumed)
  return () => rate(run, atATime, seconds, clock)
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

const rsa = { keyType: 'rsa-2048' } as const
const tls12 = { version: 'TLSv1.2' } as const
/** Without further words: TLS 1.3, ECDSA P-256, X25519. */
const profiles: Readonly<Record<string, Profile>> = {
  full: {},
  'full, RSA-2048': rsa,
  'full, P-256': { group: 'P-256' },
  'full, X25519MLKEM768': { group: 'X25519MLKEM768' },
  'full, client certificate': { clientCertificate: true },
  'full, TLS 1.2': tls12,
  'full, TLS 1.2, P-256': { ...tls12, group: 'P-256' },
  'full, TLS 1.2, RSA-2048': { ...tls12, ...rsa },
  'full, TLS 1.2, client certificate': { ...tls12, clientCertificate: true },
  resumed: {},
  'resumed, TLS 1.2': tls12,
}

const measures: Measure[] = []
for (const [what, profile] of Object.entries(profiles)) {
  const name = `handshakes: ${what}`
  if (!wants(name)) continue
  const resumed = what.startsWith('resumed')
  const runs: Record<string, Run> = {}
  for (const by of able('both', profile, resumed)) {
    if (!takes(by)) continue
    runs[by] = await overSockets(await implementation(by), profile, resumed)
  }
  if (takes('limit')) runs.limit = await limit(profile, resumed)
  measures.push(await inTurns(name, '1/s', rounds, runs, warmup))
  for (const close of closing.splice(0)) close()
}
if (wants('handshakes: engines in memory')) {
  const runs = { handfast: () => rate(inMemory, 1, seconds, clock) }
  measures.push(await inTurns('handshakes: engines in memory', '1/s', rounds, runs, warmup))
}
writeJson(json, measures)

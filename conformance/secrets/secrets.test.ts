/**
 * What is secret stays so: it is wiped when a connection has ended, whatever ended it, and it is in nothing that a program
 * is told without asking for secrets. The secrets are those that a provider handed out and took in, by their bytes.
 */
import platform from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import {
  type ClientConfig,
  type ServerConfig,
  statelessTickets,
} from '../../packages/handfast/src/index.ts'
import {
  clientIdentity,
  exchange,
  type Pair,
  pairOf,
} from '../../packages/handfast/test/engine/pair.ts'
import { pair12 } from '../../packages/handfast/test/tls12/pair12.ts'
import { tellFigures } from '../assurance/results.ts'
import { type Secret, WatchedSecrets } from './watching.ts'

const makers = {
  'TLS 1.3': pairOf,
  'TLS 1.2': (client: Partial<ClientConfig>, server: Partial<ServerConfig>) =>
    pair12(client, server),
}
const roles = ['client', 'server'] as const
type Watched = Readonly<Record<(typeof roles)[number], WatchedSecrets>>

function watchedPair(
  make: (client: Partial<ClientConfig>, server: Partial<ServerConfig>) => Pair,
  client: Partial<ClientConfig> = {},
  server: Partial<ServerConfig> = {},
): { readonly pair: Pair; readonly watched: Watched } {
  const watched = { client: new WatchedSecrets(), server: new WatchedSecrets() }
  const pair = make(
    { crypto: watched.client.crypto, ...client },
    { crypto: watched.server.crypto, ...server },
  )
  return { pair, watched }
}

/** What both ends put on the wire, or into a Finished: it is in a trace, and is no secret. */
function publicParts({ client, server }: Pair): readonly Buffer[] {
  return [...client.trace, ...server.trace].flatMap((event) =>
    event.type === 'message' && event.name === 'Finished'
      ? [Buffer.from(event.bytes.subarray(4))]
      : [],
  )
}

function expectNoneLeft(watched: WatchedSecrets, known: readonly Buffer[], where: string): void {
  const described = ({ what, bytes }: Secret) => `${what} of ${bytes.length} bytes`
  expect(watched.left(known).map(described), where).toEqual([])
  expect(watched.liveKeys, where).toBe(0)
}

const ends: Readonly<Record<string, (pair: Pair) => void>> = {
  'both sides closed'(pair) {
    for (const role of roles) pair[role].connection.close()
    exchange(pair)
  },
  'destroy()'(pair) {
    for (const role of roles) pair[role].connection.destroy()
  },
  'cancel()'(pair) {
    for (const role of roles) pair[role].connection.cancel()
  },
  'a failure'(pair) {
    for (const role of roles) {
      pair[role].connection.receive(new Uint8Array(100))
      pair[role].connection.nextEvent()
    }
  },
  truncation(pair) {
    for (const role of roles) {
      pair[role].connection.receiveEnd()
      pair[role].connection.nextEvent()
    }
  },
}

describe.each(Object.entries(makers))('%s', (_version, make) => {
  it.each(Object.keys(ends))('no secret is left after %s', (name) => {
    const { pair, watched } = watchedPair(make)
    exchange(pair)
    for (const role of roles) pair[role].connection.write(Uint8Array.of(1, 2, 3))
    if (pair.client.connection.info?.version === 0x0304)
      pair.client.connection.updateKeys({ requestPeer: true })
    exchange(pair)
    ends[name]!(pair)
    const known = publicParts(pair)
    for (const role of roles) {
      expect(watched[role].all.length).toBeGreaterThan(20)
      expectNoneLeft(watched[role], known, role)
    }
  })

  it('no secret is left of a handshake that failed', () => {
    const verifyCertificate = () => ({
      valid: false,
      path: [],
      checks: [],
      failures: [],
      attempts: [],
    })
    for (const [client, server] of [
      [{ serverName: 'other.test' }, {}],
      [{ alpnProtocols: ['a'] }, { alpnProtocols: ['b'] }],
      [{}, { clientAuthentication: { mode: 'require', verifyCertificate } }],
      [
        { identity: clientIdentity },
        { clientAuthentication: { mode: 'require', verifyCertificate } },
      ],
    ] as const) {
      const { pair, watched } = watchedPair(make, client, server)
      exchange(pair)
      expect(pair.server.connection.error).toBeDefined()
      const known = publicParts(pair)
      for (const role of roles) {
        // One end may have been complete before it heard of it.
        expectNoneLeft(watched[role], known, role)
      }
    }
  })

  it('no secret is left of a handshake that was cut, wherever that was', () => {
    for (let carried = 0; carried < 12; carried++) {
      const { pair, watched } = watchedPair(make)
      let count = 0
      exchange(pair, (_, record) => (count++ < carried ? [record] : []))
      for (const role of roles) pair[role].connection.receiveEnd()
      exchange(pair, () => [])
      const known = publicParts(pair)
      for (const role of roles) expectNoneLeft(watched[role], known, `${role}, ${carried}`)
    }
  })

  it('no secret is in what a program is told, and all of them are found where it asks', () => {
    const traces: Record<string, { told: number; found: number }> = {}
    for (const traceSecrets of [false, true]) {
      const tickets = statelessTickets({
        crypto: nodeProvider,
        aead: nodeProvider.cipherSuites[0]!.aead,
        clock: Date.now,
      })
      const { pair, watched } = watchedPair(
        make,
        { traceSecrets, identity: clientIdentity },
        { traceSecrets, tickets },
      )
      exchange(pair)
      for (const role of roles) pair[role].connection.write(Buffer.from('application data'))
      exchange(pair)
      pair.client.connection.receive(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)))
      exchange(pair)
      // Everything that was told: traces and errors, whole, and events but for the session, which holds a key by design.
      const told: unknown[] = roles.flatMap((role) => [
        ...pair[role].trace,
        pair[role].connection.error,
        ...pair[role].events.filter(({ type }) => type !== 'session'),
      ])
      const text = told
        .map((one) => inspect(one, { depth: 20, maxArrayLength: 0 }) + JSON.stringify(one))
        .join('\n')
      const bytes = Buffer.concat(told.flatMap(bytesIn))
      const known = publicParts(pair)
      let found = 0
      const secrets = roles
        .flatMap((role) => watched[role].all)
        .filter(({ copy }) => !known.some((one) => one.equals(copy)))
      for (const { what, copy } of secrets) {
        const where = [
          bytes.includes(copy) && 'bytes',
          text.includes(copy.toString('hex')) && 'hexadecimal',
          text.includes(copy.toString('base64').slice(0, 20)) && 'base64',
          text.includes(copy.toString('latin1')) && 'text',
          text.includes([...copy].join(',')) && 'numbers',
        ].filter(Boolean)
        if (!traceSecrets) expect(where, what).toEqual([])
        if (where.length > 0) found++
      }
      traces[String(traceSecrets)] = { told: told.length, found }
      expect(secrets.length).toBeGreaterThan(20)
    }
    // The search finds what is there.
    expect(traces.true?.found).toBeGreaterThan(5)
    expect(traces.false?.told).toBeGreaterThan(50)
  })

  it('what is secret is compared by the provider', () => {
    const { pair, watched } = watchedPair(make)
    exchange(pair)
    // The Finished of the other side, at each end.
    for (const role of roles) expect(watched[role].compared, role).toBeGreaterThanOrEqual(1)
  })
})

it('the provider of Node compares by the platform’s constant-time call', () => {
  const compared = vi.spyOn(platform, 'timingSafeEqual')
  syncBuiltinESMExports()
  try {
    const { pair } = watchedPair(pairOf)
    exchange(pair)
    // A Finished at each end.
    expect(compared.mock.calls.length).toBeGreaterThanOrEqual(2)
  } finally {
    compared.mockRestore()
    syncBuiltinESMExports()
  }
})

/** Every array of bytes in a value. */
function bytesIn(value: unknown): Buffer[] {
  if (value instanceof Uint8Array) return [Buffer.from(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(bytesIn)
}

it('the figures', () => {
  const { pair, watched } = watchedPair(pairOf)
  exchange(pair)
  tellFigures('secrets', {
    'secrets of a connection that are looked for':
      watched.client.all.length + watched.server.all.length,
    'ways in which it ends': Object.keys(ends).length + 1,
  })
  pair.client.connection.destroy()
})

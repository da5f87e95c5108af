/** Connections of many kinds, run in memory, and all that the engine said of them. */
import { NamedGroup } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../src/index.ts'
import { memoryStore, statefulTickets } from '../../src/session/tickets.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { clientIdentity, eventsOf, exchange, type Pair, pairOf, trust } from '../engine/pair.ts'

const clientAuthentication = {
  mode: 'require',
  verifyCertificate: certificateVerifier({ crypto: nodeProvider, trust }),
} as const
const text = (value: string) => new TextEncoder().encode(value)

function run(
  pair: Pair,
  then?: (pair: Pair) => void,
  change?: Parameters<typeof exchange>[1],
): Pair {
  exchange(pair, change)
  then?.(pair)
  exchange(pair, change)
  return pair
}

function talkAndClose({ client, server }: Pair): void {
  client.connection.write(text('ping'))
  server.connection.write(text('pong'))
  client.connection.close()
  server.connection.close()
}

function resumed(): Pair[] {
  const tickets = statefulTickets({ crypto: nodeProvider, store: memoryStore(), clock: Date.now })
  const first = run(pairOf({}, { tickets }))
  const { session } = eventsOf(first.client, 'session')[0]!
  return [first, run(pairOf({ session }, { tickets })), run(pairOf({ session }, { tickets }))]
}

/** By what is special about them; the third of the resumed is refused, since its ticket was used. */
export const connections: Readonly<Record<string, readonly Pair[]>> = {
  full: [
    run(
      pairOf(
        {
          alpnProtocols: ['h2'],
          recordSizeLimit: 4096,
          recordPadding: () => 8,
          traceSecrets: true,
        },
        { alpnProtocols: ['h2'], recordSizeLimit: 8192 },
      ),
      talkAndClose,
    ),
  ],
  retried: [
    run(
      pairOf(
        { keyShares: [NamedGroup.secp256r1] },
        { groups: [NamedGroup.x25519], cookie: () => text('cookie') },
      ),
    ),
  ],
  resumed: resumed(),
  mutual: [run(pairOf({ identity: clientIdentity }, { clientAuthentication }), talkAndClose)],
  later: [
    run(
      pairOf(
        { identity: clientIdentity, postHandshakeAuth: true },
        { clientAuthentication: { ...clientAuthentication, mode: 'request' } },
      ),
      ({ server }) => server.connection.requestClientCertificate(),
    ),
  ],
  updated: [
    run(
      run(pairOf(), ({ client }) => client.connection.updateKeys({ requestPeer: true })),
      ({ server }) => server.connection.write(text('under new keys')),
    ),
  ],
  canceled: [run(pairOf(), ({ client }) => client.connection.cancel())],
  wrongName: [run(pairOf({ serverName: 'other.test' }))],
  noCertificate: [run(pairOf({}, { clientAuthentication }))],
  nothingInCommon: [
    run(pairOf({ groups: [NamedGroup.secp384r1] }, { groups: [NamedGroup.x25519] })),
  ],
  noProtocol: [run(pairOf({ alpnProtocols: ['h2'] }, { alpnProtocols: ['http/1.1'] }))],
  tampered: [run(pairOf(), talkAndClose, tampering())],
  malformed: [run(pairOf(), undefined, cutHello())],
  truncated: [
    run(pairOf(), ({ client }) => {
      client.connection.receiveEnd()
      client.connection.nextEvent()
    }),
  ],
  notTls: [
    run(pairOf(), undefined, (from, record) =>
      from === 'server' ? [record] : [text('GET / HTTP/1.1\r\n\r\n')],
    ),
  ],
}

/** Changes the last byte of the third protected record that the server sends. */
function tampering(): Parameters<typeof exchange>[1] {
  let count = 0
  return (from, record) => {
    if (from === 'client' || record[0] !== 23 || ++count !== 3) return [record]
    const changed = record.slice()
    changed[changed.length - 1]! ^= 1
    return [changed]
  }
}

/** Announces one byte more of cipher suites than there is room for an even number of. */
function cutHello(): Parameters<typeof exchange>[1] {
  return (from, record) => {
    if (from === 'server' || record[5] !== 1) return [record]
    const changed = record.slice()
    const sessionId = 5 + 4 + 2 + 32
    changed[sessionId + 1 + changed[sessionId]! + 1]! -= 1
    return [changed]
  }
}

const transport: readonly TraceEvent[] = (
  ['resolved', 'connected', 'starttls', 'ended', 'failed'] as const
).map((what) => ({ type: 'transport', time: 0, role: 'client', what, detail: '192.0.2.1' }))

/** All of it. */
export const events: readonly TraceEvent[] = [
  ...Object.values(connections)
    .flat()
    .flatMap(({ client, server }) => [...client.trace, ...server.trace]),
  ...transport,
]

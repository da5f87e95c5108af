/** Two connections that talk in memory: what a driver does, in a few lines. */
import { createAuthority, type IssueOptions } from '@handfast/ca'
import { createTrustStore } from '@handfast/x509'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import type { Connection } from '../../src/connection.ts'
import type { ConnectionEvent } from '../../src/connectionEvents.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { certificateVerifier, clientConnection, serverConnection } from '../../src/index.ts'
import type { TraceEvent } from '../../src/trace/events.ts'

export const authority = await createAuthority()
export const trust = createTrustStore([authority.certificateDer])

/** Issues a certificate of the test authority and makes it an identity of the provider's. */
export async function identityFor(options: IssueOptions, crypto: CryptoProvider = nodeProvider) {
  const issued = await authority.issue(options)
  const certificateChain = [...issued.chainDer]
  return { certificateChain, signingKey: await crypto.importPrivateKey(issued.keyDer) }
}

export const serverIdentity = await identityFor({ names: ['server.test', '127.0.0.1'] })
export const clientIdentity = await identityFor({ names: ['client.test'], client: true })

const clock = () => Date.now()

export function clientConfig(changes: Partial<ClientConfig> = {}): ClientConfig {
  const crypto = changes.crypto ?? nodeProvider
  return {
    crypto,
    clock,
    serverName: 'server.test',
    verifyCertificate: certificateVerifier({ crypto, trust }),
    ...changes,
  }
}

export function serverConfig(changes: Partial<ServerConfig> = {}): ServerConfig {
  return { crypto: nodeProvider, clock, identity: serverIdentity, ...changes }
}

/** One end: its connection, and everything that it told. */
export interface End {
  readonly connection: Connection
  readonly events: ConnectionEvent[]
  readonly trace: TraceEvent[]
}

function end<C extends ClientConfig | ServerConfig>(
  make: (config: C) => Connection,
  config: C,
): End {
  const trace: TraceEvent[] = []
  const connection = make({ ...config, trace: config.trace ?? ((event) => trace.push(event)) })
  return { connection, events: [], trace }
}

export interface Pair {
  readonly client: End
  readonly server: End
}

export function pairOf(
  client: Partial<ClientConfig> = {},
  server: Partial<ServerConfig> = {},
): Pair {
  return {
    client: end(clientConnection, clientConfig(client)),
    server: end(serverConnection, serverConfig(server)),
  }
}

export function collect({ connection, events }: End): void {
  for (let event = connection.nextEvent(); event; event = connection.nextEvent()) events.push(event)
}

/**
 * Carries bytes both ways until neither end has more to say.
 * @param change sees, and may change, the records of a direction on their way
 */
export function exchange(
  { client, server }: Pair,
  change: (from: 'client' | 'server', record: Uint8Array) => readonly Uint8Array[] = (
    _,
    record,
  ) => [record],
): void {
  for (;;) {
    collect(client)
    collect(server)
    const fromClient = client.connection.takeOutput()
    for (const record of fromClient)
      for (const bytes of change('client', record)) server.connection.receive(bytes)
    collect(server)
    const fromServer = server.connection.takeOutput()
    for (const record of fromServer)
      for (const bytes of change('server', record)) client.connection.receive(bytes)
    if (fromClient.length === 0 && fromServer.length === 0) return
  }
}

export function eventsOf<T extends ConnectionEvent['type']>(
  { events }: End,
  type: T,
): Extract<ConnectionEvent, { type: T }>[] {
  return events.filter((event) => event.type === type) as Extract<ConnectionEvent, { type: T }>[]
}

/** All application data that an end received, as text. */
export function textOf(end: End): string {
  return Buffer.concat(eventsOf(end, 'data').map(({ data }) => data)).toString()
}

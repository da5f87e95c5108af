/** Two ends that have TLS 1.2, and perhaps TLS 1.3 beside it. */
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import {
  type ClientProtocol,
  clientConnectionOf,
  type ServerProtocol,
  serverConnectionOf,
  tls12Client,
  tls12Server,
} from '../../src/index.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { clientConfig, type End, type Pair, serverConfig } from '../engine/pair.ts'

export function end12(
  role: 'client' | 'server',
  config: Partial<ClientConfig & ServerConfig>,
  protocols: readonly (ClientProtocol | ServerProtocol)[],
): End {
  const trace: TraceEvent[] = []
  const listener = config.trace ?? ((event: TraceEvent) => trace.push(event))
  const connection =
    role === 'client'
      ? clientConnectionOf(
          protocols as ClientProtocol[],
          clientConfig({ ...(config as Partial<ClientConfig>), trace: listener }),
        )
      : serverConnectionOf(
          protocols as ServerProtocol[],
          serverConfig({ ...(config as Partial<ServerConfig>), trace: listener }),
        )
  return { connection, events: [], trace }
}

export function pair12(
  client: Partial<ClientConfig> = {},
  server: Partial<ServerConfig> = {},
  protocols: {
    readonly client?: readonly ClientProtocol[]
    readonly server?: readonly ServerProtocol[]
  } = {},
): Pair {
  return {
    client: end12('client', client, protocols.client ?? [tls12Client]),
    server: end12('server', server, protocols.server ?? [tls12Server]),
  }
}

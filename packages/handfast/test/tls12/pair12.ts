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

function listening<C extends object>(
  config: C & { readonly trace?: ((event: TraceEvent) => void) | undefined },
): C & { readonly trace: (event: TraceEvent) => void; readonly events: TraceEvent[] } {
  const events: TraceEvent[] = []
  return { ...config, trace: config.trace ?? ((event) => events.push(event)), events }
}

export function client12(
  config: Partial<ClientConfig> = {},
  protocols: readonly ClientProtocol[] = [tls12Client],
): End {
  const { events, ...rest } = listening(config)
  const connection = clientConnectionOf(protocols, clientConfig(rest))
  return { connection, events: [], trace: events }
}

export function server12(
  config: Partial<ServerConfig> = {},
  protocols: readonly ServerProtocol[] = [tls12Server],
): End {
  const { events, ...rest } = listening(config)
  const connection = serverConnectionOf(protocols, serverConfig(rest))
  return { connection, events: [], trace: events }
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
    client: client12(client, protocols.client),
    server: server12(server, protocols.server),
  }
}

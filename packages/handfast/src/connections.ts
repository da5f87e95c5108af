/** Connections with every version that this library enables by default. `clientConnectionOf` takes a choice of them. */
import type { ClientConfig, ServerConfig } from './config.ts'
import type { Connection } from './connection.ts'
import { clientConnectionOf } from './handshake/client.ts'
import { tls12Client } from './handshake/client12.ts'
import { tls13Client } from './handshake/client13.ts'
import { serverConnectionOf } from './handshake/server.ts'
import { tls12Server } from './handshake/server12.ts'
import { tls13Server } from './handshake/server13.ts'

/** A client's end of a connection of TLS 1.3 or TLS 1.2. Ask it for its first event to make it begin. */
export function clientConnection(config: ClientConfig): Connection {
  return clientConnectionOf([tls13Client, tls12Client], config)
}

/** A server's end of a connection of TLS 1.3 or TLS 1.2. */
export function serverConnection(config: ServerConfig): Connection {
  return serverConnectionOf([tls13Server, tls12Server], config)
}

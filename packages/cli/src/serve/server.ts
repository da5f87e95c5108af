/** The server of `handfast serve` and of the demonstration: listens, hands each connection to a service, stops cleanly. */
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type ServerOptions, type TLSSocket } from 'handfast/node'
import { CommandError, connectionError, ExitCode, usageError } from '../exit.ts'
import { formatAddress } from '../options/target.ts'

/** What is done with connections whose handshake is complete. */
export interface Service {
  /** Application protocols, the preferred first; none where the service does not care. */
  readonly protocols: readonly string[]
  accept(socket: TLSSocket): void
  /** Takes nothing new, and lets what is under way finish. */
  close(): void
}

export interface RunningServer {
  readonly address: string
  readonly port: number
  /** Resolves when nothing is left. @param grace milliseconds that connections have to finish */
  stop(grace: number): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly tls: ServerOptions
  readonly service: Service
  /** Hears each line of the key log. */
  readonly keyLog?: ((line: string) => void) | undefined
  /** Hears why a connection failed. */
  readonly onFailure: (error: Error, peer: string) => void
}

/** Milliseconds that a client has for its handshake. */
const handshakeTimeout = 10_000

/** @throws CommandError where the address cannot be had */
export async function startServer(options: ListenOptions): Promise<RunningServer> {
  const { host, port, tls, service, keyLog, onFailure } = options
  const sockets = new Set<TLSSocket>()
  const server: Server = createServer({
    handshakeTimeout,
    allowHalfOpen: true,
    noDelay: true,
    ...(service.protocols.length === 0 ? {} : { ALPNProtocols: service.protocols }),
    ...tls,
  })
  if (keyLog !== undefined) server.on('keylog', (line: Buffer) => keyLog(line.toString().trimEnd()))
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A client that goes away in the middle is no business of ours.
    socket.on('error', () => {})
    service.accept(socket)
  })
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const { remoteAddress, remotePort } = socket
    onFailure(error, remoteAddress ? formatAddress(remoteAddress, remotePort ?? 0) : 'a client')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port)))
    server.listen({ host, port }, resolve)
  })
  const { address, port: actual } = server.address() as AddressInfo
  return {
    address,
    port: actual,
    stop: (grace) =>
      new Promise((resolve) => {
        const hurry = setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, grace)
        server.close(() => {
          clearTimeout(hurry)
          resolve()
        })
        service.close()
      }),
  }
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return connectionError(
        `Port ${port} is taken on ${host}`,
        'Another program listens there: choose another with --port, or 0 for any that is free.',
        error,
      )
    case 'EACCES':
      return connectionError(
        `Port ${port} may not be used by this user`,
        'Ports below 1024 want privileges: choose a higher one with --port.',
        error,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return usageError(`--host: ${host} is not an address of this machine`)
    default:
      return new CommandError(
        ExitCode.connection,
        `Cannot listen: ${error.message}`,
        undefined,
        error,
      )
  }
}

/** What `handfast serve` can do with a connection: HTTP, an echo, a way to another server. */
import { connect } from 'node:net'
import { pipeline } from 'node:stream'
import { type Handler, httpProtocols, httpService } from './http.ts'
import type { Service } from './server.ts'

export function webService(handler: Handler): Service {
  const http = httpService(handler)
  return {
    protocols: httpProtocols,
    accept: (socket) => http.accept(socket, socket.alpnProtocol || undefined),
    close: () => http.close(),
  }
}

/** Sends back what it receives. */
export function echoService(protocols: readonly string[]): Service {
  return {
    protocols,
    accept: (socket) => {
      pipeline(socket, socket, () => {})
    },
    close() {},
  }
}

export interface UpstreamOptions {
  readonly host: string
  readonly port: number
  readonly protocols: readonly string[]
  readonly onFailure: (error: Error) => void
}

/** Takes the TLS off and hands the bytes to another server, which speaks in the clear. */
export function upstreamService({ host, port, protocols, onFailure }: UpstreamOptions): Service {
  return {
    protocols,
    accept: (socket) => {
      const upstream = connect({ host, port, allowHalfOpen: true, autoSelectFamily: true })
      upstream.on('error', (error) => {
        onFailure(error)
        socket.destroy()
      })
      pipeline(socket, upstream, () => {})
      pipeline(upstream, socket, () => {})
    },
    close() {},
  }
}

/** HTTP over TLS streams: Node's own parsers, HTTP/1.1 or h2 by what ALPN chose. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  createServer as createH2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import type { Duplex } from 'node:stream'

export type Request = Pick<IncomingMessage | Http2ServerRequest, 'method' | 'url' | 'headers'>
/** What both protocols' responses can do alike. */
export type Reply = Pick<
  ServerResponse,
  'setHeader' | 'writeHead' | 'end' | 'headersSent' | 'destroy'
> &
  NodeJS.WritableStream
export type Handler = (request: Request, reply: Reply) => void

export interface HttpService {
  /** Takes over a TLS stream whose handshake is complete. */
  accept(stream: Duplex, alpnProtocol: string | undefined): void
  /** Lets answers that are under way finish, and takes no new requests. */
  close(): void
}

/** The protocols that a service speaks, the preferred first. */
export const httpProtocols: readonly string[] = ['h2', 'http/1.1']

/** Milliseconds without a byte after which a connection is closed. */
const idleTimeout = 60_000

export function httpService(handler: Handler): HttpService {
  const http1 = createServer((request, reply) => handler(request, reply))
  const h2 = createH2Server((request: Http2ServerRequest, reply: Http2ServerResponse) =>
    handler(request, reply as unknown as Reply),
  )
  // Without `listen` Node does not look for requests that take too long: an idle connection is all that can be noticed.
  http1.timeout = idleTimeout
  const sessions = new Set<ServerHttp2Session>()
  h2.on('session', (session) => {
    sessions.add(session)
    session.setTimeout(idleTimeout, () => session.close())
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  for (const server of [http1, h2])
    server.on('clientError', (_, stream: Duplex) => stream.destroy())
  return {
    accept(stream, alpnProtocol) {
      const server = alpnProtocol === 'h2' ? h2 : http1
      server.emit('connection', stream)
    },
    close() {
      http1.closeIdleConnections()
      for (const session of sessions) session.close()
    },
  }
}

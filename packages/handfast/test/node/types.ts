/** Not run, but checked: this library's types stand where those of node:tls are asked for. */
import type * as https from 'node:https'
import type * as net from 'node:net'
import type * as nodeTls from 'node:tls'
import * as handfast from '../../src/node/index.ts'

export const asModule: typeof nodeTls = handfast
export const asDefault: typeof nodeTls = handfast.default

export const socketAs = (socket: handfast.TLSSocket): [nodeTls.TLSSocket, net.Socket] => [
  socket,
  socket,
]
export const serverAs = (server: handfast.Server): [nodeTls.Server, net.Server] => [server, server]
export const agentAs = (agent: handfast.Agent): https.Agent => agent
export const contextAs = (context: handfast.SecureContext): nodeTls.SecureContext => context

/** Options that a program holds for node:tls. */
export const connectWith = (options: nodeTls.ConnectionOptions): nodeTls.TLSSocket =>
  handfast.connect(options)
export const serveWith = (options: nodeTls.TlsOptions): nodeTls.Server =>
  handfast.createServer(options)
export const contextOf = (options: nodeTls.SecureContextOptions): nodeTls.SecureContext =>
  handfast.createSecureContext(options)

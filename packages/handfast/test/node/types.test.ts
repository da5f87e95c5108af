/**
 * This library stands where node:tls is asked for: in its types, which are checked with the tests and against those of each
 * later line of Node (tsconfig.later.json), and in its exports.
 */
import type * as https from 'node:https'
import type * as net from 'node:net'
import * as nodeTls from 'node:tls'
import { expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'

const asModule: typeof nodeTls = handfast
const asDefault: typeof nodeTls = handfast.default

const socketAs = (socket: handfast.TLSSocket): [nodeTls.TLSSocket, net.Socket] => [socket, socket]
const serverAs = (server: handfast.Server): [nodeTls.Server, net.Server] => [server, server]
const agentAs = (agent: handfast.Agent): https.Agent => agent
const contextAs = (context: handfast.SecureContext): nodeTls.SecureContext => context

/** Options that a program holds for node:tls. */
const connectWith = (options: nodeTls.ConnectionOptions): nodeTls.TLSSocket =>
  handfast.connect(options)
const serveWith = (options: nodeTls.TlsOptions): nodeTls.Server => handfast.createServer(options)
const contextOf = (options: nodeTls.SecureContextOptions): nodeTls.SecureContext =>
  handfast.createSecureContext(options)

/** Options that Node's types have of either side; those of one stand in the types of the other, too. */
type Theirs = keyof (nodeTls.SecureContextOptions &
  nodeTls.ConnectionOptions &
  nodeTls.TlsOptions &
  nodeTls.TLSSocketOptions)
type Ours = keyof (handfast.ConnectOptions & handfast.ServerOptions & handfast.TLSSocketOptions)
type Refused = 'clientCertEngine' | 'privateKeyEngine' | 'privateKeyIdentifier'
const lacking: readonly Exclude<Theirs, Ours | Refused>[] = []
const none: readonly never[] = lacking

it('has each option that the types of Node have', () => {
  // One that is lacking does not pass the type checker.
  expect(none).toEqual([])
})

it('has whatever node:tls exports, of the same kind', () => {
  for (const [name, value] of Object.entries(nodeTls))
    expect(typeof asModule[name as keyof typeof nodeTls], name).toBe(typeof value)
})

it('takes what a program holds for node:tls', () => {
  const server = serveWith({ handshakeTimeout: 1000 })
  expect(serverAs(server as handfast.Server)).toEqual([server, server])
  const context = contextOf({ ciphers: 'HIGH' })
  expect(contextAs(context as handfast.SecureContext)).toBe(context)
  const socket = connectWith({ port: 1, host: '127.0.0.1', secureContext: context })
  socket.on('error', () => {})
  expect(socketAs(socket as unknown as handfast.TLSSocket)[1]).toBe(socket)
  socket.destroy()
  const agent = new handfast.Agent()
  expect(agentAs(agent)).toBe(agent)
  expect(asDefault.connect).toBe(handfast.connect)
})

/** ws: its client with a connection of handfast's, its server on a server of handfast's, and both with node:tls's. */
import { once } from 'node:events'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import * as handfast from 'handfast/node'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import {
  type Credential,
  type Credentials,
  codes,
  makeCredentials,
  makeFolder,
  payload,
  refusal,
  removeFolder,
} from './support.ts'

const folder = makeFolder()
let own: Credentials
beforeAll(async () => {
  own = await makeCredentials(folder)
})
afterAll(() => removeFolder(folder))

type Library = 'handfast' | 'node:tls'

/** A server that sends back what it gets. */
async function serve(
  library: Library,
  { cert, key }: Credential = own.server,
  options: handfast.HttpsServerOptions & https.ServerOptions = {},
) {
  const settings = { cert, key, ...options }
  const http =
    library === 'handfast' ? handfast.createHttpsServer(settings) : https.createServer(settings)
  const server = new WebSocketServer({ server: http as https.Server })
  const sockets: handfast.TLSSocket[] = []
  server.on('connection', (socket, request) => {
    sockets.push(request.socket as never)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    server.close()
    http.close()
    http.closeAllConnections()
  })
  return { url: `wss://localhost:${(http.address() as AddressInfo).port}/`, sockets, server }
}

async function connect(
  library: Library,
  url: string,
  options: ClientOptions & handfast.ConnectOptions = {},
): Promise<WebSocket> {
  const connectTls = (library === 'handfast' ? handfast : nodeTls).connect as typeof nodeTls.connect
  // ws hands over what it would hand to tls.connect, with the URL's path in `path`.
  const createConnection = (given: nodeTls.ConnectionOptions) =>
    connectTls({ ...given, path: undefined })
  const socket = new WebSocket(url, { ca: own.ca, createConnection, ...options } as ClientOptions)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

describe.each([
  ['handfast', 'handfast'],
  ['handfast', 'node:tls'],
  ['node:tls', 'handfast'],
] as const)('ws, its client over %s and its server over %s', (client, server) => {
  it('exchanges texts and bytes', async () => {
    const { url, sockets } = await serve(server)
    const socket = await connect(client, url)
    if (server === 'handfast') expect(sockets[0]).toBeInstanceOf(handfast.TLSSocket)
    for (const message of ['hello', '', 'ß'.repeat(1000)]) {
      socket.send(message)
      expect(String((await once(socket, 'message'))[0])).toBe(message)
    }
    const bytes = payload(8 << 20)
    socket.send(bytes)
    expect(bytes.equals((await once(socket, 'message'))[0])).toBe(true)
  })

  it('sends thousands of messages in order', async () => {
    const { url } = await serve(server)
    const socket = await connect(client, url)
    const heard: string[] = []
    const all = new Promise<void>((resolve) => {
      socket.on('message', (message) => {
        if (heard.push(String(message)) === 5000) resolve()
      })
    })
    for (let i = 0; i < 5000; i++) socket.send(`${i}`)
    await all
    expect(heard).toEqual(Array.from({ length: 5000 }, (_, i) => `${i}`))
  })

  it('pings, and closes with a code from either end', async () => {
    const { url, server: sockets } = await serve(server)
    const socket = await connect(client, url)
    socket.ping('x')
    expect(String((await once(socket, 'pong'))[0])).toBe('x')
    const [far] = sockets.clients
    const closed = Promise.all([once(socket, 'close'), once(far!, 'close')])
    far!.close(4001, 'enough')
    const [[code, reason]] = await closed
    expect([code, String(reason)]).toEqual([4001, 'enough'])

    const again = await connect(client, url)
    const [other] = sockets.clients
    const heard = once(other!, 'close')
    again.close(1000)
    expect((await heard)[0]).toBe(1000)
  })

  it('shows a client certificate', async () => {
    const { url, sockets } = await serve(server, own.server, { requestCert: true, ca: own.ca })
    const { cert, key } = own.client
    await connect(client, url, { cert, key })
    expect(sockets[0]!.authorized).toBe(true)
    expect(sockets[0]!.getPeerCertificate().subject.CN).toBe('alice')
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    const { url } = await serve(server, own[name])
    expect(await refusal(connect(client, url))).toBe(codes[name])
  })

  it('notices a peer that goes without a word', async () => {
    const { url, server: sockets } = await serve(server)
    const socket = await connect(client, url)
    const closed = once(socket, 'close')
    const [far] = sockets.clients
    far!.terminate()
    expect((await closed)[0]).toBe(1006)
  })
})

/** undici with handfast's connector: its Client, Pool, Agent and ProxyAgent's tunnels, and `fetch`, to servers of Node. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import * as net from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { undiciConnector } from 'handfast/node'
import { Agent, Client, type Dispatcher, fetch, Pool, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
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

/** Node's server, which answers with what it was sent. */
async function serve({ cert, key }: Credential = own.server, options: https.ServerOptions = {}) {
  const seen: TLSSocket[] = []
  const server = https.createServer({ cert, key, ...options }, (request, response) => {
    response.setHeader('x-resumed', String((request.socket as TLSSocket).isSessionReused()))
    request.pipe(response)
  })
  server.on('secureConnection', (socket) => seen.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `https://localhost:${(server.address() as net.AddressInfo).port}`, seen }
}

function agent(options: Parameters<typeof undiciConnector>[0] = {}): Agent {
  const made = new Agent({
    allowH2: options.allowH2 === true,
    connect: undiciConnector({ ca: own.ca, ...options }),
  })
  onTestFinished(() => made.destroy())
  return made
}

const post = async (url: string, dispatcher: Dispatcher, body: Buffer | string = 'hello') => {
  const response = await fetch(url, { dispatcher, method: 'POST', body })
  return { text: Buffer.from(await response.arrayBuffer()), headers: response.headers }
}

describe('undici', () => {
  it('keeps connections as it does over node:tls', async () => {
    const connections = async (connect: ConstructorParameters<typeof Agent>[0]) => {
      const { url, seen } = await serve()
      const dispatcher = new Agent(connect)
      for (let i = 0; i < 5; i++)
        expect(String((await post(url, dispatcher, `turn ${i}`)).text)).toBe(`turn ${i}`)
      await dispatcher.close()
      return seen.length
    }
    const ours = await connections({ connect: undiciConnector({ ca: own.ca }) })
    expect(ours).toBe(await connections({ connect: { ca: own.ca } }))
    expect(ours).toBeLessThan(5)
  })

  it('moves 8 MiB each way', async () => {
    const { url } = await serve()
    const body = payload(8 << 20)
    const { text } = await post(url, agent(), body)
    expect(text.equals(body)).toBe(true)
  })

  it('resumes sessions on new connections', async () => {
    const { url } = await serve()
    const connect = undiciConnector({ ca: own.ca })
    const resumed: (string | null)[] = []
    for (let i = 0; i < 3; i++) {
      const dispatcher = new Agent({ connect })
      resumed.push((await post(url, dispatcher)).headers.get('x-resumed'))
      await dispatcher.close()
    }
    expect(resumed).toEqual(['false', 'true', 'true'])
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    const { url } = await serve(own[name])
    expect(await refusal(post(url, agent()))).toBe(codes[name])
  })

  it('asks for the servername that it is given', async () => {
    const { url, seen } = await serve(own.wrongName)
    await post(url, agent({ servername: 'other.test' }))
    expect(seen[0]!.servername).toBe('other.test')
  })

  it('shows a client certificate', async () => {
    const { url, seen } = await serve(own.server, { requestCert: true, ca: own.ca })
    const { cert, key } = own.client
    await post(url, agent({ cert, key }))
    expect(seen[0]!.getPeerCertificate().subject.CN).toBe('alice')
  })

  it('speaks HTTP/2 where both want to, on one connection', async () => {
    const server = http2.createSecureServer({ ...own.server, allowHTTP1: true })
    const versions: string[] = []
    server.on('request', (request, response) => {
      versions.push(request.httpVersion)
      request.pipe(response)
    })
    let connections = 0
    server.on('secureConnection', () => {
      connections++
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `https://localhost:${(server.address() as net.AddressInfo).port}`
    const body = payload(1 << 20)
    const connect = undiciConnector({ ca: own.ca, allowH2: true })
    const h2 = new Client(url, { allowH2: true, connect })
    onTestFinished(() => h2.destroy())
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(url, h2, body)))
    expect(answers.every(({ text }) => text.equals(body))).toBe(true)
    await post(url, agent())
    expect(versions).toEqual(['2.0', '2.0', '2.0', '2.0', '1.1'])
    expect(connections).toBe(2)
  })

  it('runs Client, Pool and request()', async () => {
    const { url } = await serve()
    const connect = undiciConnector({ ca: own.ca })
    for (const dispatcher of [new Client(url, { connect }), new Pool(url, { connect })]) {
      const { statusCode, body } = await request(`${url}/`, {
        dispatcher,
        method: 'PUT',
        body: 'x',
      })
      expect([statusCode, await body.text()]).toEqual([200, 'x'])
      await dispatcher.close()
    }
  })

  it('goes over plain HTTP too, and through a unix socket', async () => {
    const server = http.createServer((_, response) => response.end('plain'))
    const socketPath = `${folder}/plain.sock`
    server.listen(socketPath)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const response = await fetch('http://localhost/', { dispatcher: agent({ socketPath }) })
    expect(await response.text()).toBe('plain')
  })

  it('gives up a handshake that takes too long', async () => {
    // Accepts, and says nothing.
    const silent = net.createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `https://127.0.0.1:${(silent.address() as net.AddressInfo).port}`
    const started = Date.now()
    expect(await refusal(post(url, agent({ timeout: 300 })))).toBe('UND_ERR_CONNECT_TIMEOUT')
    expect(Date.now() - started).toBeLessThan(5000)
  })

  it('aborts: a request, and every connection of a connector with a signal', async () => {
    const closed: Promise<unknown>[] = []
    const silent = net.createServer((socket) => {
      socket.on('error', () => {}).resume()
      closed.push(once(socket, 'close'))
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `https://127.0.0.1:${(silent.address() as net.AddressInfo).port}`
    const aborted = fetch(url, { dispatcher: agent(), signal: AbortSignal.timeout(100) })
    await expect(aborted).rejects.toMatchObject({ name: 'TimeoutError' })
    const controller = new AbortController()
    const waiting = post(url, agent({ signal: controller.signal }))
    setTimeout(() => controller.abort(), 100)
    expect(await refusal(waiting)).toBe('ABORT_ERR')
    await closed[1]
  })

  it('says that nobody listens', async () => {
    const probe = net.createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as net.AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    expect(await refusal(post(`https://127.0.0.1:${port}`, agent()))).toBe('ECONNREFUSED')
  })

  it('runs as docs/node.md says', async () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/node.md'), 'utf8')
    const program = /^```ts\n(import [^`]*undiciConnector[^`]*)^```/m.exec(docs)![1]!
    const { url } = await serve()
    const body = program.replace(/^import .*$/gm, '').replace(/https:[^']*/, url)
    const names = { undiciConnector, Agent, fetch, ca: own.ca }
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor
    const { dispatcher } = await new AsyncFunction(
      ...Object.keys(names),
      `${body}return { dispatcher }`,
    )(...Object.values(names))
    await dispatcher.destroy()
  })
})

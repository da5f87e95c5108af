/** Node's own HTTP over the sockets: https, agents, http2, servers, upgrades, proxies, fetch-like clients. */
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import * as nodeTls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once } from './same.ts'

let ca: string
let own: { cert: string; key: string }
const cleanups: (() => void)[] = []

beforeAll(async () => {
  ca = (await authority()).root
  own = await files('good')
})
afterAll(() => {
  for (const cleanup of cleanups) cleanup()
})

async function listen(
  server: nodeTls.Server | handfast.Server | http2.Http2SecureServer,
): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const echo: http.RequestListener = (request, response) => {
  response.setHeader('x-protocol', request.httpVersion)
  response.setHeader(
    'x-encrypted',
    String('encrypted' in request.socket && request.socket.encrypted),
  )
  request.pipe(response)
}

/** One request. @returns what came back */
function fetchOnce(options: https.RequestOptions, body = 'hello') {
  return new Promise<{
    status: number | undefined
    text: string
    headers: http.IncomingHttpHeaders
    reused: boolean
  }>((resolve, reject) => {
    const request = https.request({ host: 'localhost', method: 'POST', ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          text,
          headers: response.headers,
          reused: request.reusedSocket,
        }),
      )
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

describe('https.request', () => {
  for (const library of ['node', 'handfast'] as const)
    it(`by createConnection, to a server of ${library}`, async () => {
      const server =
        library === 'node' ? https.createServer(own, echo) : handfast.createHttpsServer(own, echo)
      const port = await listen(server)
      const answer = await fetchOnce({
        port,
        ca,
        createConnection: ((options: handfast.ConnectOptions) =>
          handfast.connect(options)) as never,
        path: '/some/path',
      })
      expect(answer).toMatchObject({ status: 200, text: 'hello' })
    })

  it('by the Agent: keeps connections, and resumes sessions', async () => {
    const resumed: boolean[] = []
    const server = handfast.createHttpsServer(own, echo)
    server.on('secureConnection', (socket: handfast.TLSSocket) =>
      resumed.push(socket.isSessionReused()),
    )
    const port = await listen(server)
    const agent = new handfast.Agent({ keepAlive: true, ca })
    expect(await fetchOnce({ port, agent })).toMatchObject({ text: 'hello', reused: false })
    expect(await fetchOnce({ port, agent })).toMatchObject({ text: 'hello', reused: true })
    expect(resumed).toEqual([false])
    agent.destroy()
    expect(await fetchOnce({ port, agent })).toMatchObject({ text: 'hello', reused: false })
    expect(resumed).toEqual([false, true])
    agent.destroy()
  })

  it('has the name of the host checked', async () => {
    const server = handfast.createHttpsServer(await files('other'), echo)
    const port = await listen(server)
    const agent = new handfast.Agent({ ca })
    await expect(fetchOnce({ port, agent })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('sends large bodies both ways', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const agent = new handfast.Agent({ ca })
    const body = 'x'.repeat(2_000_000)
    const answer = await fetchOnce({ port, agent }, body)
    expect(answer.text.length).toBe(body.length)
  })
})

describe('createHttpsServer', () => {
  it("serves Node's own https", async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const answer = await fetchOnce({ port, ca, agent: new https.Agent() })
    expect(answer.headers['x-encrypted']).toBe('true')
    expect(answer.text).toBe('hello')
  })

  it('has the settings of an HTTP server', async () => {
    const server = handfast.createHttpsServer(own)
    expect(server.keepAliveTimeout).toBe(http.createServer().keepAliveTimeout)
    server.keepAliveTimeout = 1234
    expect(server.httpServer.keepAliveTimeout).toBe(1234)
  })

  it('upgrades', async () => {
    const server = handfast.createHttpsServer(own)
    server.on('upgrade', (_request: http.IncomingMessage, socket: handfast.TLSSocket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
      )
      socket.pipe(socket)
    })
    const port = await listen(server)
    const request = https.request({
      host: 'localhost',
      port,
      agent: new handfast.Agent({ ca }),
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    })
    request.end()
    const [, socket] = (await once(request, 'upgrade')) as [unknown, handfast.TLSSocket]
    socket.write('upgraded')
    const [data] = await once(socket, 'data')
    expect(String(data)).toBe('upgraded')
    socket.destroy()
  })

  it('tells clientError of those who do not speak TLS', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const { connect } = await import('node:net')
    const plain = connect(port, '127.0.0.1')
    plain.on('error', () => {})
    plain.write('GET / HTTP/1.1\r\n\r\n')
    const [error, socket] = await once(server, 'clientError')
    expect(error.code).toBe('ERR_SSL_HTTP_REQUEST')
    socket.destroy()
    plain.destroy()
  })

  it('answers a request with a bad header itself', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const client = handfast.connect({ port, host: '127.0.0.1', ca })
    client.write('NONSENSE\r\n\r\n')
    const [data] = await once(client, 'data')
    expect(String(data)).toMatch(/^HTTP\/1\.1 400 /)
    client.destroy()
  })

  it('closes idle connections when it is closed', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const agent = new handfast.Agent({ keepAlive: true, ca })
    await fetchOnce({ port, agent })
    const closed = once(server, 'close')
    server.close()
    await closed
    agent.destroy()
  })
})

describe('CONNECT proxies', () => {
  it('carry a connection', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const proxy = http.createServer()
    proxy.on('connect', async (request, socket) => {
      const { connect } = await import('node:net')
      const [host, target] = request.url!.split(':')
      const onward = connect(Number(target), host!, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    cleanups.push(() => proxy.close())
    const request = http.request({
      port: (proxy.address() as AddressInfo).port,
      host: '127.0.0.1',
      method: 'CONNECT',
      path: `127.0.0.1:${port}`,
    })
    request.end()
    const [, tunnel] = await once(request, 'connect')
    const socket = handfast.connect({ socket: tunnel, servername: 'localhost', ca })
    const answer = await fetchOnce({
      createConnection: (() => socket) as never,
    })
    expect(answer.text).toBe('hello')
    socket.destroy()
  })
})

describe('http2', () => {
  const get = async (
    port: number,
    createConnection: () => nodeTls.TLSSocket | handfast.TLSSocket,
  ) => {
    const session = http2.connect(`https://localhost:${port}`, {
      createConnection: createConnection as () => nodeTls.TLSSocket,
    })
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    stream.end('hello over h2')
    let text = ''
    stream.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    const [[headers]] = await Promise.all([once(stream, 'response'), once(stream, 'end')])
    session.close()
    return { headers, text }
  }

  it('over our client', async () => {
    const server = http2.createSecureServer(own)
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    })
    const port = await listen(server)
    const { text } = await get(port, () =>
      handfast.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
    )
    expect(text).toBe('hello over h2')
  })

  it('over our server, which speaks HTTP/1.1 too', async () => {
    const server = handfast.createHttpsServer({ ...own, http2: true }, echo)
    const port = await listen(server)
    const { text, headers } = await get(port, () =>
      nodeTls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
    )
    expect(text).toBe('hello over h2')
    expect(headers['x-protocol']).toBe('2.0')
    const answer = await fetchOnce({ port, ca })
    expect(answer.headers['x-protocol']).toBe('1.1')
  })

  it('over both', async () => {
    const server = handfast.createHttpsServer({ ...own, http2: true }, echo)
    const port = await listen(server)
    const { text } = await get(port, () =>
      handfast.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
    )
    expect(text).toBe('hello over h2')
  })

  it('by http2.createServer().emit("connection")', async () => {
    const inner = http2.createServer((_request, response) => response.end('by emit'))
    const server = handfast.createServer({ ...own, ALPNProtocols: ['h2'] }, (socket) =>
      inner.emit('connection', socket),
    )
    const port = await listen(server)
    const { text } = await get(port, () =>
      nodeTls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
    )
    expect(text).toBe('by emit')
  })
})

it('http.createServer().emit("connection") serves a socket', async () => {
  const inner = http.createServer(echo)
  const server = handfast.createServer(own, (socket) => inner.emit('connection', socket))
  const port = await listen(server)
  expect(await fetchOnce({ port, ca })).toMatchObject({ status: 200, text: 'hello' })
})

describe('a server of handfast', () => {
  it('knows its connections, and closes them', async () => {
    const server = handfast.createHttpsServer(own, echo)
    const port = await listen(server)
    const agent = new handfast.Agent({ keepAlive: true, ca })
    await fetchOnce({ port, agent })
    const closed = once(server, 'close')
    server.close()
    await closed // the idle connection did not keep it open
    agent.destroy()
  })

  it('closes connections that are in use, when asked', async () => {
    const server = handfast.createHttpsServer(own, () => server.closeAllConnections())
    const port = await listen(server)
    await expect(fetchOnce({ port, agent: new handfast.Agent({ ca }) })).rejects.toMatchObject({
      code: 'ECONNRESET',
    })
  })

  it('that takes a handler alone', async () => {
    const server = handfast.createHttpsServer(echo)
    server.setSecureContext(own)
    const port = await listen(server)
    const { text } = await fetchOnce({ port, agent: new handfast.Agent({ ca }) })
    expect(text).toBe('hello')
  })
})

describe('sessions of HTTP/2 know their TLS', () => {
  async function serve(options: handfast.SecureHttp2ServerOptions = {}): Promise<number> {
    return listen(
      handfast.createSecureServer({ ...own, ...options }, (request, response) => {
        const { session } = request.stream ?? {}
        response.end(
          JSON.stringify({
            encrypted: session?.encrypted,
            protocol: session?.alpnProtocol,
            address: request.socket.remoteAddress,
            version: request.httpVersion,
          }),
        )
      }),
    )
  }

  it('at both ends', async () => {
    const session = handfast.connectHttp2(`https://localhost:${await serve()}`, { ca })
    expect(session.encrypted).toBeUndefined()
    const [, socket] = (await once(session, 'connect')) as [unknown, handfast.TLSSocket]
    expect(socket.authorized).toBe(true)
    expect(socket.getPeerCertificate().subjectaltname).toContain('DNS:localhost')
    expect([session.encrypted, session.alpnProtocol]).toEqual([true, 'h2'])
    expect(session.socket).toBeInstanceOf(handfast.TLSSocket)
    const stream = session.request({ ':path': '/' }).setEncoding('utf8')
    const text = (await stream.toArray()).join('')
    const address = expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$|^::1$/)
    expect(JSON.parse(text)).toEqual({ encrypted: true, protocol: 'h2', address, version: '2.0' })
    session.close()
  })

  it('and set their connection, not the stream between', async () => {
    const socket = handfast.connect({
      ...{ host: 'localhost', port: await serve(), ca, ALPNProtocols: ['h2'] },
    })
    const noDelay = vi.spyOn(socket, 'setNoDelay')
    const session = handfast.connectHttp2('https://localhost', {
      createConnection: () => socket as unknown as Duplex,
    })
    await once(session, 'connect')
    expect(noDelay).toHaveBeenCalled()
    session.unref()
    session.close()
  })

  it('and throw what http2.connect throws', () => {
    const thrown = (call: () => unknown) => {
      try {
        call()
      } catch (error) {
        return (error as { code?: string }).code
      }
      return undefined
    }
    for (const wrong of [undefined, 7, 'nowhere', 'ftp://localhost'] as never[])
      expect(thrown(() => handfast.connectHttp2(wrong))).toBe(thrown(() => http2.connect(wrong)))
  })

  it('a certificate that is refused is the error of the session, and nothing is connected', async () => {
    const session = handfast.connectHttp2(`https://localhost:${await serve()}`)
    let connected = false
    session.on('connect', () => {
      connected = true
    })
    await expect(once(session, 'close')).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
    expect(connected).toBe(false)
  })

  it('a client of HTTP/1.1 is spoken to with allowHTTP1, and refused without', async () => {
    const agent = new handfast.Agent({ ca })
    const http1 = { ALPNProtocols: ['http/1.1'] }
    const { text } = await fetchOnce({ port: await serve({ allowHTTP1: true }), agent })
    expect(JSON.parse(text)).toMatchObject({ version: '1.1' })
    await expect(fetchOnce({ port: await serve(), agent, ...http1 })).rejects.toMatchObject({
      code: expect.stringMatching(/NO_APPLICATION_PROTOCOL/),
    })
  })
})

/**
 * Node's own https and http2: the client in this process over handfast, the server in another over handfast or node:tls;
 * and curl and openssl to the server over handfast.
 */
import 'handfast/register'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import * as net from 'node:net'
import { join } from 'node:path'
import * as tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from '../../scripts/build.mjs'
import {
  type Credential,
  type Credentials,
  codes,
  makeCredentials,
  makeFolder,
  output,
  payload,
  refusal,
  removeFolder,
  serverProgram,
  start,
  titled,
} from './support.ts'

const folder = makeFolder()
let own: Credentials
beforeAll(async () => {
  expect(await build()).toBe(true)
  own = await makeCredentials(folder)
}, 120_000)
afterAll(() => removeFolder(folder))

type Library = 'handfast' | 'node:tls'

async function serve(
  library: Library,
  { cert, key }: Credential = own.server,
  more: object = {},
): Promise<number> {
  const file = join(folder, 'https.json')
  writeFileSync(file, JSON.stringify({ cert, key, ...more }))
  const here = import.meta.dirname
  const flags = library === 'handfast' ? ['--import', 'handfast/register'] : []
  const child = start(process.execPath, [...flags, join(here, 'apps/https.mjs'), file], {
    cwd: here,
  })
  onTestFinished(() => void child.stop())
  return Number(await child.waitFor('port', (log) => /^port (\d+)$/m.exec(log)?.[1]))
}

/** One request; what came back, as bytes. */
async function send(options: https.RequestOptions, body?: Buffer): Promise<Buffer> {
  const request = https.request({ host: 'localhost', ca: own.ca, ...options })
  request.end(body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  return Buffer.concat(await response.toArray())
}

const what = async (options: https.RequestOptions) =>
  JSON.parse(String(await send({ path: '/what', ...options })))

function agentOf(options: https.AgentOptions): https.Agent {
  const agent = new https.Agent(options)
  onTestFinished(() => agent.destroy())
  return agent
}

describe.each(['node:tls', 'handfast'] as const)('https to a server over %s', (library) => {
  it('requests, by the agent of the process', async () => {
    const port = await serve(library)
    expect(await what({ port })).toMatchObject({ version: '1.1', name: 'localhost' })
    https.globalAgent.destroy()
  })

  it('moves 8 MiB each way', async () => {
    const port = await serve(library)
    const bytes = payload(8 << 20)
    const answer = await send({ port, method: 'POST', agent: agentOf({}) }, bytes)
    expect(bytes.equals(answer)).toBe(true)
  })

  it('keeps connections', async () => {
    const port = await serve(library)
    const agent = agentOf({ keepAlive: true, maxSockets: 2 })
    for (let i = 0; i < 5; i++) expect((await what({ port, agent })).connections).toBe(1)
    await Promise.all(Array.from({ length: 10 }, () => what({ port, agent })))
    expect((await what({ port, agent })).connections).toBe(2)
  })

  it('resumes sessions', async () => {
    const port = await serve(library)
    const agent = agentOf({ keepAlive: false })
    expect((await what({ port, agent })).resumed).toBe(false)
    expect((await what({ port, agent })).resumed).toBe(true)
  })

  it('speaks TLS 1.2, and resumes', async () => {
    const port = await serve(library)
    const agent = agentOf({ keepAlive: false, maxVersion: 'TLSv1.2' })
    const first = await what({ port, agent })
    expect([first.protocol, first.resumed]).toEqual(['TLSv1.2', false])
    expect((await what({ port, agent })).resumed).toBe(true)
  })

  it('shows a client certificate', async () => {
    const port = await serve(library, own.server, { requestCert: true, ca: own.ca })
    const { cert, key } = own.client
    expect(await what({ port, cert, key, agent: false })).toMatchObject({ client: 'alice' })
    expect(await refusal(what({ port, agent: false }))).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/)
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    const port = await serve(library, own[name])
    expect(await refusal(what({ port, agent: false }))).toBe(codes[name])
  })

  /** A proxy that knows CONNECT alone. */
  async function proxy(): Promise<{ url: string; port: number; asked: string[] }> {
    const asked: string[] = []
    const server = http.createServer().on('connect', (request, near: net.Socket, head) => {
      asked.push(request.url!)
      const [host, port] = request.url!.split(':')
      const far = net.connect(Number(port), host, () => {
        near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        far.write(head)
        near.pipe(far).pipe(near)
      })
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    return { url: `http://127.0.0.1:${port}`, port, asked }
  }

  it('goes through a CONNECT proxy, by a tunnel that it is given', async () => {
    const port = await serve(library)
    const through = await proxy()
    const path = `localhost:${port}`
    const request = http.request({ port: through.port, method: 'CONNECT', path }).end()
    const [, socket] = (await once(request, 'connect')) as [unknown, net.Socket]
    const createConnection = () => tls.connect({ socket, servername: 'localhost', ca: own.ca })
    expect(await what({ createConnection, agent: undefined })).toMatchObject({ name: 'localhost' })
    expect(through.asked).toEqual([path])
  })

  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const knowsProxies = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
  it.skipIf(!knowsProxies)(
    `goes through a CONNECT proxy, by Node's agent${knowsProxies ? '' : ' (skipped: this Node has none that knows proxies)'}`,
    async () => {
      const port = await serve(library)
      const through = await proxy()
      const agent = agentOf({ proxyEnv: { HTTPS_PROXY: through.url } } as https.AgentOptions)
      expect(await what({ port, agent })).toMatchObject({ name: 'localhost' })
      expect(through.asked).toEqual([`localhost:${port}`])
    },
  )
})

describe.each(['node:tls', 'handfast'] as const)('http2 to a server over %s', (library) => {
  async function connect(port: number, options: http2.SecureClientSessionOptions = {}) {
    // Node's sessions end where more than 10 MB wait in them.
    const settings = { ca: own.ca, maxSessionMemory: 100, ...options }
    const session = http2.connect(`https://localhost:${port}`, settings)
    onTestFinished(() => session.destroy())
    await once(session, 'connect')
    return session
  }

  async function send(session: http2.ClientHttp2Session, path: string, body?: Buffer) {
    const stream = session.request({ ':path': path, ':method': body ? 'POST' : 'GET' })
    stream.end(body)
    return Buffer.concat(await stream.toArray())
  }

  it('runs many streams on a connection, and knows its TLS', async () => {
    const session = await connect(await serve(library))
    expect([session.encrypted, session.alpnProtocol]).toEqual([true, 'h2'])
    expect(session.socket).toBeInstanceOf(tls.TLSSocket)
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => send(session, '/', Buffer.from(`${i}`))),
    )
    expect(answers.map(String)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
    const found = JSON.parse(String(await send(session, '/what')))
    expect(found).toMatchObject({ version: '2.0', connections: 1, name: 'localhost' })
  })

  it('moves 8 MiB each way, in four streams at once', async () => {
    const session = await connect(await serve(library))
    const bytes = payload(8 << 20)
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(session, '/', bytes)))
    expect(answers.every((answer) => answer.equals(bytes))).toBe(true)
  })

  it('speaks TLS 1.2', async () => {
    const session = await connect(await serve(library), { maxVersion: 'TLSv1.2' })
    const found = JSON.parse(String(await send(session, '/what')))
    expect(found).toMatchObject({ version: '2.0', protocol: 'TLSv1.2' })
  })

  it('pings, shows a client certificate, and closes', async () => {
    const port = await serve(library, own.server, { requestCert: true, ca: own.ca })
    const { cert, key } = own.client
    const session = await connect(port, { cert, key })
    await new Promise((resolve, reject) =>
      session.ping((error) => (error ? reject(error) : resolve(undefined))),
    )
    const found = JSON.parse(String(await send(session, '/what')))
    expect(found).toMatchObject({ client: 'alice' })
    const closed = once(session, 'close')
    session.close()
    await closed
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    expect(await refusal(connect(await serve(library, own[name])))).toBe(codes[name])
  })
})

const curl = serverProgram('curl')
const openssl = serverProgram('openssl')
const [absent, title] = titled('curl and openssl to a server over handfast', { curl, openssl })
describe.skipIf(absent)(title, () => {
  it.each([
    ['--http1.1', '1.1'],
    ['--http2', '2.0'],
  ])('curl %s', async (flag, version) => {
    const port = await serve('handfast')
    const url = `https://localhost:${port}/what`
    const args = ['-sS', flag, '--cacert', own.caFile, '--max-time', '20', url]
    expect(JSON.parse(await output(curl!, args))).toMatchObject({ version, name: 'localhost' })
  })

  it('openssl s_client agrees on h2', async () => {
    const port = await serve('handfast')
    const child = start(openssl!, [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost'],
      ...['-alpn', 'h2', '-CAfile', own.caFile, '-verify_return_error'],
    ])
    await child.waitFor('ALPN', (log) => /ALPN protocol: h2/.test(log) || undefined)
    await child.stop()
    expect(child.log()).toContain('Verify return code: 0 (ok)')
  })
})

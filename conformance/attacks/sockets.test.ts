/** Attacks on the adapter: what a hostile client does to a server of `handfast/node`. The list is in list.ts. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectPlainly, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import * as handfast from '../../packages/handfast/src/node/index.ts'
import { recordOf } from '../../packages/handfast/test/engine/hostile/peer.ts'
import { exchange, pairOf } from '../../packages/handfast/test/engine/pair.ts'
import { authority, files, otherAuthority } from '../../packages/handfast/test/node/certificates.ts'

const servers: handfast.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(options: object) {
  const server = handfast.createServer({ ...(await files('good')), ...options }, (socket) => {
    socket.on('error', () => {})
    socket.end('served')
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

const connections = (server: handfast.Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

/** Until nobody is connected any more: a socket that was forgotten would keep its place. */
async function untilEmpty(server: handfast.Server): Promise<void> {
  const end = Date.now() + 5000
  while ((await connections(server)) > 0) {
    if (Date.now() > end) throw new Error(`${await connections(server)} connections are left`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function visit(port: number, options: object = {}) {
  const client = handfast.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: (await authority()).root,
    ...options,
  })
  let text = ''
  let session: Buffer | undefined
  let error: (Error & { code?: string }) | undefined
  client.on('session', (given: Buffer) => {
    session ??= given
  })
  client.on('error', (reason) => {
    error = reason
  })
  let reused = false
  client.on('secureConnect', () => {
    reused = client.isSessionReused()
  })
  client.on('data', (data) => {
    text += data
  })
  await new Promise((resolve) => client.once('close', resolve))
  return { text, session, error, reused }
}

describe("CVE-2026-21637: a program's callback that throws ends one connection, and nothing else", () => {
  const mistake = () => {
    throw new Error('a mistake of the program')
  }
  const callbacks: Readonly<Record<string, object>> = {
    SNICallback: { SNICallback: mistake },
    'SNICallback, later': {
      SNICallback: (_: string, done: (error: Error) => void) =>
        setImmediate(() => done(new Error('a mistake of the program'))),
    },
    ALPNCallback: { ALPNCallback: mistake },
    onClientHello: { onClientHello: mistake },
    'onClientHello, later': { onClientHello: async () => mistake() },
    cookie: { cookie: mistake },
    recordPadding: { recordPadding: mistake },
    clock: { clock: mistake },
    'a ticket service': {
      tickets: { lifetime: 100, issue: mistake, redeem: mistake },
    },
  }
  it.each(Object.keys(callbacks))('%s', async (name) => {
    const options = callbacks[name]!
    const { server, port } = await listen({})
    const thrower = await listen(options)
    const told: Error[] = []
    thrower.server.on('tlsClientError', (error) => told.push(error))
    const refused = await visit(thrower.port, { ALPNProtocols: ['h2'] })
    // Tickets are issued after the handshake: there the client is connected, and then cut off.
    expect(refused.text === '' || name === 'a ticket service').toBe(true)
    await untilEmpty(thrower.server)
    expect(told.length + (refused.error === undefined ? 0 : 1)).toBeGreaterThan(0)
    expect((await visit(port)).text).toBe('served')
    await untilEmpty(server)
  })
})

it('CVE-2025-68121: setSecureContext with other authorities takes authentication from sessions of before', async () => {
  const ca = (await authority()).root
  const own = await files('client')
  const { server, port } = await listen({ ca, requestCert: true })
  const first = await visit(port, own)
  expect(first.text).toBe('served')
  expect((await visit(port, { ...own, session: first.session })).reused).toBe(true)
  server.setSecureContext({ ...(await files('good')), ca: (await otherAuthority()).root })
  const later = await visit(port, { ...own, session: first.session })
  expect(later.reused).toBe(false)
  expect(later.text).toBe('')
})

describe('a client that talks TLS and then does not', () => {
  async function hostile(port: number, talk: (socket: Socket) => void): Promise<Buffer> {
    const socket = connectPlainly(port, '127.0.0.1')
    const heard: Buffer[] = []
    socket.on('error', () => {})
    socket.on('data', (data) => heard.push(data))
    await once(socket, 'connect')
    talk(socket)
    await new Promise((resolve) => socket.once('close', resolve))
    return Buffer.concat(heard)
  }
  const hello = (() => {
    const records: Uint8Array[] = []
    exchange(pairOf(), (from, record) => {
      if (from === 'client') records.push(record)
      return from === 'client' ? [record] : []
    })
    return records[0]!
  })()

  const talks: Readonly<Record<string, (socket: Socket) => void>> = {
    'CVE-2024-32650: ClientHello, then close_notify': (socket) => {
      socket.write(hello)
      socket.write(recordOf(21, Uint8Array.of(1, 0)))
    },
    'CVE-2016-8610 (SSL Death Alert): warnings without end': (socket) => {
      for (let i = 0; i < 1000; i++) socket.write(recordOf(21, Uint8Array.of(1, 90)))
    },
    'CVE-2020-12457: change_cipher_spec without end': (socket) => {
      socket.write(hello)
      for (let i = 0; i < 1000; i++) socket.write(recordOf(20, Uint8Array.of(1)))
    },
    'a ClientHello cut by a reset': (socket) => {
      socket.write(hello.subarray(0, 100), () => socket.resetAndDestroy())
    },
    'a ClientHello cut by an end': (socket) => socket.end(hello.subarray(0, 100)),
    'a ClientHello, and the end of its side': (socket) => socket.end(hello),
    'bytes that are no TLS, without end': (socket) => {
      const noise = Buffer.alloc(65_536, 'noise')
      const more = () => {
        while (!socket.destroyed && socket.write(noise));
      }
      socket.on('drain', more)
      more()
    },
    'slow loris: the handshake has its time, whatever trickles in': (socket) => {
      let at = 0
      const timer = setInterval(() => socket.write(hello.subarray(at, ++at)), 20)
      socket.once('close', () => clearInterval(timer))
    },
  }
  it.each(Object.keys(talks))('%s', async (name) => {
    const { server, port } = await listen({ handshakeTimeout: 500 })
    const told: Error[] = []
    server.on('tlsClientError', (error) => told.push(error))
    await hostile(port, talks[name]!)
    await untilEmpty(server)
    expect(told).toHaveLength(1)
    expect((await visit(port)).text).toBe('served')
  })
})

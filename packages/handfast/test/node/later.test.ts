/** What later lines of Node than 20 have added to sockets, and what is seen of a connection that waits or is too long. */
import * as net from 'node:net'
import * as nodeTls from 'node:tls'
import { Worker } from 'node:worker_threads'
import { createAuthority } from '@handfast/ca'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { plainPair } from './plainPair.ts'
import { once, same, type Tls } from './same.ts'

const libraries: Readonly<Record<string, Tls>> = {
  node: nodeTls,
  handfast: handfast as unknown as Tls,
}

async function listen(tls: Tls, options: object = {}, host = '127.0.0.1'): Promise<number> {
  const server = tls.createServer({ ...(await files('good')), ...options }, (socket) =>
    socket.end(),
  )
  server.on('tlsClientError', () => {})
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as net.AddressInfo).port
}

/** The code of the error that a client ends with; `secure` without one. */
function outcome(client: nodeTls.TLSSocket): Promise<string | undefined> {
  onTestFinished(() => {
    client.destroy()
  })
  client.resume()
  return new Promise((resolve) => {
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    client.once('secureConnect', () => resolve('secure'))
  })
}

const blocksAddresses = 'isBlockList' in net.BlockList
const hasTypeOfService = 'setTypeOfService' in net.Socket.prototype

describe.each(Object.entries(libraries))('%s', (_, tls) => {
  it.skipIf(!blocksAddresses)('blockList of a server lets nobody in (Node 22.13)', async () => {
    const blockList = new net.BlockList()
    blockList.addAddress('127.0.0.1')
    const port = await listen(tls, { blockList })
    const options = { port, host: '127.0.0.1', ca: (await authority()).root }
    expect(await outcome(tls.connect(options))).toBe('ECONNRESET')
  })

  it('connectListener hears of the connection', async () => {
    const port = await listen(tls)
    // Node's own makes the socket below itself.
    const below = tls === nodeTls ? undefined : new net.Socket()
    const client = new tls.TLSSocket(below as never, { rejectUnauthorized: false } as never)
    client.on('error', () => {})
    await new Promise<void>((connectListener) => {
      client.connect({ port, host: '127.0.0.1' }, connectListener)
    })
    expect(client.connecting).toBe(false)
    client.destroy()
  })

  it('connectionAttemptTimeout tells of an address that does not answer', async () => {
    // Another program may have that port of the other address.
    let port: number
    do port = await listen(tls, {}, '127.0.0.2')
    while (!(await swallow(port)))
    const client = tls.connect({
      port,
      host: 'localhost',
      ca: (await authority()).root,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 50,
      lookup: (_name: string, _options: object, answer: (...args: unknown[]) => void) =>
        answer(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]),
    } as never)
    const timeouts: unknown[] = []
    client.on('connectionAttemptTimeout', (...what) => timeouts.push(what))
    expect(await outcome(client)).toBe('secure')
    expect(timeouts).toEqual([['127.0.0.1', port, 4]])
  })
})

same(
  'getSession() when a TLS 1.2 handshake is complete',
  async (run) => {
    const port = await run.listen(await files('good'), (socket) => socket.end())
    const client = run.connect({ port, ca: (await authority()).root })
    client.resume()
    await once(client, 'secureConnect')
    run.see('client', Buffer.isBuffer(client.getSession()), Buffer.isBuffer(client.getTLSTicket()))
    await once(client, 'close')
  },
  { versions: ['TLSv1.2'] },
)

it('server is that of an accepted socket, and undefined of a client, as in Node', () => {
  for (const tls of Object.values(libraries)) {
    const server = tls.createServer()
    const [ours, theirs] = plainPair()
    const accepted = new tls.TLSSocket(ours as never, { isServer: true, server })
    const client = new tls.TLSSocket(theirs as never)
    for (const socket of [accepted, client]) socket.on('error', () => {}).destroy()
    expect([accepted, client].map((socket) => Reflect.get(socket, 'server'))).toEqual([
      server,
      undefined,
    ])
  }
})

it('setKeepAlive hands on what later lines of Node take', () => {
  const transport = new net.Socket()
  const setKeepAlive = vi.spyOn(transport, 'setKeepAlive')
  const socket = new handfast.TLSSocket(transport)
  const settings = { enable: true, initialDelay: 1000, interval: 1000, count: 3 }
  expect(socket.setKeepAlive(settings)).toBe(socket)
  socket.setKeepAlive(true, 1000, 2000, 4)
  expect(setKeepAlive.mock.calls).toEqual([[settings], [true, 1000, 2000, 4]])
  socket.destroy()
})

it.skipIf(!hasTypeOfService)('getTypeOfService and setTypeOfService (Node 24.15)', async () => {
  const port = await listen(nodeTls)
  const client = handfast.connect({ port, host: '127.0.0.1', ca: (await authority()).root })
  await once(client, 'connect')
  expect(client.setTypeOfService(16)).toBe(client)
  expect(client.getTypeOfService()).toBe(16)
  client.destroy()
})

it('says that there is no type of service where there is none', () => {
  const socket = new handfast.TLSSocket(plainPair()[0])
  for (const call of [() => socket.getTypeOfService(), () => socket.setTypeOfService(8)])
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_FEATURE_UNAVAILABLE' }))
  socket.destroy()
})

describe('a transport that fails when the peer has ended without a word', () => {
  /** What a client says that ends, or writes once more, over a transport that can be read to its end and not written. */
  async function events(write: boolean): Promise<string[]> {
    const [ours, theirs] = plainPair()
    const peer = new handfast.TLSSocket(theirs, { isServer: true, ...(await files('good')) })
    peer.on('error', () => {}).resume()
    const ca = (await authority()).root
    const client = new handfast.TLSSocket(ours, {
      ca,
      servername: 'localhost',
      allowHalfOpen: write,
    })
    await once(client, 'secureConnect')
    const gone = Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET' })
    ours._write = (_chunk, _encoding, done) => done(gone)
    const seen: string[] = []
    client.on('end', () => {
      seen.push('end')
      if (write) client.write('x')
    })
    client.on('error', ({ code }: NodeJS.ErrnoException) => seen.push(`error ${code}`))
    const closed = new Promise((resolve) => client.once('close', resolve))
    client.resume()
    ours.push(null)
    await closed
    peer.destroy()
    return [...seen, 'close']
  }

  it('is no error where nothing but the goodbye is left to be said', async () => {
    expect(await events(false)).toEqual(['end', 'close'])
  })

  it('is one where the program has more to say', async () => {
    expect(await events(true)).toEqual(['end', 'error ECONNRESET', 'close'])
  })
})

it('CERT_CHAIN_TOO_LONG is of more than 8 intermediates', async () => {
  const root = await createAuthority()
  let above = root
  const chain: string[] = []
  const results: (string | undefined)[] = []
  for (let length = 1; length <= 9; length++) {
    above = await above.createIntermediate()
    chain.unshift(above.certificate)
    if (length < 8) continue
    const { certificate, key } = await above.issue({ names: ['127.0.0.1'] })
    const cert = [certificate, ...chain].join('')
    const port = await listen(libraries.node!, { cert, key })
    for (const tls of Object.values(libraries))
      results.push(await outcome(tls.connect({ port, host: '127.0.0.1', ca: root.root })))
  }
  expect(results).toEqual(['secure', 'secure', 'secure', 'CERT_CHAIN_TOO_LONG'])
})

/**
 * A listener on this port of 127.0.0.1 whose queue is full: who connects hears nothing. Its thread sleeps, so that nobody
 * is ever accepted.
 * @returns false where another program has the port
 */
async function swallow(port: number): Promise<boolean> {
  const worker = new Worker(
    `const { parentPort, workerData: port } = require('node:worker_threads')
     require('node:net').createServer()
       .on('error', () => parentPort.postMessage(false))
       .listen({ port, host: '127.0.0.1', backlog: 1 }, () => {
         parentPort.postMessage(true)
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
       })`,
    { eval: true, workerData: port },
  )
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [isThere] = await once(worker, 'message')
  if (!isThere) return false
  // Linux keeps one more than it is told to, and passes over the next.
  for (let i = 0; i < 2; i++) {
    const waiting = net.connect(port, '127.0.0.1')
    waiting.on('error', () => {})
    onTestFinished(() => {
      waiting.destroy()
    })
    await once(waiting, 'connect')
  }
  return true
}

/** The stream: amounts of data, slow readers and writers, and transports that are no sockets. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { plainPair } from './plainPair.ts'
import { once, same } from './same.ts'

async function ca() {
  return (await authority()).root
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const closed = (socket: { once(event: 'close', listener: () => void): unknown }) =>
  new Promise<void>((resolve) => socket.once('close', resolve))

/** Two ends of a transport that is no socket. */
function duplexPair(through: () => Transform = () => new PassThrough()): [Duplex, Duplex] {
  const there = through()
  const back = through()
  return [
    Duplex.from({ readable: back, writable: there }),
    Duplex.from({ readable: there, writable: back }),
  ]
}

/** Cuts what passes into single bytes. */
const bytewise = () =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) this.push(Buffer.of(byte))
      done()
    },
  })

async function secure(client: Duplex, server: Duplex, options: object = {}) {
  const serverSide = new handfast.TLSSocket(server, {
    isServer: true,
    secureContext: handfast.createSecureContext({ ...(await files('good')), ...options }),
    ...options,
  })
  const clientSide = handfast.connect({ socket: client, ca: await ca(), ...options })
  await Promise.all([once(clientSide, 'secureConnect'), once(serverSide, 'secure')])
  return { clientSide, serverSide }
}

same('many bytes in both directions, by pipeline', async (run) => {
  const bytes = randomBytes(3_000_000)
  const port = await run.listen(
    { ...(await files('good')), allowHalfOpen: true } as never,
    (socket) => {
      pipeline(socket, socket).then(
        () => run.see('server', 'done', socket.bytesRead, socket.bytesWritten),
        (error) => run.see('server', error),
      )
    },
  )
  const client = run.connect({ port, ca: await ca(), allowHalfOpen: true } as never)
  const received: Buffer[] = []
  client.on('data', (chunk) => received.push(chunk))
  await pipeline(Readable.from(chunksOf(bytes, 70_000)), client, { end: true })
  if (!client.closed) await closed(client)
  run.see(
    'client',
    digest(Buffer.concat(received)) === digest(bytes),
    client.bytesRead,
    client.bytesWritten,
  )
})

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

same('writes of every kind', async (run) => {
  let received = ''
  const port = await run.listen(await files('good'), (socket) => {
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      received += text
    })
    socket.on('end', () => run.see('server', received))
  })
  const client = run.connect({ port, ca: await ca() })
  client.cork()
  client.write('text ')
  client.write('', () => run.see('client', 'empty'))
  client.write('ž', 'utf8')
  client.write('6162', 'hex')
  client.write(Uint8Array.of(99))
  client.uncork()
  client.write(Buffer.from('d'), () => run.see('client', 'written'))
  await once(client, 'secureConnect')
  client.write('x'.repeat(100))
  client.end('.', () => run.see('client', 'ended'))
  client.resume()
  await closed(client)
})

for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
  describe(`back-pressure (${version})`, () => {
    const pinned = { minVersion: version, maxVersion: version }
    it('stops reading the transport while the reader is slow', async () => {
      const server = handfast.createServer({ ...(await files('good')), ...pinned }, (socket) => {
        socket.write(Buffer.alloc(20_000_000))
        socket.on('error', () => {})
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as import('node:net').AddressInfo
      const client = handfast.connect({ port, host: '127.0.0.1', ca: await ca() })
      await once(client, 'secureConnect')
      while (client.bytesRead === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(client.bytesRead).toBeLessThan(400_000)
      expect(client.readableLength).toBe(client.bytesRead)
      client.resume()
      while (client.bytesRead < 20_000_000) await once(client, 'data')
      client.destroy()
      server.close()
    })

    it('keeps the writer waiting while the reader is slow', async () => {
      let peer: handfast.TLSSocket | undefined
      const server = handfast.createServer({ ...(await files('good')), ...pinned }, (socket) => {
        peer = socket
        socket.on('error', () => {})
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as import('node:net').AddressInfo
      const client = handfast.connect({ port, host: '127.0.0.1', ca: await ca() })
      await once(client, 'secureConnect')
      let written = 0
      const block = Buffer.alloc(16_384)
      const fill = () => {
        while (written < 1000) {
          written++
          if (!client.write(block)) break
        }
      }
      client.on('drain', fill)
      fill()
      await new Promise((resolve) => setTimeout(resolve, 150))
      const stuck = written
      expect(stuck).toBeLessThan(1000)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(written).toBe(stuck)
      peer?.resume()
      while (written < 1000) await once(client, 'drain')
      client.destroy()
      server.close()
    })
  })

same('a slow writable gets everything', async (run) => {
  const bytes = randomBytes(1_000_000)
  const port = await run.listen(await files('good'), (socket) => socket.end(bytes))
  const client = run.connect({ port, ca: await ca() })
  const received: Buffer[] = []
  const slow = new Writable({
    highWaterMark: 1000,
    write(chunk, _encoding, done) {
      received.push(chunk)
      setImmediate(done)
    },
  })
  await pipeline(client, slow)
  run.see('client', digest(Buffer.concat(received)) === digest(bytes))
})

same('an end with data that has not gone out yet', async (run) => {
  const bytes = randomBytes(3_000_000)
  let done: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    done = resolve
  })
  const port = await run.listen(await files('good'), (socket) => {
    const received: Buffer[] = []
    // A reader that takes its time: most of it waits at the client.
    socket.pause()
    setTimeout(() => socket.resume(), 50)
    socket.on('data', (chunk) => received.push(chunk))
    socket.pause()
    socket.on('end', () => {
      run.see('server', digest(Buffer.concat(received)) === digest(bytes))
      done()
    })
  })
  const client = run.connect({ port, ca: await ca() })
  for (const chunk of chunksOf(bytes, 100_000)) client.write(chunk)
  client.end(() => run.see('client', 'ended'))
  client.resume()
  run.watch('client', client, 'finish', 'end', 'error')
  await Promise.all([closed(client), gone])
})

describe('over other transports', () => {
  for (const [what, through] of [
    ['a pair of PassThroughs', () => new PassThrough()],
    ['single bytes', bytewise],
  ] as const)
    for (const version of ['TLSv1.3', 'TLSv1.2'])
      it(`${what} (${version})`, async () => {
        const pinned = { minVersion: version, maxVersion: version }
        const { clientSide, serverSide } = await secure(...duplexPair(through), pinned)
        expect(clientSide.getProtocol()).toBe(version)
        const bytes = randomBytes(20_000)
        const received: Buffer[] = []
        serverSide.pipe(serverSide)
        clientSide.on('data', (chunk: Buffer) => received.push(chunk))
        clientSide.end(bytes)
        await Promise.all([closed(clientSide), closed(serverSide)])
        expect(digest(Buffer.concat(received))).toBe(digest(bytes))
        expect(clientSide.remoteAddress).toBeUndefined()
        expect(clientSide.truncated || serverSide.truncated).toBe(false)
      })

  for (const [within, without] of [
    ['TLSv1.3', 'TLSv1.3'],
    ['TLSv1.2', 'TLSv1.3'],
    ['TLSv1.3', 'TLSv1.2'],
    ['TLSv1.2', 'TLSv1.2'],
  ])
    it(`${within} over ${without}`, async () => {
      const outer = await secure(...duplexPair(), { minVersion: without, maxVersion: without })
      const only = { minVersion: within, maxVersion: within }
      const inner = await secure(outer.clientSide, outer.serverSide, only)
      inner.serverSide.end('from within')
      const [data] = await once(inner.clientSide, 'data')
      expect(String(data)).toBe('from within')
      inner.clientSide.end()
      inner.clientSide.resume()
      await Promise.all([closed(inner.clientSide), closed(outer.serverSide)])
    })

  same('a socket that is connected', async (run) => {
    const { connect } = await import('node:net')
    const port = await run.listen(await files('good'), (socket) => socket.end('hello'))
    const transport = connect(port, '127.0.0.1')
    await once(transport, 'connect')
    const client = run.connect({
      socket: transport,
      ca: await ca(),
      host: 'localhost',
      servername: 'localhost',
    })
    run.watch('client', client, 'secureConnect', 'data', 'end', 'close', 'error')
    run.see('client', client.connecting, client.remoteAddress)
    await closed(client)
    run.see('transport', transport.destroyed)
  })

  same('a socket that is connecting', async (run) => {
    const { connect } = await import('node:net')
    const port = await run.listen(await files('good'), (socket) => socket.end('hello'))
    const transport = connect(port, '127.0.0.1')
    const client = run.connect({ socket: transport, ca: await ca(), servername: 'localhost' })
    run.watch('client', client, 'secureConnect', 'data', 'end', 'close', 'error')
    await closed(client)
  })

  same('a socket with plain bytes before (STARTTLS)', async (run) => {
    const { connect } = await import('node:net')
    const context = run.server.createSecureContext({
      ...(await files('good')),
      ...run.pinned,
    })
    const server = createNetServer((plain) => {
      plain.write('220 ready\r\n')
      plain.once('data', () => {
        plain.write('220 go ahead\r\n')
        const socket = new run.server.TLSSocket(plain, { isServer: true, secureContext: context })
        socket.on('data', (data) => {
          run.see('server', data)
          socket.end('bye')
        })
        socket.on('error', () => {})
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const plain = connect((server.address() as import('node:net').AddressInfo).port, '127.0.0.1')
    const [greeting] = await once(plain, 'data')
    run.see('plain', greeting)
    plain.write('STARTTLS\r\n')
    const [answer] = await once(plain, 'data')
    run.see('plain', answer)
    plain.removeAllListeners('data')
    const client = run.connect({ socket: plain, ca: await ca(), servername: 'localhost' })
    run.watch('client', client, 'secureConnect', 'data', 'end', 'close', 'error')
    client.write('hello')
    await closed(client)
    server.close()
  })

  same('a unix socket', async (run) => {
    const path = join(mkdtempSync(join(tmpdir(), 'handfast-')), 'socket')
    const server = run.server.createServer({ ...(await files('good')), ...run.pinned }, (socket) =>
      socket.end('hello'),
    )
    server.listen(path)
    await once(server, 'listening')
    const client = run.client.connect({ path, ca: await ca(), servername: 'localhost' })
    run.watch('client', client, 'secureConnect', 'data', 'end', 'close', 'error')
    await closed(client)
    server.close()
  })

  same("a Duplex given to the server's event connection", async (run) => {
    const [there, here] = plainPair()
    let server: import('node:tls').Server | undefined
    await run.listen(
      await files('good'),
      (socket) => socket.end('hello'),
      (listening) => {
        server = listening
      },
    )
    server?.emit('connection', here)
    const client = run.connect({ socket: there, ca: await ca(), servername: 'localhost' })
    run.watch('client', client, 'secureConnect', 'data', 'end')
    await once(client, 'end')
  })

  it('a transport that is in object mode is refused', async () => {
    const transport = new Duplex({ objectMode: true, read() {}, write: (_c, _e, done) => done() })
    const client = handfast.connect({ socket: transport })
    setImmediate(() => transport.push({ no: 'bytes' }))
    const error = await new Promise<{ code?: string }>((resolve) => client.once('error', resolve))
    expect(error.code).toBe('ERR_STREAM_WRAP')
  })
})

describe('an end without close_notify', () => {
  const cutOff = async (options: object) => {
    const [client, server] = duplexPair()
    const { clientSide, serverSide } = await secure(client, server, options)
    // The client answers the end with its own, which is no better.
    serverSide.on('error', () => {})
    serverSide.write('some')
    const [data] = await once(clientSide, 'data')
    expect(String(data)).toBe('some')
    clientSide.resume()
    server.end()
    return clientSide
  }

  it('is an end like any other, and is remembered', async () => {
    const client = await cutOff({})
    await once(client, 'end')
    expect(client.truncated).toBe(true)
  })

  it('is an error with requireCloseNotify', async () => {
    const client = await cutOff({ requireCloseNotify: true })
    const error = await new Promise<{ code?: string }>((resolve) => client.once('error', resolve))
    expect(error.code).toBe('ERR_TRUNCATED')
  })
})

it('makes 1000 connections without leaking a listener, and leaves nothing unhandled', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const own = await files('good')
  const server = handfast.createServer({ ...own, groups: 'X25519' }, (socket) =>
    socket.pipe(socket),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as import('node:net').AddressInfo
  const secureContext = handfast.createSecureContext({ ca: await ca(), groups: 'X25519' })
  const counts = () => [...server.eventNames()].map((name) => server.listenerCount(name))
  const before = counts()
  let session: Buffer | undefined
  for (let round = 0; round < 100; round++)
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = handfast.connect({
          port,
          host: '127.0.0.1',
          secureContext,
          ...(session && { session }),
        })
        client.once('session', (bytes: Buffer) => {
          session = bytes
        })
        client.end('x')
        client.resume()
        await closed(client)
        expect(client.transport.listenerCount('data')).toBe(0)
      }),
    )
  expect(counts()).toEqual(before)
  const left = await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))
  expect(left).toBeLessThan(20)
  server.close()
  await once(server, 'close')
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

describe('the end of the handshake', () => {
  /** Both ends in memory. @returns how often each wrote to its transport, and what the server read until its end */
  async function writes(program: (client: handfast.TLSSocket) => void) {
    const [client, server] = plainPair()
    const counts = { client: 0, server: 0 }
    for (const [end, socket] of Object.entries({ client, server }) as ['client', Duplex][]) {
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
      socket.write = (...args: unknown[]) => {
        counts[end]++
        return write(...args)
      }
    }
    const { serverSide, clientSide } = makeSecure(client, server, await files('good'), await ca())
    const complete = once(serverSide, 'secure')
    const read = serverSide.toArray()
    await once(clientSide, 'secureConnect')
    program(clientSide)
    await complete
    return { counts, clientSide, serverSide, read }
  }

  function makeSecure(client: Duplex, server: Duplex, identity: object, root: string) {
    const secureContext = handfast.createSecureContext(identity)
    const serverSide = new handfast.TLSSocket(server, { isServer: true, secureContext })
    return { serverSide, clientSide: handfast.connect({ socket: client, ca: root }) }
  }

  it('leaves in one write with what the program sends in the same turn', async () => {
    const { counts, read } = await writes((client) => client.end('request'))
    expect(Buffer.concat(await read).toString()).toBe('request')
    // The client: ClientHello; Finished and the request; close_notify. The server: its flight; tickets and close_notify.
    expect(counts).toEqual({ client: 3, server: 2 })
  })

  it('leaves by itself where the program sends nothing', async () => {
    const { counts, clientSide, serverSide, read } = await writes(() => {})
    expect(counts.client).toBe(2)
    clientSide.destroy()
    serverSide.destroy()
    await expect(read).rejects.toThrow()
  })

  it('leaves also where the program destroys the socket in that turn', async () => {
    const { counts, serverSide, read } = await writes((client) => client.destroy())
    expect(counts.client).toBe(2)
    serverSide.destroy()
    await expect(read).rejects.toThrow()
  })
})

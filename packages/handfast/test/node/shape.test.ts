/** What programs expect of every socket, and of this one: that it is a net.Socket, and what that has. */
import {
  type AddressInfo,
  createServer as createNetServer,
  connect as dial,
  Socket,
} from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once, same, sameCall } from './same.ts'

async function ca() {
  return (await authority()).root
}

same('is a net.Socket at both ends, with its properties', async (run) => {
  const describe = (track: string, socket: import('node:tls').TLSSocket) =>
    run.see(
      track,
      socket instanceof Socket,
      socket instanceof Duplex,
      Object.keys(socket.address()).sort(),
      typeof socket.remotePort,
      typeof socket.localPort,
      socket.localAddress,
      socket.localFamily,
      socket.pending,
      socket.connecting,
      socket.destroyed,
      socket.readyState,
      socket.bufferSize,
      socket.ref() === socket,
      socket.unref() === socket,
      socket.setNoDelay(true) === socket,
      socket.setKeepAlive(true, 1000) === socket,
      socket.setTimeout(0) === socket,
      socket.setEncoding('utf8') === socket,
      socket.pause() === socket,
      socket.isPaused(),
      socket.resume() === socket,
    )
  let server: import('node:tls').TLSSocket | undefined
  const port = await run.listen(await files('good'), (socket) => {
    server = socket
    describe('server', socket)
    socket.once('data', () => socket.end())
  })
  const client = run.connect({ port, ca: await ca() })
  client.ref()
  await once(client, 'secureConnect')
  client.ref()
  describe('client', client)
  client.ref()
  client.write('x')
  await once(client, 'close')
  run.see('after', client.pending, client.readyState, client.bufferSize, server !== undefined)
})

// resetAndDestroy() of node:tls throws: its handle is none of TCP's. Here the transport's is meant.
for (const call of ['destroySoon', 'destroy'] as const)
  same(`${call}()`, async (run) => {
    const port = await run.listen(await files('good'), (socket) => {
      socket.on('error', () => {})
      socket.resume()
    })
    const client = run.connect({ port, ca: await ca() })
    run.watch('client', client, 'error', 'close')
    await once(client, 'secureConnect')
    client.write('x')
    client[call]()
    await new Promise((resolve) => client.once('close', resolve))
    run.see('client', client.destroyed)
  })

same('onread gets what is received', async (run) => {
  const port = await run.listen(await files('good'), (socket) => {
    socket.on('error', () => {})
    socket.write('a'.repeat(25))
    setTimeout(() => socket.end('bye'), 30)
  })
  const buffer = Buffer.alloc(10)
  const client = run.connect({
    port,
    ca: await ca(),
    onread: {
      buffer,
      callback(this: unknown, bytes: number, given: Uint8Array) {
        run.see(
          'client',
          bytes,
          given === buffer,
          this === client,
          Buffer.from(given.subarray(0, bytes)),
        )
        if (bytes !== 5) return true
        setTimeout(() => client.resume(), 20)
        return false
      },
    },
  } as never)
  run.watch('client', client, 'data', 'end')
  await once(client, 'close')
  run.see('client', client.bytesRead)
})

same('onread with a function for its buffer', async (run) => {
  const port = await run.listen(await files('good'), (socket) => socket.end('hello'))
  const client = run.connect({
    port,
    ca: await ca(),
    onread: {
      buffer: () => Buffer.alloc(3),
      callback(bytes: number, given: Uint8Array) {
        run.see('client', bytes, Buffer.from(given.subarray(0, bytes)))
        return true
      },
    },
  } as never)
  await once(client, 'close')
})

describe('of handfast', () => {
  it('resets the connection below with resetAndDestroy()', async () => {
    const server = handfast.createServer(await files('good'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'secureConnection')
    const client = handfast.connect({
      port: (server.address() as AddressInfo).port,
      ca: await ca(),
    })
    await once(client, 'secureConnect')
    const [socket] = await accepted
    client.resetAndDestroy()
    const error = await new Promise((resolve) => socket.once('error', resolve))
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    server.close()
  })

  it('refuses an onread of a wrong type', () => {
    for (const onread of [
      5,
      {},
      { buffer: Buffer.alloc(5) },
      { buffer: 'x', callback: () => true },
    ])
      expect(() => handfast.connect({ port: 1, onread: onread as never })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      )
  })

  it('connects a socket that does not belong to a connection yet', async () => {
    const server = handfast.createServer(await files('good'), (socket) => socket.end('hello'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const socket = new handfast.TLSSocket(new Socket(), { ca: await ca(), servername: 'localhost' })
    socket.connect(port, '127.0.0.1')
    const [data] = await once(socket, 'data')
    expect(String(data)).toBe('hello')
    socket.destroy()
    server.close()
    const over = new handfast.TLSSocket(new Duplex({ read() {}, write: (_c, _e, done) => done() }))
    over.on('error', () => {})
    expect(() => over.connect(1)).toThrow(/no net\.Socket/)
    over.destroy()
  })

  it('prints a trace where enableTrace() is called at once, and says when it is too late', async () => {
    const written: string[] = []
    const write = process.stderr.write
    process.stderr.write = (text) => {
      written.push(String(text))
      return true
    }
    const server = handfast.createServer(await files('good'), (socket) => socket.end())
    try {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const client = handfast.connect({ port, ca: await ca() })
      client.enableTrace()
      await once(client, 'secureConnect')
      expect(() => client.enableTrace()).toThrow(/began/)
      client.destroy()
    } finally {
      process.stderr.write = write
      server.close()
    }
    expect(written.join('')).toMatch(/TLS client: → ClientHello/)
  })

  it('is not taken for a socket with a handle, by Node itself', async () => {
    const server = createNetServer((plain) => plain.pipe(plain))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const plain = dial((server.address() as AddressInfo).port, '127.0.0.1')
    const socket = new handfast.TLSSocket(plain)
    socket.on('error', () => {})
    expect((socket as unknown as { _handle?: unknown })._handle).toBeUndefined()
    socket.destroy()
    server.close()
  })
})

const constants = [
  'CLIENT_RENEG_LIMIT',
  'CLIENT_RENEG_WINDOW',
  'DEFAULT_ECDH_CURVE',
  'DEFAULT_MIN_VERSION',
  'DEFAULT_MAX_VERSION',
] as const
for (const name of constants)
  sameCall(name, (tls) => (tls as unknown as Record<string, unknown>)[name])

it('takes what is assigned to the default export', async () => {
  const tls = handfast.default
  const before = tls.DEFAULT_MAX_VERSION
  try {
    tls.DEFAULT_MAX_VERSION = 'TLSv1.2'
    tls.DEFAULT_CIPHERS = 'AES128-SHA'
    expect(tls.createSecureContext().versions).toEqual([0x0303])
    expect(tls.createSecureContext().cipherSuites).toContain(0x2f)
  } finally {
    tls.DEFAULT_MAX_VERSION = before
    tls.DEFAULT_CIPHERS = handfast.DEFAULT_CIPHERS
  }
  expect(tls.createSecureContext().cipherSuites).toBeUndefined()
})

/** Connections that fail, end early or are given up: the errors and events of node:tls. */
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once, type Run, same } from './same.ts'

async function ca() {
  return (await authority()).root
}

const closed = (socket: { once(event: 'close', listener: () => void): unknown }) =>
  new Promise<void>((resolve) => socket.once('close', resolve))

/** A server that speaks what the callback says. */
async function plainServer(
  onSocket: (socket: Socket) => void,
): Promise<{ port: number; stop(): void }> {
  const server = createNetServer(onSocket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() }
}

/** What the server wrote at once may come with the end of the handshake, or after it. */
const withoutData = ({ client = [], ...seen }: Record<string, unknown[]>) => ({
  ...seen,
  client: client.filter((what) => (what as unknown[])[0] !== 'data'),
})

describe('a client', () => {
  same(
    'that nobody answers',
    async (run) => {
      const { port, stop } = await plainServer(() => {})
      stop()
      await new Promise((resolve) => setTimeout(resolve, 10))
      const client = run.connect({ port })
      client.on('error', (error: NodeJS.ErrnoException) =>
        run.see('client', error.code, error.syscall),
      )
      run.watch('client', client, 'close')
      await closed(client)
    },
    { except: ['node/handfast'] },
  )

  const peers: Readonly<Record<string, (socket: Socket) => void>> = {
    'that ends at once': (socket) => socket.end(),
    'that resets': (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'that ends after the hello': (socket) => socket.once('data', () => socket.end()),
    'that speaks HTTP': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'that speaks SMTP': (socket) => socket.write('220 mail.example.test ESMTP\r\n'),
    'that alerts': (socket) => socket.end(Buffer.from('15030300020228', 'hex')),
    'that has another version': (socket) =>
      socket.once('data', () => socket.end(Buffer.from('15030100020246', 'hex'))),
  }
  for (const [what, peer] of Object.entries(peers))
    same(
      `and a server ${what}`,
      async (run) => {
        const { port, stop } = await plainServer((socket) => {
          socket.on('error', () => {})
          peer(socket)
        })
        const client = run.connect({ port })
        run.watch('client', client, 'secureConnect', 'error', 'close')
        await closed(client)
        run.see('after', client.destroyed, client.readyState)
        stop()
      },
      { except: ['node/handfast'] },
    )

  for (const when of [
    'at once',
    'when connected',
    'when secure',
    'when data came',
    'after its end',
  ])
    same(
      `that is destroyed ${when}`,
      async (run) => {
        const port = await run.listen(await files('good'), (socket) => {
          socket.on('error', () => {})
          socket.write('hello')
          socket.resume()
        })
        const client = run.connect({ port, ca: await ca() })
        run.watch('client', client, 'secureConnect', 'data', 'end', 'error', 'close')
        const destroy = () => {
          client.destroy()
          run.see('destroyed', client.destroyed, client.writable, client.readable)
        }
        if (when === 'at once') destroy()
        if (when === 'when connected') client.once('connect', destroy)
        if (when === 'when secure') client.once('secureConnect', destroy)
        if (when === 'when data came') client.once('data', destroy)
        if (when === 'after its end') {
          client.once('secureConnect', () => client.end())
          client.once('finish', destroy)
        }
        await closed(client)
      },
      { normalize: withoutData },
    )

  same('that is destroyed with an error', async (run) => {
    const port = await run.listen(await files('good'), (socket) => socket.on('error', () => {}))
    const client = run.connect({ port, ca: await ca() })
    run.watch('client', client, 'secureConnect', 'error', 'close')
    client.once('secureConnect', () => client.destroy(new Error('enough')))
    await closed(client)
  })

  same('with writes when it is destroyed', async (run) => {
    const port = await run.listen(await files('good'))
    const client = run.connect({ port, ca: await ca() })
    run.watch('client', client, 'error', 'close')
    client.write('x', (error) => run.see('first', (error as { code?: string } | null)?.code))
    client.write('y', (error) => run.see('second', (error as { code?: string } | null)?.code))
    client.destroy()
    await closed(client)
  })

  same('that writes after its end', async (run) => {
    const port = await run.listen(await files('good'), (socket) => socket.resume())
    const client = run.connect({ port, ca: await ca() })
    run.watch('client', client, 'error', 'close')
    await once(client, 'secureConnect')
    client.end()
    client.write('late', (error) => run.see('write', error))
    await closed(client)
  })

  same('with a signal that is given later', async (run) => {
    const port = await run.listen(await files('good'))
    const controller = new AbortController()
    const client = run.connect({ port, ca: await ca(), signal: controller.signal } as never)
    run.watch('client', client, 'secureConnect', 'error', 'close')
    client.once('secureConnect', () => controller.abort())
    await closed(client)
  })

  same('that is idle', async (run) => {
    const port = await run.listen(await files('good'))
    const client = run.connect({ port, ca: await ca(), timeout: 250 })
    run.watch('client', client, 'secureConnect', 'timeout', 'close')
    client.once('timeout', () => client.destroy())
    await closed(client)
    run.see('timeout', client.timeout)
  })

  same('with a callback for its timeout, and none', async (run) => {
    const port = await run.listen(await files('good'))
    const client = run.connect({ port, ca: await ca() })
    await once(client, 'secureConnect')
    const never = () => run.see('timeout', 'never')
    client.setTimeout(20, never)
    client.setTimeout(0, never)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise<void>((resolve) => client.setTimeout(20, resolve))
    run.see('timeout', client.timeout)
    client.destroy()
    await closed(client)
  })
})

describe('a server', () => {
  /** What the server says of a client that is no TLS client. */
  const reports = async (run: Run, talk: (port: number) => void, options: object = {}) => {
    let report: () => void = () => {}
    const reported = new Promise<void>((resolve) => {
      report = resolve
    })
    const port = await run.listen(
      { ...(await files('good')), ...options },
      () => run.see('server', 'secureConnection'),
      (server) =>
        server.on('tlsClientError', (error, socket) => {
          run.see('server', error, socket instanceof run.server.TLSSocket)
          report()
        }),
    )
    talk(port)
    await reported
  }
  const net = (talk: (socket: Socket) => void) => async (port: number) => {
    const { connect } = await import('node:net')
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('connect', () => talk(socket))
    socket.resume()
  }
  const only = { except: ['handfast/node'] } as const

  same(
    'and a client that ends at once',
    (run) =>
      reports(
        run,
        net((socket) => socket.end()),
      ),
    only,
  )
  same(
    'and a client that resets',
    (run) =>
      reports(
        run,
        net((socket) => setTimeout(() => socket.resetAndDestroy(), 20)),
      ),
    only,
  )
  same(
    'and a client that speaks HTTP',
    (run) =>
      reports(
        run,
        net((socket) => socket.write('GET / HTTP/1.1\r\n\r\n')),
      ),
    only,
  )
  same(
    'and a client that speaks nonsense',
    (run) =>
      reports(
        run,
        net((socket) => socket.write('fhqwhgads, fhqwhgads')),
      ),
    only,
  )
  same(
    'and a client that says nothing',
    (run) =>
      reports(
        run,
        net(() => {}),
        { handshakeTimeout: 60 },
      ),
    only,
  )
})

it('says of an alert what it means, and what helps', async () => {
  const { port, stop } = await plainServer((socket) => {
    socket.on('error', () => {})
    socket.end(Buffer.from('15030300020228', 'hex'))
  })
  const client = handfast.connect({ port, host: '127.0.0.1' })
  const seen = await new Promise((resolve) => client.once('error', resolve))
  expect(seen).toMatchObject({
    // OpenSSL has renamed it.
    code: expect.stringMatching(/^ERR_SSL_(SSLV3|SSL\/TLS)_ALERT_HANDSHAKE_FAILURE$/),
    library: 'SSL routines',
    reason: expect.stringMatching(/^(sslv3|ssl\/tls) alert handshake failure$/),
    help: expect.stringMatching(/\w/),
    cause: { code: 'ERR_ALERT_RECEIVED', blame: 'incompatible', received: 'handshake_failure' },
  })
  stop()
})

it('is destroyed by a signal that was given before', async () => {
  const client = handfast.connect({ port: 1, host: '127.0.0.1', signal: AbortSignal.abort() })
  const seen: unknown[] = []
  client.on('error', (error: { code?: string }) => seen.push(error.code))
  client.on('close', () => seen.push('close'))
  await closed(client)
  expect(seen).toEqual(['ABORT_ERR', 'close'])
})

it('tells the server of the alert that a client begins with', async () => {
  const server = handfast.createServer(await files('good'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { connect } = await import('node:net')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(Buffer.from('15030300020228', 'hex'))
  const [error] = await once(server, 'tlsClientError')
  // node:tls calls it an unexpected message.
  expect(error.cause.received).toBe('handshake_failure')
  server.close()
})

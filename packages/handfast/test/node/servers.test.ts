/** Servers: what happens to them, and to their sockets, when clients misbehave, and when contexts change. */
import { type AddressInfo, createServer, connect as netConnect } from 'node:net'
import { authority, files } from './certificates.ts'
import { once, same } from './same.ts'

same(
  'a reset after the handshake does not end a program that does not listen for errors',
  async (run) => {
    let closed: () => void = () => {}
    const done = new Promise<void>((resolve) => {
      closed = resolve
    })
    const port = await run.listen(await files('good'), (socket) => {
      run.see('server', socket.listenerCount('error') > 0)
      socket.on('close', (hadError) => {
        run.see('server', 'close', hadError)
        closed()
      })
      socket.resume()
    })
    const transport = netConnect(port, '127.0.0.1')
    const client = run.connect({
      socket: transport,
      ca: (await authority()).root,
      servername: 'localhost',
    })
    client.on('error', () => {})
    await once(client, 'secureConnect')
    await new Promise((resolve) => setTimeout(resolve, 20))
    transport.resetAndDestroy()
    await done
  },
)

same('upgrades a connection of a net.Server, which is given as server', async (run) => {
  const { createSecureContext, TLSSocket } = run.server
  const secureContext = createSecureContext(await files('good'))
  const server = createServer((transport) => {
    const socket = new TLSSocket(transport, { isServer: true, server, secureContext })
    socket.on('secure', () => {
      run.see('server', socket.getProtocol(), socket.authorized)
      socket.end('hello')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = run.connect({ port, ca: (await authority()).root, servername: 'localhost' })
  run.see('client', Buffer.concat(await client.toArray()))
  server.close()
})

same('setSecureContext changes the identity for new connections', async (run) => {
  let server: import('node:tls').Server | undefined
  const port = await run.listen(
    await files('good'),
    (socket) => socket.end(),
    (listening) => {
      server = listening
    },
  )
  const name = async () => {
    const client = run.connect({ port, rejectUnauthorized: false })
    await once(client, 'secureConnect')
    const { subjectaltname } = client.getPeerCertificate()
    client.resume()
    await once(client, 'close')
    return subjectaltname
  }
  run.see('before', await name())
  server?.setSecureContext({ ...(await files('other')), minVersion: 'TLSv1.3' })
  run.see('after', await name())
})

same('a server that is closed finishes what it has', async (run) => {
  let server: import('node:tls').Server | undefined
  const port = await run.listen(
    await files('good'),
    (socket) => socket.pipe(socket),
    (listening) => {
      server = listening
    },
  )
  const client = run.connect({ port, ca: (await authority()).root })
  await once(client, 'secureConnect')
  server?.close(() => run.see('server', 'closed'))
  client.write('still')
  run.see('client', (await once(client, 'data'))[0])
  client.end()
  await Promise.all([once(client, 'close'), once(server!, 'close')])
})

same('pauseOnConnect', async (run) => {
  let onData: () => void = () => {}
  const got = new Promise<void>((resolve) => {
    onData = resolve
  })
  const port = await run.listen({ ...(await files('good')), pauseOnConnect: true }, (socket) => {
    socket.on('data', (data) => {
      run.see('server', data)
      onData()
    })
    run.see('server', socket.isPaused())
    setTimeout(() => {
      run.see('server', 'resumes')
      socket.resume()
    }, 30)
  })
  const client = run.connect({ port, ca: (await authority()).root })
  client.write('hello')
  await got
})

same('getConnections and maxConnections', async (run) => {
  let server: import('node:tls').Server | undefined
  const port = await run.listen(
    await files('good'),
    () => {},
    (listening) => {
      server = listening
    },
  )
  const client = run.connect({ port, ca: (await authority()).root })
  await once(client, 'secureConnect')
  run.see(
    'server',
    await new Promise((resolve) => server?.getConnections((_, count) => resolve(count))),
  )
})

for (const when of ['at once', 'later', 'after data', 'when it ends'])
  same(`a socket that the server destroys ${when}`, async (run) => {
    let serverClosed: () => void = () => {}
    const closed = new Promise<void>((resolve) => {
      serverClosed = resolve
    })
    const port = await run.listen(await files('good'), (socket) => {
      run.watch('server', socket, 'end', 'close', 'error')
      socket.once('close', serverClosed)
      if (when === 'at once') socket.destroy()
      if (when === 'later') setTimeout(() => socket.destroy(), 20)
      if (when === 'after data') socket.once('data', () => socket.destroy())
      if (when === 'when it ends') {
        socket.resume()
        socket.once('end', () => socket.destroy())
      }
    })
    const client = run.connect({ port, ca: (await authority()).root })
    run.watch('client', client, 'secureConnect', 'data')
    client.on('error', () => {})
    client.write('x')
    if (when === 'when it ends') client.end()
    client.resume()
    await Promise.all([new Promise((resolve) => client.once('close', resolve)), closed])
  })

same('a server whose listener throws away every socket goes on', async (run) => {
  let sockets = 0
  const port = await run.listen(await files('good'), (socket) => {
    sockets++
    socket.destroy()
  })
  for (let i = 0; i < 5; i++) {
    const client = run.connect({ port, ca: (await authority()).root })
    client.on('error', () => {})
    client.resume()
    await new Promise((resolve) => client.once('close', resolve))
  }
  run.see('server', sockets)
})

same(
  'a client that goes away in the middle of the handshake',
  async (run) => {
    let report: () => void = () => {}
    const reported = new Promise<void>((resolve) => {
      report = resolve
    })
    const port = await run.listen(
      { ...(await files('good')), handshakeTimeout: 1000 },
      () => run.see('server', 'secureConnection'),
      (server) =>
        server.on('tlsClientError', (error) => {
          run.see('server', (error as { code?: string }).code)
          report()
        }),
    )
    // A client whose hello is cut off.
    const socket = netConnect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(Buffer.from('160301020001000100', 'hex'))
    setTimeout(() => socket.end(), 20)
    await reported
  },
  { except: ['handfast/node'] },
)

/** Resumption: sessions at the client, tickets and stores at the server. */
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once, type Run, same } from './same.ts'

type Session = Buffer | undefined

async function ca() {
  return (await authority()).root
}

/** Connects once, and waits for a session. */
async function visit(
  run: Run,
  port: number,
  options: object = {},
): Promise<{ reused: boolean; session: Session }> {
  const client = run.connect({ port, ca: await ca(), servername: 'localhost', ...options })
  let session: Session
  client.on('session', (bytes) => {
    session = bytes
  })
  await once(client, 'secureConnect')
  const reused = client.isSessionReused()
  // Of a session that it resumes, node:tls does not know the certificate any more; this library does.
  run.see('client', reused, client.authorized, reused || client.getPeerCertificate().subjectaltname)
  // The server's answer comes behind its tickets.
  client.write('x')
  await once(client, 'data')
  client.end()
  client.resume()
  await once(client, 'close')
  return { reused, session }
}

const echo = (run: Run) => (socket: import('node:tls').TLSSocket) => {
  run.see('server', socket.isSessionReused())
  socket.on('error', () => {})
  socket.pipe(socket)
}

same('a session is resumed', async (run) => {
  const port = await run.listen(await files('good'), echo(run))
  const { session } = await visit(run, port)
  await visit(run, port, { session })
})

same('servers that share their ticket keys', async (run) => {
  const ticketKeys = Buffer.alloc(48, 3)
  const first = await run.listen(
    { ...(await files('good')), ticketKeys, sessionIdContext: 'x' },
    echo(run),
  )
  const second = await run.listen(
    { ...(await files('good')), ticketKeys, sessionIdContext: 'x' },
    echo(run),
  )
  const { session } = await visit(run, first)
  await visit(run, second, { session })
})

same('servers of other ticket keys', async (run) => {
  const own = await files('good')
  const first = await run.listen({ ...own, sessionIdContext: 'x' }, echo(run))
  const second = await run.listen({ ...own, sessionIdContext: 'x' }, echo(run))
  const { session } = await visit(run, first)
  await visit(run, second, { session })
})

same('servers of other contexts', async (run) => {
  const ticketKeys = Buffer.alloc(48, 3)
  const own = await files('good')
  const first = await run.listen({ ...own, ticketKeys, sessionIdContext: 'x' }, echo(run))
  const second = await run.listen({ ...own, ticketKeys, sessionIdContext: 'y' }, echo(run))
  const { session } = await visit(run, first)
  await visit(run, second, { session })
})

same('ticket keys that change', async (run) => {
  let server: import('node:tls').Server | undefined
  const port = await run.listen(await files('good'), echo(run), (listening) => {
    server = listening
  })
  const { session } = await visit(run, port)
  server?.setTicketKeys(Buffer.alloc(48, 9))
  await visit(run, port, { session })
})

same('a client certificate is known again', async (run) => {
  const port = await run.listen(
    { ...(await files('good')), ca: await ca(), requestCert: true, sessionIdContext: 'x' },
    (socket) => {
      run.see(
        'server',
        socket.isSessionReused(),
        socket.authorized,
        socket.getPeerCertificate().subjectaltname,
      )
      socket.on('error', () => {})
      socket.pipe(socket)
    },
  )
  const own = await files('client')
  const { session } = await visit(run, port, own)
  await visit(run, port, { ...own, session })
})

describe('of handfast', () => {
  const visitServer = async (port: number, options: object, wait = true) => {
    const client = handfast.connect({ port, host: '127.0.0.1', ca: await ca(), ...options })
    const sessions: Buffer[] = []
    client.on('session', (session: Buffer) => sessions.push(session))
    await once(client, 'secureConnect')
    const reused = client.isSessionReused()
    if (wait && sessions.length === 0) await once(client, 'session')
    client.end('x')
    client.resume()
    await once(client, 'close')
    return { reused, session: sessions.at(-1) }
  }

  const listen = async (options: object, prepare: (server: handfast.Server) => void = () => {}) => {
    const server = handfast.createServer({ ...(await files('good')), ...options }, (socket) => {
      socket.on('error', () => {})
      socket.resume()
    })
    prepare(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, port: (server.address() as import('node:net').AddressInfo).port }
  }

  it('keeps sessions in a store of the program, by newSession and resumeSession', async () => {
    const store = new Map<string, Buffer>()
    const asked: string[] = []
    const { server, port } = await listen({}, (listening) => {
      listening.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
        store.set(id.toString('hex'), data)
        setTimeout(done, 5)
      })
      listening.on('resumeSession', (id: Buffer, done: (error: null, data?: Buffer) => void) => {
        asked.push(id.toString('hex'))
        setTimeout(done, 5, null, store.get(id.toString('hex')))
      })
    })
    const { session } = await visitServer(port, {})
    expect(store.size).toBeGreaterThan(0)
    expect((await visitServer(port, { session })).reused).toBe(true)
    expect(asked).toHaveLength(1)
    expect(store.has(asked[0]!)).toBe(true)
    store.clear()
    expect((await visitServer(port, { session })).reused).toBe(false)
    server.close()
  })

  it('does not resume a session for another name', async () => {
    const { server, port } = await listen({})
    const { session } = await visitServer(port, { servername: 'localhost' })
    expect((await visitServer(port, { session, servername: 'localhost' })).reused).toBe(true)
    expect((await visitServer(port, { session, servername: 'a.example.test' })).reused).toBe(false)
    server.close()
  })

  it('does not resume what was only accepted with rejectUnauthorized: false', async () => {
    const { server, port } = await listen(await files('stranger'))
    const { session } = await visitServer(port, { rejectUnauthorized: false })
    await expect(visitServer(port, { session })).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
    server.close()
  })

  it('forgets sessions after sessionTimeout', async () => {
    let now = Date.now()
    const clock = () => now
    const { server, port } = await listen({ sessionTimeout: 10, clock })
    const { session } = await visitServer(port, { clock })
    expect((await visitServer(port, { session, clock })).reused).toBe(true)
    now += 11_000
    expect((await visitServer(port, { session, clock })).reused).toBe(false)
    server.close()
  })

  it('issues as many tickets as ticketCount says', async () => {
    const { server, port } = await listen({ ticketCount: 0 })
    expect((await visitServer(port, {}, false)).session).toBeUndefined()
    server.close()
  })

  it('refuses a session of another library', async () => {
    const error = await visitServer(1, { session: Buffer.from('no session') }).catch((e) => e)
    expect(error.code).toBe('ERR_BAD_SESSION')
  })

  it('sets a session before the handshake, and not after', async () => {
    const { server, port } = await listen({})
    const { session } = await visitServer(port, {})
    const client = handfast.connect({ port, host: '127.0.0.1', ca: await ca() })
    client.setSession(session!)
    await once(client, 'secureConnect')
    expect(client.isSessionReused()).toBe(true)
    expect(() => client.setSession(session!)).toThrow(/after the handshake/)
    client.destroy()
    server.close()
  })
})

/** Data in the first flight, as a program of handfast/node says and hears it; with itself, OpenSSL's command and GnuTLS's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer as createNetServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryReplayGuard } from '../../src/index.ts'
import * as handfast from '../../src/node/index.ts'
import { program } from '../engine/programs.ts'
import { authority, files } from './certificates.ts'
import { once } from './same.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-early-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const policy = () => ({ maxBytes: 1000, replayGuard: memoryReplayGuard({ clock: Date.now }) })

/** A server that notes what it hears, and answers in capitals. */
async function listen(options: handfast.ServerOptions = { earlyData: policy() }, early = true) {
  const heard: string[] = []
  const server = handfast.createServer({ ...(await files('good')), ...options }, (socket) => {
    heard.push('secureConnection')
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      heard.push(`data ${data}`)
      socket.write(`${data}`.toUpperCase())
    })
    socket.on('end', () => socket.end())
  })
  if (early)
    server.on('earlyData', (data: Buffer, socket: handfast.TLSSocket) => {
      heard.push(`early ${data}`)
      socket.write(`${data}!`)
    })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, heard, port: (server.address() as AddressInfo).port }
}

async function options(port: number) {
  return { port, host: '127.0.0.1', ca: (await authority()).root }
}

/** Reads until so much is there. */
function until(socket: handfast.TLSSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = ''
    socket.on('data', (data: Buffer) => {
      read += data
      if (read.endsWith(text)) resolve(read)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${read}`)))
  })
}

async function firstSession(port: number): Promise<Buffer> {
  const client = handfast.connect(await options(port))
  client.resume()
  const [session] = await once(client, 'session')
  client.destroy()
  return session as Buffer
}

describe('a server with early data', () => {
  it('hears it before the client has proved to be there, and answers at once', async () => {
    const { server, heard, port } = await listen()
    const session = await firstSession(port)
    heard.length = 0
    const client = handfast.connect({
      ...(await options(port)),
      session,
      earlyData: Buffer.from('first'),
    })
    client.write(' second')
    expect(await until(client, 'SECOND')).toBe('first! SECOND')
    expect(heard).toEqual(['early first', 'secureConnection', 'data  second'])
    expect(client.connectionInfo?.earlyData).toBe('accepted')
    expect(client.isSessionReused()).toBe(true)
    expect(client.bytesWritten).toBe('first second'.length)
    client.destroy()
    server.close()
  })

  it('tells a socket that listens by itself, and counts the bytes', async () => {
    const told: unknown[] = []
    const { server, port } = await listen(
      {
        earlyData: policy(),
        onClientHello: (_, socket) => {
          socket.on('earlyData', (data: Buffer) => told.push(`${data}`, socket.bytesRead))
          return undefined
        },
      },
      false,
    )
    const session = await firstSession(port)
    const client = handfast.connect({
      ...(await options(port)),
      session,
      earlyData: new Uint8Array(Buffer.from('first')),
    })
    client.write('second')
    expect(await until(client, 'SECOND')).toBe('SECOND')
    expect(told).toEqual(['first', 5])
    client.destroy()
    server.close()
  })

  it('reads it as data once the handshake is complete, where nobody listens', async () => {
    const { server, heard, port } = await listen(undefined, false)
    const session = await firstSession(port)
    heard.length = 0
    const client = handfast.connect({
      ...(await options(port)),
      session,
      earlyData: Buffer.from('first'),
    })
    expect(await until(client, 'FIRST')).toBe('FIRST')
    expect(heard).toEqual(['secureConnection', 'data first'])
    expect(client.connectionInfo?.earlyData).toBe('accepted')
    client.destroy()
    server.close()
  })

  it('answers a request of HTTP that came early', async () => {
    const server = handfast.createHttpsServer(
      { ...(await files('good')), earlyData: policy() },
      ({ url }, response) => response.end(`you asked for ${url}`),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const session = await firstSession(port)
    const client = handfast.connect({
      ...(await options(port)),
      session,
      earlyData: Buffer.from('GET /early HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    })
    expect(await until(client, 'you asked for /early')).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    client.destroy()
    server.close()
  })

  it.each([true, false])(
    'takes a recorded first flight once, listening for it: %s',
    async (early) => {
      const { server, heard, port } = await listen(undefined, early)
      const session = await firstSession(port)
      heard.length = 0
      // What the client sends before the server has answered.
      const flight: Buffer[] = []
      const tap = createNetServer((from) => {
        const to = dial(port, '127.0.0.1')
        from.on('data', (data) => {
          if (to.bytesRead === 0) flight.push(data)
          to.write(data)
        })
        to.on('data', (data) => from.write(data))
        from.on('error', () => {}).on('close', () => to.destroy())
        to.on('error', () => {})
      })
      tap.listen(0, '127.0.0.1')
      await once(tap, 'listening')
      const client = handfast.connect({
        ...(await options((tap.address() as AddressInfo).port)),
        session,
        earlyData: Buffer.from('pay'),
      })
      client.write(' more')
      expect(await until(client, 'MORE')).toBe(early ? 'pay! MORE' : 'PAY MORE')
      client.destroy()
      heard.length = 0
      const attacker = dial(port, '127.0.0.1')
      attacker.write(Buffer.concat(flight))
      // The server answers the hello, and waits for the Finished that nobody can make.
      await once(attacker, 'data')
      const closed = once(server, 'tlsClientError')
      attacker.destroy()
      await closed
      expect(Buffer.concat(flight).length).toBeGreaterThan(300)
      expect(heard).toEqual([])
      tap.close()
      server.close()
    },
  )
})

describe('early data that is not taken', () => {
  it.each([true, false])('is sent again only where that was asked for: %s', async (resend) => {
    const { server, heard, port } = await listen()
    const session = await firstSession(port)
    server.close()
    const keys = server.getTicketKeys()
    // The same tickets, and a policy no more.
    const other = await listen({ ticketKeys: keys })
    heard.length = 0
    const client = handfast.connect({
      ...(await options(other.port)),
      session,
      earlyData: Buffer.from('first'),
      resendEarlyData: resend,
    })
    client.write(' second')
    const wanted = resend ? 'FIRST SECOND' : ' SECOND'
    expect(await until(client, 'SECOND')).toBe(wanted)
    expect(client.connectionInfo?.earlyData).toBe('refused')
    expect(client.bytesWritten).toBe(wanted.length)
    expect(other.heard.join()).not.toContain('early')
    client.destroy()
    other.server.close()
  })

  it('is not offered without a session, nor in TLS 1.2', async () => {
    const { server, port } = await listen()
    const settings = await options(port)
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const client = handfast.connect({
        ...settings,
        maxVersion,
        earlyData: Buffer.from('first'),
        resendEarlyData: true,
      })
      expect(await until(client, 'FIRST')).toBe('FIRST')
      const status = maxVersion === 'TLSv1.3' ? 'not offered' : undefined
      expect(client.connectionInfo?.earlyData).toBe(status)
      client.destroy()
    }
    server.close()
  })
})

it('refuses what is no policy, and no bytes', () => {
  const { replayGuard } = policy()
  const server = (earlyData: unknown) => () => handfast.createServer({ earlyData } as never)
  expect(server(true)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(server({ maxBytes: 9 })).toThrow(/replayGuard/)
  expect(server({ maxBytes: 0, replayGuard })).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
  )
  expect(() =>
    handfast.connect({ port: 1, host: '127.0.0.1', lookup: () => {}, earlyData: 'x' as never }),
  ).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
})

it('is taken by s_server', async () => {
  const { cert, key } = await files('good')
  const peer = program('openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-early_data', '-max_early_data', '1000'],
    ...['-cert', file('cert.pem', `${cert}`), '-cert_chain', file('cert.pem', `${cert}`)],
    ...['-key', file('key.pem', `${key}`)],
  ])
  const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
  const session = await firstSession(Number(port))
  const client = handfast.connect({
    ...(await options(Number(port))),
    session,
    earlyData: Buffer.from('EARLY-WORDS\n'),
  })
  await once(client, 'secureConnect')
  expect(client.connectionInfo?.earlyData).toBe('accepted')
  await peer.until(/EARLY-WORDS/)
  client.destroy()
  peer.child.kill()
  await peer.ended
})

it('is taken from s_client', async () => {
  const { server, heard, port } = await listen()
  const sessionFile = join(folder, 'session.pem')
  const args = [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-servername', 'localhost'],
    ...['-CAfile', file('ca.pem', (await authority()).root), '-verify_return_error'],
  ]
  const first = program('openssl', [...args, '-sess_out', sessionFile])
  first.child.stdin.write('ping\n')
  await first.until(/PING/)
  first.child.kill()
  await first.ended
  heard.length = 0
  const early = file('early.txt', 'early words\n')
  const second = program('openssl', [...args, '-sess_in', sessionFile, '-early_data', early])
  second.child.stdin.write('ping\n')
  await second.until(/PING/)
  expect(second.output()).toContain('Early data was accepted')
  expect(second.output()).toContain('early words\n!')
  expect(heard.slice(0, 2)).toEqual(['early early words\n', 'secureConnection'])
  second.child.kill()
  await second.ended
  server.close()
})

it('is taken from gnutls-cli', async () => {
  const { server, heard, port } = await listen()
  const peer = program('gnutls-cli', [
    ...['127.0.0.1', '--port', String(port), '--resume', '--waitresumption'],
    ...['--x509cafile', file('ca.pem', (await authority()).root)],
    ...['--earlydata', file('early.txt', 'early words\n')],
  ])
  await peer.until(/early words\n!/)
  peer.child.stdin.end()
  await peer.ended
  expect(heard).toContain('early early words\n')
  expect(peer.output()).toContain('This is a resumed session')
  server.close()
})

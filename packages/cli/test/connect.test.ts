/** `handfast connect` against Node's own TLS and HTTP. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import { folder, makeSite, type Site, tcpServer, tlsServer } from './support/servers.ts'

let site: Site

beforeAll(async () => {
  site = await makeSite()
})

describe('as a pipe', () => {
  it('sends stdin, and writes what comes back', async () => {
    const port = await tlsServer(site, (socket) => socket.pipe(socket))
    const { code, stdout, stderr } = await runCli(
      ['connect', `localhost:${port}`, '--ca', site.ca],
      { stdin: 'there and back' },
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'there and back' })
    expect(stderr).toMatch(/^connected: TLS 1\.3, TLS_\w+, \w+; this is localhost, vouched for by /)
  })

  it('carries megabytes unchanged', async () => {
    const port = await tlsServer(site, (socket) => socket.pipe(socket))
    const content = randomBytes(3_000_000).toString('base64')
    const { code, stdout } = await runCli(
      ['connect', `localhost:${port}`, '--ca', site.ca, '--quiet'],
      { stdin: Readable.from(content.match(/.{1,100000}/gs) ?? []) },
    )
    expect(code).toBe(0)
    expect(stdout === content).toBe(true)
  })

  it('ends when the server does, though stdin goes on', async () => {
    const port = await tlsServer(site, (socket) => {
      setTimeout(() => socket.end('goodbye'), 50)
    })
    const endless = new Readable({ read() {} })
    const outcome = await runCli(['connect', `localhost:${port}`, '--ca', site.ca, '-q'], {
      stdin: endless,
    })
    expect(outcome).toEqual({ code: 0, stdout: 'goodbye', stderr: '' })
  })

  it('does not wait for a server that says nothing more', async () => {
    const port = await tlsServer({ ...site, allowHalfOpen: true } as object, (socket) => {
      socket.resume()
      socket.write('a little')
    })
    const { code, stdout } = await runCli([
      'connect',
      `localhost:${port}`,
      ...['--ca', site.ca, '-q', '--timeout', '0.5'],
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a little' })
  })

  it('is not content with an end without close_notify', async () => {
    const inner = await tlsServer(site, (socket) => {
      socket.write('half of it')
    })
    const port = await tcpServer(async (socket) => {
      const { connect } = await import('node:net')
      const upstream = connect(inner, '127.0.0.1')
      upstream.on('error', () => {})
      socket.pipe(upstream).pipe(socket)
      // Long after what was said has arrived.
      setTimeout(() => socket.end(), 500)
    })
    const { code, stdout, stderr } = await runCli(
      ['connect', `localhost:${port}`, '--ca', site.ca, '-q'],
      { stdin: new Readable({ read() {} }) },
    )
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'half of it' })
    expect(stderr).toMatch(/without close_notify/)
  })

  it('fails with the code of a certificate', async () => {
    const port = await tlsServer(site)
    const { code, stdout, stderr } = await runCli(['connect', `localhost:${port}`])
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
    expect(stderr).toMatch(/--ca FILE/)
  })

  it('goes on with --insecure, and warns', async () => {
    const port = await tlsServer(site, (socket) => socket.pipe(socket))
    const { code, stdout, stderr } = await runCli(['connect', `localhost:${port}`, '--insecure'], {
      stdin: 'x',
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'x' })
    expect(stderr).toMatch(/this is anybody/)
  })

  it('resumes a session', async () => {
    const port = await tlsServer(site, (socket) => socket.pipe(socket))
    const file = join(folder, 'connect-session')
    const words = ['connect', `localhost:${port}`, '--ca', site.ca]
    await runCli([...words, '--session-out', file], { stdin: 'first' })
    const { stderr } = await runCli([...words, '--session-in', file], { stdin: 'second' })
    expect(stderr).toMatch(/, resumed/)
  })

  it('fails with the code of a handshake', async () => {
    const port = await tlsServer({ ...site, ALPNProtocols: ['h2'] })
    const { code, stderr } = await runCli([
      'connect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--alpn', 'smtp'],
    ])
    expect(code).toBe(4)
    expect(stderr).toMatch(/--alpn/)
  })
})

describe('--get', () => {
  const webServer = async (listener: Parameters<typeof createServer>[1]) => {
    const http = createServer(listener)
    return tlsServer({ ...site, ALPNProtocols: ['http/1.1'] }, (socket) => {
      http.emit('connection', socket)
    })
  }

  it('prints the body of an answer, also of one in chunks', async () => {
    const port = await webServer(({ url, headers }, reply) => {
      reply.write(`${url} of ${headers.host}, `)
      reply.end('in two chunks')
    })
    const { code, stdout, stderr } = await runCli([
      'connect',
      `https://localhost:${port}/a?b=c`,
      ...['--ca', site.ca, '--get'],
    ])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `/a?b=c of localhost:${port}, in two chunks`,
    })
    expect(stderr).toMatch(/, http\/1\.1; this is localhost.*\n200 OK\n$/s)
  })

  it('takes a path of its own', async () => {
    const port = await webServer(({ url }, reply) => reply.end(url))
    const { stdout } = await runCli([
      'connect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--get', '/elsewhere'],
    ])
    expect(stdout).toBe('/elsewhere')
  })

  it('gives up on a server that does not answer', async () => {
    const port = await webServer(() => {})
    const { code, stderr } = await runCli([
      'connect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--get', '--timeout', '0.5'],
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/did not answer within 0\.5 s/)
  })

  it('is told where an answer is no HTTP', async () => {
    const port = await tlsServer(site, (socket) => socket.end('220 mail.example\r\n'))
    const { code, stderr } = await runCli([
      'connect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--get'],
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/does not answer in HTTP/)
  })
})

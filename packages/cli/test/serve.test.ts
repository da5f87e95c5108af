/** `handfast serve`, visited by curl and by Node's own TLS. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { curl, serve } from './support/serve.ts'
import { fileWith, folder, makeSite, tcpServer } from './support/servers.ts'

const outside = mkdtempSync(join(tmpdir(), 'handfast-served-'))
const site = join(outside, 'site')
const secret = 'not to be served'

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'])
    return true
  } catch {
    return false
  }
}

beforeAll(() => {
  mkdirSync(join(site, 'sub', 'deep'), { recursive: true })
  mkdirSync(join(site, '.well-known'))
  writeFileSync(join(site, 'index.html'), '<h1>Welcome</h1>')
  writeFileSync(join(site, 'numbers.txt'), '0123456789')
  writeFileSync(join(site, 'empty.bin'), '')
  writeFileSync(join(site, 'sub', 'a & b.json'), '{}')
  writeFileSync(join(site, '.hidden'), secret)
  writeFileSync(join(site, '.well-known', 'token'), 'known')
  writeFileSync(join(outside, 'secret.txt'), secret)
  mkdirSync(join(outside, 'site-beside'))
  writeFileSync(join(outside, 'site-beside', 'secret.txt'), secret)
  symlinkSync(join(outside, 'secret.txt'), join(site, 'link.txt'))
  symlinkSync(outside, join(site, 'up'))
  symlinkSync(join(site, 'numbers.txt'), join(site, 'inside.txt'))
  execFileSync('mkfifo', [join(site, 'pipe')])
})

let cas = 0
async function serveSite(...words: string[]) {
  const ca = join(folder, `serve-ca-${++cas}.pem`)
  const serving = await serve(site, '--ca-out', ca, ...words)
  const get = (path: string, ...more: string[]) =>
    curl(ca, `https://localhost:${serving.port}${path}`, ...more)
  return { ...serving, ca, get }
}

describe.skipIf(!hasCurl())('a folder, by curl', () => {
  it('is served by h2, and by HTTP/1.1 where the client knows no better', async () => {
    const { get } = await serveSite()
    const page = { status: 200, body: '<h1>Welcome</h1>' }
    expect(await get('/')).toMatchObject({ ...page, version: '2' })
    expect(await get('/', '--http1.1')).toMatchObject({ ...page, version: '1.1' })
    expect(await get('/', '--no-alpn')).toMatchObject({ ...page, version: '1.1' })
  })

  it('is told of clients with --verbose', async () => {
    const { get, stderr } = await serveSite('--verbose')
    await get('/')
    expect(stderr()).toMatch(
      /^127\.0\.0\.1:\d+: JA4 t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}, JA3 [0-9a-f]{32}$/m,
    )
  })

  it.each(['--http2', '--http1.1'])(
    'has types, lengths, HEAD, ranges and dates (%s)',
    async (http) => {
      const { get } = await serveSite()
      expect((await get('/', http)).headers).toContain('content-type: text/html; charset=utf-8')
      const file = await get('/numbers.txt', http)
      expect(file.headers).toContain('content-length: 10')
      const head = await get('/numbers.txt', http, '--head')
      expect(head).toMatchObject({ status: 200, body: '' })
      expect(head.headers).toContain('content-length: 10')
      expect(await get('/numbers.txt', http, '--range', '2-4')).toMatchObject({
        status: 206,
        body: '234',
        headers: expect.stringContaining('content-range: bytes 2-4/10'),
      })
      expect((await get('/numbers.txt', http, '--range', '-3')).body).toBe('789')
      expect((await get('/numbers.txt', http, '--range', '8-')).body).toBe('89')
      expect((await get('/numbers.txt', http, '--range', '8-99')).body).toBe('89')
      expect((await get('/numbers.txt', http, '--range', '10-')).status).toBe(416)
      expect(await get('/empty.bin', http)).toMatchObject({ status: 200, body: '' })
      const [, date] = /last-modified: (.*)\r/.exec(file.headers) ?? []
      expect(await get('/numbers.txt', http, '-H', `If-Modified-Since: ${date}`)).toMatchObject({
        status: 304,
        body: '',
      })
    },
  )

  it.each(['--http2', '--http1.1'])('sends a large file unchanged (%s)', async (http) => {
    const content = randomBytes(8_000_000)
    writeFileSync(join(site, 'large.bin'), content)
    const { get } = await serveSite()
    const file = join(folder, 'large')
    // Slower than it is sent, so that the sender has to wait.
    expect((await get('/large.bin', http, '--limit-rate', '20M', '-o', file)).status).toBe(200)
    const received = readFileSync(file)
    // curl writes the headers too (-i).
    expect(received.subarray(-content.length).equals(content)).toBe(true)
  })

  it('lists a folder without an index, and leads to it by its slash', async () => {
    const { get } = await serveSite()
    expect(await get('/sub?x')).toMatchObject({
      status: 301,
      headers: expect.stringContaining('location: /sub/?x\r'),
    })
    const { status, body } = await get('/sub/')
    expect(status).toBe(200)
    expect(body).toContain('<a href="a%20&#38;%20b.json">a &#38; b.json</a>')
    expect(body).toContain('<a href="deep/">deep/</a>')
    expect((await get('/sub/a%20%26%20b.json')).headers).toContain('application/json')
  })

  it('serves nothing that is not in it', async () => {
    const { get } = await serveSite()
    const paths = [
      '/../secret.txt',
      '/sub/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '/../site-beside/secret.txt',
      '//etc/passwd',
      '/link.txt',
      '/up/secret.txt',
      '/up/site-beside/secret.txt',
      '/.hidden',
      '/sub/../.hidden',
      '/numbers.txt%00.html',
      '/%ff',
      '/pipe',
      '/nothing',
    ]
    for (const path of paths) {
      const { status, body } = await get(path, '--http1.1')
      expect([path, status]).toEqual([
        path,
        expect.toSatisfy((code) => code === 400 || code === 404),
      ])
      expect(body).not.toContain(secret)
    }
    expect((await get('/inside.txt')).body).toBe('0123456789')
    expect((await get('/.well-known/token')).body).toBe('known')
    expect((await get('//example.com/sub')).headers).not.toContain('location: //')
  })

  it('refuses other methods', async () => {
    const { get } = await serveSite()
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect(await get('/', '-X', method)).toMatchObject({
        status: 405,
        headers: expect.stringContaining('allow: get, head'),
      })
  })

  it('takes what --groups and --ciphers name, and nothing else', async () => {
    const { get } = await serveSite(
      '--groups',
      'P-521',
      '--ciphers',
      'TLS_CHACHA20_POLY1305_SHA256',
    )
    expect((await get('/', '--curves', 'P-521')).status).toBe(200)
    await expect(get('/', '--curves', 'P-256')).rejects.toThrow()
    await expect(get('/', '--tls13-ciphers', 'TLS_AES_128_GCM_SHA256')).rejects.toThrow()
  })

  it('takes a certificate of yours', async () => {
    const { cert, key, ca } = await makeSite({ keyType: 'rsa-2048' })
    const { port } = await serve(site, '--cert', fileWith(cert), '--key', fileWith(key))
    expect((await curl(ca, `https://localhost:${port}/`)).status).toBe(200)
  })

  it('asks for a certificate of theirs', async () => {
    const { authority } = await makeSite()
    const { chain, key } = await authority.issue({ names: ['who@example.test'], client: true })
    const clients = fileWith(authority.certificate)
    const own = ['--cert', fileWith(chain), '--key', fileWith(key)]
    const strict = await serveSite('--client-ca', clients, '--require-client-cert')
    expect((await strict.get('/', ...own)).status).toBe(200)
    await expect(strict.get('/')).rejects.toThrow()
    expect(strict.stderr()).toMatch(/127\.0\.0\.1:\d+: .*certificate/i)
    const lax = await serveSite('--client-ca', clients)
    expect((await lax.get('/', ...own)).status).toBe(200)
    expect((await lax.get('/')).status).toBe(200)
  })

  it('writes a key log', async () => {
    const log = join(folder, 'serve-keys')
    const { get } = await serveSite('--keylog', log)
    await get('/')
    expect(readFileSync(log, 'utf8')).toMatch(
      /^SERVER_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,96}$/m,
    )
  })
})

/** Sends a text, says goodbye, and gathers the answer. */
function exchange(options: ConnectionOptions, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { servername: 'localhost', allowHalfOpen: true, ...options } as object,
      () => socket.end(text),
    )
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      answer += part
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('--echo', () => {
  it('sends back what it receives, to its end', async () => {
    const ca = join(folder, 'echo-ca.pem')
    const { port } = await serve('--echo', '--ca-out', ca, '--alpn', 'a,b')
    const options = { port, ca: readFileSync(ca), ALPNProtocols: ['c', 'b'] }
    const text = 'x'.repeat(200_000)
    expect((await exchange(options, text)) === text).toBe(true)
  })
})

describe('--upstream', () => {
  it('takes the TLS off', async () => {
    const upstream = await tcpServer((socket) => {
      socket.on('data', (bytes) => socket.write(`plain: ${bytes}`))
    })
    const ca = join(folder, 'upstream-ca.pem')
    const { port } = await serve('--upstream', `127.0.0.1:${upstream}`, '--ca-out', ca)
    expect(await exchange({ port, ca: readFileSync(ca) }, 'hello')).toBe('plain: hello')
  })

  it('says where the other server is not there', async () => {
    const ca = join(folder, 'nothing-ca.pem')
    const { port, stderr } = await serve('--upstream', '127.0.0.1:1', '--ca-out', ca)
    await exchange({ port, ca: readFileSync(ca) }, 'hello').catch(() => {})
    expect(stderr()).toMatch(/upstream: connect ECONNREFUSED/)
  })
})

describe('the server', () => {
  it('says what vouches for it, and for which names', async () => {
    const ca = join(folder, 'names-ca.pem')
    const { port, stderr } = await serve('--echo', '--ca-out', ca, '--name', 'db.example')
    expect(stderr()).toMatch(/vouches for localhost, 127\.0\.0\.1, ::1, db\.example/)
    expect(stderr()).toContain(ca)
    await exchange({ port, ca: readFileSync(ca), servername: 'db.example' }, '')
  })

  it('stops when it is asked to, with a connection open, and exits with 0', async () => {
    const ca = join(folder, 'stop-ca.pem')
    const { port, stop } = await serve('--echo', '--ca-out', ca)
    const socket = connect({ port, servername: 'localhost', ca: readFileSync(ca) })
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    expect(await stop()).toBe(0)
    await closed
  })

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    await expect(serve('--echo', '--port', `${port}`)).rejects.toThrow(/is taken/)
  })

  it('outlives clients that speak no TLS, or go away', async () => {
    const ca = join(folder, 'outlive-ca.pem')
    const { port, stderr } = await serve('--echo', '--ca-out', ca)
    const { connect: tcp } = await import('node:net')
    for (const text of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05hello', '']) {
      const socket = tcp(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(text)
      socket.resume()
      await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(stderr()).toMatch(/127\.0\.0\.1:\d+: /)
    expect(await exchange({ port, ca: readFileSync(ca) }, 'still there')).toBe('still there')
  })
})

/** `handfast inspect` against Node's own TLS: what works, what does not, and what is said about it. */
import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createAuthority } from '@handfast/ca'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import {
  fileWith,
  folder,
  makeSite,
  type Site,
  tcpServer,
  ticketlessServer,
  tlsServer,
} from './support/servers.ts'

let site: Site

beforeAll(async () => {
  site = await makeSite()
})

describe('a handshake that succeeds', () => {
  it('is told message by message, with its choices, keys, certificate and verdict', async () => {
    const port = await tlsServer({ ...site, ALPNProtocols: ['h2', 'http/1.1'] })
    const { code, stdout, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      '--ca',
      site.ca,
      '--alpn',
      'h2,http/1.1',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const order = [
      'Flight 1: client → server',
      '─── ClientHello ─',
      'server_name             localhost',
      'Flight 2: server → client',
      '◀── ServerHello ─',
      '→ cipher suite',
      '◀══ EncryptedExtensions ═',
      '→ application protocol  h2',
      '◀══ Certificate ═',
      '◀══ CertificateVerify ═',
      '◀══ Finished ═',
      '═══ Finished ═',
      '◀══ NewSessionTicket ═',
      'The key schedule',
      'Handshake Secret',
      'client_application_traffic_secret_0',
      'resumption_master_secret',
      'The certificate check',
      '✓ name',
      '✓ Secure: this is localhost',
      'round trip',
    ]
    let at = 0
    for (const part of order) {
      const found = stdout.indexOf(part, at)
      expect(found, `${part} in its place`).toBeGreaterThanOrEqual(at)
      at = found
    }
  })

  it('fits into 100 columns, also with bytes and explanations', async () => {
    const port = await tlsServer(site)
    const { code, stdout } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--bytes', '--explain'],
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('The client opens the conversation')
    expect(stdout).toMatch(/0000 {2}01 .* msg_type: client_hello/)
    expect(stdout).toMatch(/host_name: localhost/)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('fits into the terminal, and loses nothing there', async () => {
    const port = await tlsServer(site)
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    for (const columns of [60, 80]) {
      const { stdout } = await runCli(words, { env: { COLUMNS: `${columns}` } })
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(
        columns,
      )
      expect(stdout.replace(/\s+/g, ' ')).toMatch(/server Finished/)
    }
  })

  it('has colours only where they are asked for', async () => {
    const port = await tlsServer(site)
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    expect((await runCli(words)).stdout).not.toContain('\u001b[')
    expect((await runCli(words, { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[')
    const both = { FORCE_COLOR: '1', NO_COLOR: '1' }
    expect((await runCli(words, { env: both })).stdout).not.toContain('\u001b[')
  })

  it('keeps to ASCII in a locale that has nothing else', async () => {
    const port = await tlsServer(site)
    const { stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca], {
      env: { LC_ALL: 'C' },
    })
    expect(stdout).toContain('--- ClientHello')
    expect(stdout).not.toMatch(/[─═▶◀✓✗├└]/)
  })

  it('resumes with --resume, and says what was saved', async () => {
    const port = await tlsServer(site)
    const { code, stdout } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--resume'],
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('the session is taken')
    expect(stdout).toMatch(/certificates sent +1 +0 +1 less/)
    expect(stdout).toMatch(/signatures by the server +1 +0 +1 less/)
  })

  it('says that there is no session where the server gives none', async () => {
    const port = await ticketlessServer(site)
    const file = join(folder, 'no-session')
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    for (const more of [['--resume'], ['--session-out', file]]) {
      const { code, stderr } = await runCli([...words, ...more])
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/no ticket/) })
    }
  })

  it('tells a HelloRetryRequest, and the second round trip that it costs', async () => {
    const port = await tlsServer({ ...site, ecdhCurve: 'P-384' })
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca])
    expect(code).toBe(0)
    expect(stdout).toMatch(/◀── HelloRetryRequest .*→ hello retry +secp384r1/s)
    expect(stdout.match(/─── ClientHello ─/g)).toHaveLength(2)
    expect(stdout).toMatch(/handshake +2 round trips/)
  })

  it('keeps a session for later, readable by its owner only', async () => {
    const port = await tlsServer(site)
    const file = join(folder, 'session')
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    expect((await runCli([...words, '--session-out', file])).code).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { code, stdout } = await runCli([...words, '--session-in', file])
    expect(code).toBe(0)
    expect(stdout).toContain('The session of an earlier handshake vouches for it.')
  })

  it('writes a key log, by option and by environment', async () => {
    const lines: string[] = []
    const port = await tlsServer(site)
    const [byOption, byEnvironment] = [join(folder, 'keys-a'), join(folder, 'keys-b')]
    await runCli(['inspect', `localhost:${port}`, '--ca', site.ca, '--keylog', byOption], {
      env: { SSLKEYLOGFILE: byEnvironment },
    })
    for (const path of [byOption, byEnvironment])
      lines.push(readFileSync(path, 'utf8').replaceAll(/ [0-9a-f]{64} [0-9a-f]{64,96}/g, ''))
    const expected = [
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'SERVER_TRAFFIC_SECRET_0',
      'EXPORTER_SECRET',
    ]
    for (const text of lines) expect(text.trim().split('\n')).toEqual(expected)
  })

  it('trusts SSL_CERT_FILE and NODE_EXTRA_CA_CERTS', async () => {
    const port = await tlsServer(site)
    for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])
      expect(
        (await runCli(['inspect', `localhost:${port}`], { env: { [name]: site.ca } })).code,
      ).toBe(0)
  })

  it('enables what is named, off by default or not', async () => {
    const port = await tlsServer({
      ...site,
      // OpenSSL 3.5 takes a tag of 64 bits at its lowest level only.
      ciphers: 'TLS_AES_128_CCM_8_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0',
      ecdhCurve: 'P-521',
    })
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    expect((await runCli(words)).code).toBe(4)
    const { code, stdout } = await runCli([
      ...words,
      ...['--ciphers', 'tls_aes_128_ccm_8_sha256', '--groups', 'P-521'],
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('secp521r1')
  })

  it('shows a certificate to a server that asks for one', async () => {
    const { chain, key } = await site.authority.issue({
      names: ['someone@example.test'],
      client: true,
    })
    const port = await tlsServer({
      ...site,
      ca: site.authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    const shown = await runCli([...words, '--cert', fileWith(chain + key)])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain('═══ CertificateVerify ═')
    const bare = await runCli(words)
    expect(bare.code).toBe(5)
    expect(bare.stdout).toMatch(/--cert FILE/)
  })
})

describe('--json', () => {
  it('is the trace, one event on each line, and nothing else', async () => {
    const port = await tlsServer(site)
    const { code, stdout, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--json'],
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; name?: string; what?: string })
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([
        ...['transport', 'state', 'message', 'record', 'decision', 'check', 'keySchedule', 'keys'],
        ...['verdict', 'session', 'alert'],
      ]),
    )
    const messages = events.filter(({ type }) => type === 'message').map(({ name }) => name)
    expect(messages.slice(0, 3)).toEqual(['ClientHello', 'ServerHello', 'EncryptedExtensions'])
  })

  it('is what the published schema says, also of a failure', async () => {
    const schema = readFileSync(new URL(import.meta.resolve('handfast/trace/schema.json')), 'utf8')
    const isEvent = new Ajv2020({ strict: false }).compile(JSON.parse(schema))
    const port = await tlsServer(site)
    for (const more of [['--ca', site.ca], []]) {
      const { stdout } = await runCli(['inspect', `localhost:${port}`, '--json', ...more])
      for (const line of stdout.trimEnd().split('\n'))
        expect(isEvent(JSON.parse(line)), `${line}\n${JSON.stringify(isEvent.errors)}`).toBe(true)
    }
  })

  it('ends with the failure, which stderr tells too', async () => {
    const port = await tlsServer(site)
    const { code, stdout, stderr } = await runCli(['inspect', `localhost:${port}`, '--json'])
    expect(code).toBe(5)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; blame?: string })
    expect(events.findLast(({ type }) => type === 'failure')).toMatchObject({
      blame: 'certificate',
    })
    expect(stderr).toMatch(/neither trusted nor/)
  })

  it('has an event for a connection that does not come about', async () => {
    const { code, stdout, stderr } = await runCli(['inspect', 'no-such-host.invalid', '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ type: 'transport', what: 'failed' })
    expect(stderr).toContain('no host called no-such-host.invalid')
  })
})

describe('a certificate that is not accepted', () => {
  const outcome = (stdout: string) => stdout.slice(stdout.indexOf('The outcome'))

  it('because it has expired', async () => {
    const day = 86_400_000
    const old = await makeSite({ notAfter: new Date(Date.now() - 10 * day) })
    const port = await tlsServer(old)
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', old.ca])
    expect(code).toBe(5)
    expect(stdout).toMatch(/expired 10 days ago/)
    expect(outcome(stdout)).toMatch(/certificate_expired, sent to the server/)
    expect(outcome(stdout)).toMatch(/must renew/)
  })

  it('because it is for another name', async () => {
    const port = await tlsServer(site)
    const { code, stdout } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--ca', site.ca, '--servername', 'other.example'],
    ])
    expect(code).toBe(5)
    expect(outcome(stdout)).toMatch(/not for other\.example/)
    expect(outcome(stdout)).toMatch(/localhost and 127\.0\.0\.1/)
  })

  it('because its authority is not known', async () => {
    const port = await tlsServer(site)
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`])
    expect(code).toBe(5)
    expect(outcome(stdout)).toMatch(/unknown_ca, sent to the server/)
    expect(outcome(stdout)).toMatch(/--ca FILE/)
  })

  it('because it vouches for itself', async () => {
    const { certificate, exportKey } = await createAuthority({
      subject: { commonName: 'localhost' },
    })
    const port = await tlsServer({ cert: certificate, key: await exportKey() })
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`])
    expect(code).toBe(5)
    expect(outcome(stdout)).toMatch(/self-signed/)
  })

  it('goes on with --insecure, and says what is wrong', async () => {
    const port = await tlsServer(site)
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--insecure'])
    expect(code).toBe(0)
    expect(outcome(stdout)).toMatch(/not secure: anybody could be at the other end/)
    expect(outcome(stdout)).toMatch(/A browser would refuse: the issuer of/)
    expect(stdout).not.toContain('✓ Secure')
  })
})

describe('a handshake that fails', () => {
  it('for want of a common cipher suite: told by the server', async () => {
    const port = await tlsServer({ ...site, ciphers: 'TLS_AES_128_CCM_SHA256' })
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca])
    expect(code).toBe(4)
    expect(stdout).toContain('─── ClientHello ─')
    expect(stdout).toContain('◀── Alert: handshake_failure ─')
    expect(stdout).toMatch(/who is at fault +nobody/)
    expect(stdout).toMatch(/--ciphers/)
  })

  it('with a server that knows TLS 1.2 only, where TLS 1.3 is demanded', async () => {
    const port = await tlsServer({ ...site, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    const { code, stdout } = await runCli([
      'inspect',
      `localhost:${port}`,
      '--ca',
      site.ca,
      '--min-version',
      'TLSv1.3',
    ])
    expect(code).toBe(4)
    expect(stdout).toMatch(/protocol_version, from the server/)
  })

  it('with a server that closes at once', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.end()))
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`])
    expect(code).toBe(4)
    expect(stdout).toContain('─── ClientHello ─')
    expect(stdout).toMatch(/where it stood +waiting for ServerHello/)
    expect(stdout).toMatch(/who is at fault +the connection underneath/)
  })

  it('with a server that closes in the middle of its flight', async () => {
    // Lets the ClientHello through, and 300 bytes of the answer: more than a ServerHello without ML-KEM.
    const inner = await tlsServer({ ...site, ecdhCurve: 'X25519' })
    const port = await tcpServer((socket) => {
      const upstream = connect(inner, '127.0.0.1')
      upstream.on('error', () => {})
      socket.pipe(upstream)
      let left = 300
      upstream.on('data', (bytes) => {
        socket.write(bytes.subarray(0, left))
        left -= bytes.length
        if (left <= 0) socket.destroySoon()
      })
    })
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca])
    expect(code).toBe(4)
    expect(stdout).toContain('◀── ServerHello ─')
    expect(stdout).toMatch(/where it stood +waiting for (EncryptedExtensions|Certificate)/)
    expect(stdout).toContain('Handshake Secret')
  })

  it('with a server that speaks no TLS', async () => {
    const port = await tcpServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`])
    expect(code).toBe(4)
    expect(stdout).toMatch(/--starttls/)
    expect(stdout).toContain('ERR_NOT_TLS')
  })

  it('with a server that says nothing, after the time that was given', async () => {
    const port = await tcpServer(() => {})
    const { code, stdout, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      '--timeout',
      '0.3',
    ])
    expect(code).toBe(4)
    expect(stdout).toContain('─── ClientHello ─')
    expect(stderr).toMatch(/did not go on within 0\.3 s, while waiting for ServerHello/)
  })
})

describe('a connection that does not come about', () => {
  it('because nobody listens', async () => {
    const { code, stdout, stderr } = await runCli(['inspect', '127.0.0.1:1'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toMatch(/127\.0\.0\.1:1 refused the connection/)
  })

  it('because there is no such name', async () => {
    const { code, stderr } = await runCli(['inspect', 'no-such-host.invalid'])
    expect(code).toBe(3)
    expect(stderr).toMatch(/no host called|could not be resolved/)
  })

  it('because it was stopped', async () => {
    const port = await tcpServer(() => {})
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    const { code } = await runCli(['inspect', `localhost:${port}`], { stop: stop.signal })
    expect(code).toBe(4)
  })
})

it('does not let a certificate speak to the terminal', async () => {
  const evil = await makeSite({ subject: { commonName: '\u001b[2J\u001b]0;pwned\u0007localhost' } })
  const port = await tlsServer(evil)
  const { code, stdout } = await runCli([
    'inspect',
    `localhost:${port}`,
    '--ca',
    evil.ca,
    '--bytes',
  ])
  expect(code).toBe(0)
  expect(stdout).toContain('pwned')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})

it('tells a certificate whose parts cannot be read', async () => {
  const garbage = Uint8Array.of(0x30, 0x03, 0x82, 0x05, 0x61)
  for (const oid of ['2.5.29.17', '2.5.29.15', '2.5.29.19']) {
    const odd = await makeSite({ extensions: [{ oid, critical: false, value: garbage }] })
    const port = await tlsServer(odd)
    for (const more of [[], ['--insecure'], ['--bytes']]) {
      const words = ['inspect', `localhost:${port}`, '--ca', odd.ca, ...more]
      const { code, stdout } = await runCli(words)
      // A key usage that cannot be read is not passed over: the handshake itself asks for it.
      const goesOn = more[0] === '--insecure' && oid !== '2.5.29.15'
      expect([oid, more, code]).toEqual([oid, more, goesOn ? 0 : 5])
      expect(stdout).toContain('The outcome')
    }
  }
})

describe('a server whose bytes are changed on their way', () => {
  /** Between client and server: `change` sees the server's bytes and where in its stream they begin. */
  const through = (inner: number, change: (bytes: Buffer, at: number) => Buffer) =>
    tcpServer((socket) => {
      const upstream = connect(inner, '127.0.0.1')
      upstream.on('error', () => {})
      socket.pipe(upstream)
      let at = 0
      upstream.on('data', (bytes) => {
        socket.write(change(Buffer.from(bytes), at))
        at += bytes.length
      })
      upstream.on('end', () => socket.end())
    })

  it('ends in an outcome, never in an internal error', async () => {
    const inner = await tlsServer(site)
    for (let position = 0; position < 1300; position += 37) {
      const bit = 1 << (position % 8)
      const port = await through(inner, (bytes, at) => {
        const place = position - at
        if (place >= 0 && place < bytes.length) bytes[place]! ^= bit
        return bytes
      })
      const words = ['inspect', `localhost:${port}`, '--ca', site.ca, '--timeout', '0.5']
      const { code, stdout, stderr } = await runCli(words)
      expect([position, code, stderr]).toEqual([position, expect.toSatisfy(isForeseen), stderr])
      // A longer length announces bytes that never come.
      expect(stdout + stderr).toMatch(/The outcome|did not go on within/)
    }
  })

  it('says so where they are no records at all', async () => {
    for (const text of ['', '\0', '\u0015\u0003\u0003\0\u0002\u0002\u0028', 'x'.repeat(70_000)]) {
      const port = await tcpServer((socket) =>
        socket.once('data', () => socket.end(text, 'latin1')),
      )
      const { code } = await runCli(['inspect', `localhost:${port}`, '--timeout', '1'])
      expect([text.slice(0, 9), code]).toEqual([text.slice(0, 9), 4])
    }
  })

  const isForeseen = (code: number) => code === 0 || code === 4 || code === 5
})

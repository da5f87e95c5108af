/** `handfast inspect` and `connect` with TLS 1.2, against Node's own TLS. */
import { constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import {
  fileWith,
  folder,
  makeSite,
  opensslServer,
  type Site,
  tlsServer,
} from './support/servers.ts'

let site: Site

beforeAll(async () => {
  site = await makeSite({ keyType: 'rsa-2048' })
})

/** @returns the words that inspect a server of TLS 1.2 */
async function inspecting(options: TlsOptions = {}): Promise<string[]> {
  const port = await tlsServer({
    ...{ ...site, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', dhparam: 'auto' },
    ...options,
  })
  return ['inspect', `localhost:${port}`, '--ca', site.ca]
}

function expectInOrder(text: string, parts: readonly string[]): void {
  let at = 0
  for (const part of parts) {
    const found = text.indexOf(part, at)
    expect(found, `${part} in its place`).toBeGreaterThanOrEqual(at)
    at = found
  }
}

describe('a handshake of TLS 1.2', () => {
  it('is told message by message, with its keys, and with what others can read', async () => {
    const { code, stdout, stderr } = await runCli(await inspecting())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectInOrder(stdout, [
      '◀── ServerHello ─',
      'version                 TLS 1.2',
      '→ version               TLS 1.2, of 2 offered',
      '✓ downgrade protection',
      '◀── Certificate ─',
      '✓ certificate           accepted',
      '◀── ServerKeyExchange ─',
      'named_curve             x25519',
      'public key',
      'signature',
      '✓ ServerKeyExchange',
      '◀── ServerHelloDone ─',
      '─── ClientKeyExchange ─',
      'ecdh_Yc (public key)',
      '─── change_cipher_spec ─',
      '+ keys                  from here on all that the client sends is encrypted',
      '═══ Finished ═',
      '◀── NewSessionTicket ─',
      '◀── change_cipher_spec ─',
      '+ keys                  from here on all that the server sends is encrypted',
      '◀══ Finished ═',
      '✓ Finished',
      'PRF with SHA-256, RFC 5246',
      'premaster_secret',
      '└ master_secret         "extended master secret", over ClientHello…ClientKeyExchange',
      '├ key_block           "key expansion", with both randoms, 40 bytes',
      '│ ├ client_write_key  bytes 0 to 15',
      '│ ├ server_write_key  bytes 16 to 31',
      'verify_data',
      '✓ Secure: this is localhost',
      'version             TLS 1.2',
      'guards              extended_master_secret and secure renegotiation',
      'handshake           2 round trips',
      "others can read     the server's name and the server's certificate",
      'resumption          1 ticket',
    ])
    expect(stdout).not.toMatch(/TLS 1\.3;|undefined|HKDF/)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('shows the transport of the secret by RSA, and says what it costs', async () => {
    const words = await inspecting({ ciphers: 'AES128-SHA' })
    const { code, stdout } = await runCli([...words, '--ciphers', 'AES128-SHA', '--explain'])
    expect(code).toBe(0)
    expectInOrder(stdout, [
      '─── ClientHello ─',
      'version                 TLS 1.2',
      'cipher_suites           TLS_RSA_WITH_AES_128_CBC_SHA',
      '─── ClientKeyExchange ─',
      'no forward secrecy',
      'encrypted premaster',
      "made by the client, sent encrypted with the server's key (RSA)",
      'client_write_MAC_key  bytes 0 to 19',
      '! No forward secrecy',
      'key exchange        RSA: the client sent the secret',
    ])
    expect(stdout).not.toContain('ServerKeyExchange ─')
    expect(stdout).not.toContain('It is the last message that an eavesdropper can read')
  })

  it('shows Diffie-Hellman in a finite field, and both who prove who they are', async () => {
    const { cert, key } = site
    const words = await inspecting({
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      ...{ requestCert: true, rejectUnauthorized: false },
    })
    const { code, stdout } = await runCli([
      ...words,
      ...['--ciphers', 'DHE-RSA-AES256-GCM-SHA384'],
      ...['--cert', fileWith(cert), '--key', fileWith(key)],
    ])
    expect(code).toBe(0)
    expectInOrder(stdout, [
      '◀── ServerKeyExchange ─',
      'dh_p ',
      'dh_g ',
      'dh_Ys (public key)',
      '◀── CertificateRequest ─',
      'certificate_types',
      '→ client authentication our certificate',
      '─── Certificate ─',
      '─── ClientKeyExchange ─',
      'dh_Yc (public key)',
      '─── CertificateVerify ─',
      "others can read     the server's name, the server's certificate and the client's certificate",
    ])
  })

  it('shows every byte, by the names of the version', async () => {
    const { stdout } = await runCli([...(await inspecting()), '--bytes'])
    for (const field of [
      'legacy_session_id_echo',
      'curve_type: named_curve',
      'named_curve: x25519',
    ])
      expect(stdout).toContain(field)
    expect(stdout).toMatch(/algorithm: rsa_pss_rsae_sha256/)
    expect(stdout).not.toContain('undecoded')
  })

  it('is told as JSON by the schema, and its key log opens it', async () => {
    const keylog = join(folder, 'keys-12')
    const words = [...(await inspecting()), '--json', '--keylog', keylog]
    const { code, stdout } = await runCli(words)
    expect(code).toBe(0)
    const schema = JSON.parse(
      readFileSync(new URL('../../handfast/src/trace/schema.json', import.meta.url), 'utf8'),
    )
    const validate = new Ajv2020({ strict: false }).compile(schema)
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const event of events) expect(validate(event), JSON.stringify(validate.errors)).toBe(true)
    const names = events.flatMap(({ type, name }) => (type === 'keySchedule' ? [name] : []))
    expect(names).toEqual(expect.arrayContaining(['master_secret', 'key_block', 'verify_data']))
    expect(events.filter(({ type }) => type === 'keys')).toMatchObject([
      { direction: 'sent', version: 0x0303 },
      { direction: 'received', version: 0x0303 },
    ])
    expect(readFileSync(keylog, 'latin1')).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/)
  })
})

describe('a session of TLS 1.2', () => {
  it('is resumed by its ticket', async () => {
    const { code, stdout, stderr } = await runCli([...(await inspecting()), '--resume'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectInOrder(stdout.slice(stdout.lastIndexOf('Flight 1')), [
      "session_ticket          the session's: ",
      '→ resumption            the session',
      '◀── change_cipher_spec ─',
      '+ keys                  from here on all that the server sends',
      '◀══ Finished ═',
      '─── change_cipher_spec ─',
      '+ keys                  from here on all that the client sends',
      '═══ Finished ═',
      'of the session that is resumed',
      'others can read',
      'which session is resumed',
      'In TLS 1.2 no fresh key exchange is made either',
    ])
    expect(stdout).toMatch(/round trips +2 +1 +1 less/)
    expect(stdout).toMatch(/signatures by the server +1 +0 +1 less/)
  })

  it('is resumed by its id, where the server gives no ticket', async () => {
    const known = new Map<string, Buffer>()
    const options = { secureOptions: constants.SSL_OP_NO_TICKET, ...site }
    const server = createServer({ ...options, maxVersion: 'TLSv1.2' }, (socket) => socket.resume())
    server.on('newSession', (id, data, done) => {
      known.set(id.toString('hex'), data)
      done()
    })
    server.on('resumeSession', (id, done) => done(null, known.get(id.toString('hex')) ?? null))
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    const file = join(folder, 'session-by-id')
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca]
    try {
      const first = await runCli([...words, '--session-out', file])
      expect(first.stdout).toContain('+ session               a session id of 32 bytes')
      for (const more of [[], ['--session-out', file]]) {
        const again = await runCli([...words, '--session-in', file, ...more])
        expect(again).toMatchObject({ code: 0, stderr: '' })
        expect(again.stdout).toContain('→ resumption            the session')
      }
      const piped = await runCli([
        'connect',
        ...words.slice(1),
        '--session-in',
        file,
        '--timeout',
        '1',
      ])
      expect(piped.stderr).toMatch(/TLS 1\.2, TLS_ECDHE_RSA\w+, resumed/)
    } finally {
      server.close()
    }
  })
})

describe('what does not come about', () => {
  it('a version that the server does not have', async () => {
    const { code, stdout } = await runCli([...(await inspecting()), '--min-version', 'TLSv1.3'])
    expect(code).toBe(4)
    expectInOrder(stdout, ['protocol_version', 'nobody: the two sides', 'leave --min-version'])
  })

  it('a suite that the server does not have', async () => {
    const { code, stdout } = await runCli([
      ...(await inspecting({ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })),
      ...['--ciphers', 'AES256-SHA'],
    ])
    expect(code).toBe(4)
    expectInOrder(stdout, ['handshake_failure', 'nobody: the two sides', '--ciphers'])
  })

  it('a certificate that the server wants of us, which OpenSSL calls handshake_failure', async () => {
    const port = await opensslServer(site, '-tls1_2', '-Verify', '1', '-CAfile', site.ca)
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca])
    expect(code).toBe(4)
    expectInOrder(stdout, [
      'sent the alert handshake_failure',
      'It asked for a certificate and got none',
      'this side: the server',
      'Name a client certificate with --cert FILE',
    ])
  })

  it('suites of one version and a range without it', async () => {
    const words = ['inspect', '127.0.0.1:1', '--ciphers', 'AES128-SHA', '--min-version', '1.3']
    const { code, stderr } = await runCli(words)
    expect(code).toBe(2)
    expect(stderr).toMatch(/suites of TLS 1\.2 only, and --min-version excludes TLS 1\.2/)
  })
})

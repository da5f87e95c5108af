/** `--legacy`: the versions before TLS 1.2, with OpenSSL at security level 0, and SSL 3.0 with ourselves. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import { serve } from './support/serve.ts'
import { fileWith, makeSite, opensslServer, type Site } from './support/servers.ts'

let site: Site
let files: string[]

beforeAll(async () => {
  site = await makeSite({ keyType: 'rsa-2048' })
  files = ['--cert', fileWith(site.cert), '--key', fileWith(site.key)]
})

const oldServer = (version: '-tls1' | '-tls1_1') =>
  opensslServer(site, version, '-cipher', 'ALL:@SECLEVEL=0')

const warning = /^! --legacy: TLS 1\.1, TLS 1\.0 and SSL 3\.0 are broken/

describe('inspect --legacy', () => {
  it.each([
    ['TLS 1.1', '-tls1_1'],
    ['TLS 1.0', '-tls1'],
  ] as const)('tells %s, and what later versions do otherwise', async (name, version) => {
    const port = await oldServer(version)
    const words = ['inspect', `localhost:${port}`, '--ca', site.ca, '--legacy', '--explain']
    const { code, stdout, stderr } = await runCli(words)
    expect(code).toBe(0)
    expect(stderr).toMatch(warning)
    expect(stdout).toMatch(new RegExp(`→ version +${name}, of 5 offered`))
    expect(stdout).toContain('PRF with MD5 and SHA-1, RFC 2246')
    expect(stdout).toContain(`! ${name} is obsolete`)
    expect(stdout).toContain('but not secure')
    expect(stdout).toMatch(new RegExp(`version +${name}\\n`))
    expect(stdout).toContain(version === '-tls1' ? 'implicit IV' : 'explicit IV')
  })

  it('is what such a server is looked at with', async () => {
    const port = await oldServer('-tls1')
    const { code, stdout, stderr } = await runCli(['inspect', `localhost:${port}`, '--ca', site.ca])
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
    expect(stdout.replace(/\s+/g, ' ')).toContain('inspect --legacy looks at it all the same')
  })

  it('is needed for their versions and suites', async () => {
    for (const more of [
      ['--max-version', 'TLSv1.1'],
      ['--ciphers', 'DES-CBC3-SHA'],
    ])
      expect(await runCli(['inspect', '127.0.0.1:1', ...more])).toMatchObject({ code: 2 })
  })
})

describe('serve --legacy', () => {
  it('speaks SSL 3.0, which inspect tells by its own names', async () => {
    const { port, stderr } = await serve(
      '--echo',
      ...files,
      '--legacy',
      '--ciphers',
      'DES-CBC3-SHA',
    )
    expect(stderr()).toMatch(warning)
    const { code, stdout } = await runCli([
      ...['inspect', `localhost:${port}`, '--ca', site.ca, '--explain'],
      ...['--legacy', '--max-version', 'SSLv3', '--ciphers', 'DES-CBC3-SHA'],
    ])
    expect(code).toBe(0)
    for (const part of [
      /version +SSL 3\.0\n/,
      /MD5 and SHA-1 in each other, RFC 6101/,
      /verify_data +over ClientHello…ClientKeyExchange, 36 bytes/,
      /verify_data +over ClientHello…client Finished, 36 bytes/,
      /keyed MAC/,
      /POODLE, RFC\s+7568/,
      /3DES has blocks of 64 bits/,
    ])
      expect(stdout).toMatch(part)
  })

  it.each(['-tls1', '-tls1_1'])(
    'lets openssl s_client %s in, and without it does not',
    async (version) => {
      const connect = async (port: number) => {
        const call = promisify(execFile)('openssl', [
          ...['s_client', '-connect', `127.0.0.1:${port}`, version, '-cipher', 'ALL:@SECLEVEL=0'],
          ...['-CAfile', site.ca, '-verify_return_error', '-brief'],
        ])
        call.child.stdin?.end()
        const { stderr } = await call.catch((error: Error & { stderr: string }) => error)
        return stderr
      }
      const open = await serve('--echo', ...files, '--legacy')
      expect(await connect(open.port)).toMatch(/CONNECTION ESTABLISHED\nProtocol version: TLSv1/)
      const closed = await serve('--echo', ...files)
      expect(await connect(closed.port)).toMatch(/alert protocol version/)
    },
  )
})

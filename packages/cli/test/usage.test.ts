/** What is wrong with a command line is said, with what would be right, and is the exit code 2. */
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Output, run } from '../src/index.ts'
import { runCli } from './support/cli.ts'
import { fileWith, folder, makeSite } from './support/servers.ts'

const nowhere = '127.0.0.1:1'

describe('is a usage error', () => {
  it.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: handfast/],
    ['an unknown command', ['dance'], /unknown command 'dance'/],
    ['an unknown option', ['inspect', nowhere, '--fast'], /unknown option '--fast'/],
    ['no target', ['inspect'], /missing required argument 'target'/],
    ['two targets', ['inspect', 'a', 'b'], /too many arguments/],
    ['a target that is none', ['inspect', 'a b'], /is not a host/],
    ['http://', ['connect', 'http://example.com'], /https:\/\//],
    ['an unknown suite', ['inspect', nowhere, '--ciphers', 'RC4'], /TLS_AES_128_GCM_SHA256/],
    ['an unknown group', ['serve', '--groups', 'P-1'], /X25519MLKEM768/],
    ['an unknown scheme', ['inspect', nowhere, '--sigalgs', 'MD5'], /ecdsa_secp256r1_sha256/],
    [
      'an older version',
      ['inspect', nowhere, '--max-version', 'TLSv1.1'],
      /speaks TLS 1\.3 and TLS 1\.2/,
    ],
    ['an unknown version', ['inspect', nowhere, '--min-version', '2'], /no version called "2"/],
    [
      'an unknown protocol',
      ['inspect', nowhere, '--starttls', 'gopher'],
      /Allowed choices are smtp/,
    ],
    ['no time', ['inspect', nowhere, '--timeout', 'soon'], /number of seconds/],
    ['negative time', ['inspect', nowhere, '--timeout=-1'], /number of seconds/],
    ['a key alone', ['inspect', nowhere, '--key', 'k.pem'], /--cert FILE/],
    ['a missing file', ['inspect', nowhere, '--ca', '/nowhere.pem'], /--ca: .*no such file/],
    ['a folder', ['inspect', nowhere, '--ca', folder], /--ca: .*it is a folder/],
    ['a long protocol', ['inspect', nowhere, '--alpn', 'x'.repeat(256)], /255 bytes/],
    ['two views', ['inspect', nowhere, '--json', '--bytes'], /cannot be used with/],
    ['h2 with --get', ['connect', nowhere, '--alpn', 'h2', '--get'], /--get speaks HTTP\/1\.1/],
    ['no folder', ['serve', '/nowhere'], /cannot be served/],
    ['a file for a folder', ['serve', fileWith('x')], /is not a folder/],
    ['a port', ['serve', '--port', 'http'], /is not a port/],
    ['two services', ['serve', '--echo', '--upstream', 'a:1'], /exclude each other/],
    ['an upstream', ['serve', '--upstream', 'localhost'], /HOST:PORT/],
    ['an address', ['serve', '--host', '192.0.2.1', '-p', '0'], /not an address of this machine/],
    ['half of client auth', ['serve', '--require-client-cert'], /--client-ca FILE/],
    ['a CA that is not made', ['serve', '--cert', 'c', '--ca-out', 'x'], /not for --cert/],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await runCli(words)
    expect(stderr).toMatch(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('a file that is not what it should be', async () => {
    const text = fileWith('hello')
    const broken = fileWith('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const { cert, key } = await makeSite()
    const cases: [string[], RegExp][] = [
      [['--ca', text], /holds no certificate/],
      [['--ca', broken], /cannot be read/],
      [['--cert', text], /holds no certificate/],
      [['--cert', fileWith(cert), '--key', text], /holds no private key/],
      [['--cert', fileWith(cert)], /holds no private key/],
      [['--session-in', text], /holds no session/],
      [['--keylog', '/nowhere/keys'], /cannot be written/],
    ]
    for (const [words, message] of cases) {
      const { code, stderr } = await runCli(['inspect', nowhere, ...words])
      expect(stderr).toMatch(message)
      expect(code).toBe(2)
    }
    // A good pair gets as far as the connection.
    const good = ['--cert', fileWith(cert), '--key', fileWith(key)]
    expect((await runCli(['inspect', nowhere, ...good])).code).toBe(3)
  })
})

it('prints help and version on stdout, and is content', async () => {
  const help = await runCli(['--help'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  for (const command of ['demo', 'inspect', 'connect', 'serve'])
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  for (const [code, meaning] of ['ok', '', 'usage', 'name or connection', 'handshake'].entries())
    if (meaning) expect(help.stdout).toContain(`${code}  ${meaning}`)
  expect(await runCli(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d/),
  })
  const inspect = await runCli(['help', 'inspect'])
  expect(inspect).toMatchObject({ code: 0, stderr: '' })
  for (const option of ['--json', '--bytes', '--explain', '--keylog', '--starttls', '--servername'])
    expect(inspect.stdout).toContain(option)
  for (const text of [help.stdout, inspect.stdout])
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
})

it('takes an error that nobody foresaw for a bug, and asks for a report', async () => {
  let stderr = ''
  const code = await run(['--version'], {
    stdin: process.stdin,
    stdout: {
      write() {
        throw new RangeError('out of the blue')
      },
    } as unknown as Output,
    stderr: new Writable({
      write(chunk, _, done) {
        stderr += chunk
        done()
      },
    }),
    env: {},
    stop: new AbortController().signal,
  })
  expect(code).toBe(6)
  expect(stderr).toMatch(/out of the blue/)
  expect(stderr).toMatch(/bug in handfast: please report it/)
})

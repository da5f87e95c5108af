/** `--psk`, against OpenSSL's command at either end; and `--early-data`. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from './support/cli.ts'
import { serve } from './support/serve.ts'
import {
  fileWith,
  folder,
  makeSite,
  opensslServer,
  type Site,
  tlsServer,
} from './support/servers.ts'

const key = '00112233445566778899aabbccddeeff'
const keys = fileWith(`# by name\nother:${'ab'.repeat(16)}\nthing:1:${key.toUpperCase()}\r\n`)
const psk = ['--psk', keys, '--psk-identity', 'thing:1']
const versions = ['TLSv1.3', 'TLSv1.2'] as const
const pinned = (version: string) => ['--min-version', version, '--max-version', version]
const opensslVersion = (version: string) =>
  `-${version.replace('v', '').replace('.', '_').toLowerCase()}`

let site: Site

beforeAll(async () => {
  site = await makeSite()
})

/** What `openssl s_client` prints, once it has said `said` and heard `wanted`. */
async function opensslClient(port: number, args: readonly string[], said: string, wanted: RegExp) {
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args])
  onTestFinished(() => {
    child.kill()
  })
  child.stdin.on('error', () => {})
  child.stdin.write(said)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes
      if (wanted.test(output)) child.stdin.end()
    })
  await new Promise((resolve) => child.on('close', resolve))
  return output
}

describe.each(versions)('a pre-shared key, by %s', (version) => {
  it('authenticates s_server to connect', async () => {
    const port = await opensslServer(
      site,
      ...['-psk', key, '-psk_identity', 'thing:1', '-nocert', opensslVersion(version)],
    )
    const { code, stdout, stderr } = await runCli(
      ['connect', `localhost:${port}`, ...psk, ...pinned(version)],
      { stdin: 'GET / HTTP/1.0\r\n\r\n' },
    )
    expect(stderr).toContain('this is who has the key thing:1 too')
    expect(stdout).toContain('HTTP/1.0 200')
    expect(code).toBe(0)
  })

  it('authenticates serve to s_client', async () => {
    const { port, stop } = await serve('--echo', '--psk', keys)
    const args = ['-psk', key, '-psk_identity', 'thing:1', opensslVersion(version)]
    const output = await opensslClient(port, args, 'there and back\n', /^there and back$/m)
    expect(output).toContain('there and back')
    expect(output).toContain('No client certificate CA names sent')
    expect(output).not.toContain('BEGIN CERTIFICATE')
    expect(await stop()).toBe(0)
  })

  it('is refused where the two keys differ', async () => {
    const { port } = await serve('--echo', '--psk', keys, ...pinned(version))
    const wrong = fileWith(`thing:1:${'77'.repeat(16)}`)
    const outcome = await runCli(['connect', `127.0.0.1:${port}`, '--psk', wrong])
    expect(outcome.code).toBe(4)
    expect(outcome.stderr).not.toContain('7777')
  })

  it('is shown by inspect', async () => {
    const port = await opensslServer(
      site,
      ...['-psk', key, '-psk_identity', 'thing:1', '-nocert', opensslVersion(version)],
    )
    const { code, stdout } = await runCli(['inspect', `localhost:${port}`, ...psk])
    expect(stdout).toContain('who has the key "thing:1" too')
    expect(stdout).not.toContain(key)
    expect(code).toBe(0)
  })
})

it('offers the first key of the file where none is named', async () => {
  const { port } = await serve('--echo', '--psk', fileWith(`other:${'ab'.repeat(16)}`))
  const { stderr } = await runCli(['connect', `127.0.0.1:${port}`, '--psk', keys])
  expect(stderr).toContain('the key other')
})

it.each([
  ['no key', '--psk: ', ['--psk', fileWith('# nothing\n')]],
  ['a line that is none', 'line 2', ['--psk', fileWith('a:00\nsecret words\n')]],
  ['half a byte', 'line 1', ['--psk', fileWith('a:012\n')]],
  ['a name that is not there', 'no key for "nobody"', ['--psk', keys, '--psk-identity', 'nobody']],
  ['a name alone', '--psk FILE', ['--psk-identity', 'thing:1']],
  ['suites without a key', '--psk FILE', ['--ciphers', 'PSK-AES128-GCM-SHA256']],
])('refuses %s', async (_, said, words) => {
  const { code, stderr } = await runCli(['connect', 'localhost:1', ...words])
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  expect(stderr).not.toContain('secret words')
})

describe('early data', () => {
  const early = fileWith('early, ')

  it('goes from connect to serve, and comes back', async () => {
    const session = join(folder, 'early-session')
    const ca = join(folder, 'early-ca')
    const { port } = await serve('--echo', '--early-data', '100', '--ca-out', ca)
    const words = ['connect', `localhost:${port}`, '--ca', ca]
    const first = await runCli([...words, '--early-data', early, '--session-out', session], {
      stdin: 'late',
    })
    expect(first.stdout).toBe('early, late')
    expect(first.stderr).toContain('no early data allowed, sent after the handshake')
    const second = await runCli([...words, '--early-data', early, '--session-in', session], {
      stdin: 'late',
    })
    expect(second.stdout).toBe('early, late')
    expect(second.stderr).toContain('early data accepted')
  })

  it('is refused by a server that has none, and sent again', async () => {
    const session = join(folder, 'refused-session')
    const ca = join(folder, 'refused-ca')
    const taking = await serve('--echo', '--early-data', '--ca-out', ca)
    await runCli(
      ['connect', `localhost:${taking.port}`, '--ca', ca, '--session-out', session, '-q'],
      { stdin: 'x' },
    )
    // It cannot read the ticket of the other.
    const port = await tlsServer(site, (socket) => socket.pipe(socket))
    const { stdout, stderr } = await runCli(
      [
        ...['connect', `localhost:${port}`, '--insecure'],
        ...['--early-data', early, '--session-in', session],
      ],
      { stdin: 'late' },
    )
    expect(stdout).toBe('early, late')
    expect(stderr).toContain('early data refused and sent again')
  })

  it('is shown by inspect --resume, which needs a session for it', async () => {
    const ca = join(folder, 'inspected-ca')
    const { port } = await serve('--echo', '--early-data', '--ca-out', ca)
    const words = ['inspect', `localhost:${port}`, '--ca', ca, '--early-data', early]
    const { code, stdout } = await runCli([...words, '--resume'])
    expect(stdout).toContain('accepted: it was there before the server answered')
    expect(stdout).toContain('EndOfEarlyData')
    expect(code).toBe(0)
    expect((await runCli(words)).code).toBe(2)
  })

  it('is a number of bytes for serve', async () => {
    const { code, stderr } = await runCli(['serve', '--early-data', 'much'])
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('much') })
  })
})

/** The shim as the runner starts it, with node:tls in the runner's place. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket, TLSSocket as TlsSocket } from 'node:tls'
import { createAuthority, type IssuedCertificate } from '@handfast/ca'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildShim, type Shim } from './build-shim.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-bogo-'))
const file = (name: string) => join(folder, name)
let shim: Shim
let warm: Shim
let issued: IssuedCertificate
let files: readonly string[]

beforeAll(async () => {
  shim = await buildShim(folder)
  warm = await buildShim(file('warm'), 1)
  const authority = await createAuthority()
  issued = await authority.issue({ names: ['test'] })
  writeFileSync(file('cert.pem'), issued.chain)
  writeFileSync(file('key.pem'), issued.key)
  files = ['-cert-file', file('cert.pem'), '-key-file', file('key.pem')]
}, 60_000)
afterAll(() => {
  warm.stop()
  rmSync(folder, { recursive: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[], { program } = shim): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

/** Plays the runner: takes the connection and its number, then TLS, writes, and reads the answer. */
async function play(
  args: readonly string[],
  secure: (socket: Socket) => TLSSocket,
  program?: Shim,
) {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const seen: { id?: bigint; answer?: string } = {}
  server.on('connection', (socket) => {
    socket.once('readable', () => {
      seen.id = (socket.read(8) as Buffer).readBigUInt64LE()
      const tls = secure(socket)
      tls.on('error', () => socket.destroy())
      tls.on('data', (bytes: Buffer) => {
        seen.answer = bytes.map((byte) => byte ^ 0xff).toString()
        tls.end()
      })
      tls.write('to be turned round')
    })
  })
  const { port } = server.address() as AddressInfo
  const ended = await start(['-port', String(port), '-shim-id', '7', ...args], program)
  server.close()
  return { ...ended, ...seen }
}

const asServer = (socket: Socket) =>
  new TlsSocket(socket, {
    isServer: true,
    cert: issued.chain,
    key: issued.key,
    minVersion: 'TLSv1.3',
  } as never)
const asClient = (socket: Socket) =>
  connect({ socket, rejectUnauthorized: false, minVersion: 'TLSv1.3' })

describe('the shim', () => {
  it('tells that there is no second process', async () => {
    const ended = await start(['-is-handshaker-supported'])
    expect(ended).toEqual({ code: 0, stdout: 'No\n', stderr: '' })
  })

  it('leaves with 89 and says what is missing', async () => {
    expect(await start(['-dtls'])).toEqual({ code: 89, stdout: 'DTLS\n', stderr: '' })
  })

  it.each(['', '-async'])('is a client that turns round what it reads %s', async (flag) => {
    const args = flag === '' ? [] : [flag]
    expect(await play([...args, '-expect-version', '772'], asServer)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
      id: 7n,
      answer: 'to be turned round',
    })
  })

  it.each(['', '-async'])('is a server, and a client of TCP all the same %s', async (flag) => {
    const args = flag === '' ? [] : [flag]
    expect(await play([...args, '-server', ...files], asClient)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
      id: 7n,
      answer: 'to be turned round',
    })
  })

  it('fails where the outcome is not what the flags say', async () => {
    const ended = await play(['-expect-alpn', 'h2'], asServer)
    expect(ended.code).toBe(1)
    expect(ended.stderr).toBe('application protocol is , and was to be h2\n')
  })

  it('fails with the code of the library and its sentence', async () => {
    const ended = await play(['-verify-fail', '-verify-peer'], asServer)
    expect(ended.code).toBe(1)
    expect(ended.stderr).toBe('ERR_CERTIFICATE_REFUSED: The runner wants it refused\n')
  })

  it('is the same where a process runs one test after another', async () => {
    expect(await start(['-dtls'], warm)).toEqual({ code: 89, stdout: 'DTLS\n', stderr: '' })
    expect(await start(['-is-handshaker-supported', ''], warm)).toMatchObject({ stdout: 'No\n' })
    for (const _ of [1, 2])
      expect(await play(['-server', ...files], asClient, warm)).toMatchObject({
        code: 0,
        answer: 'to be turned round',
      })
    const ended = await play(['-expect-alpn', 'h2'], asServer, warm)
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'application protocol is , and was to be h2\n',
    })
  })
})

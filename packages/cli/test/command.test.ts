/** The command as it is installed: a process, with pipes, signals and exit codes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { folder, makeSite, tlsServer } from './support/servers.ts'

/** Builds what is not built, and runs the command in the same process: what `npm start --` does. */
const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs')

beforeAll(async () => {
  expect(await handfast('--version').ended).toMatchObject({ code: 0 })
}, 60_000)

const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

function handfast(...words: string[]) {
  const child = spawn(process.execPath, [start, ...words], { stdio: 'pipe' })
  children.add(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }))
  return { child, output, ended }
}

describe('exits', () => {
  it('with 0 after the demonstration', async () => {
    const { code, stdout, stderr } = await handfast('demo').ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('What the session saved')
  })

  it('with 2 for a command line that cannot be', async () => {
    expect(await handfast('inspect').ended).toMatchObject({ code: 2, stdout: '' })
  })

  it('with 3 where nobody listens', async () => {
    expect(await handfast('connect', '127.0.0.1:1').ended).toMatchObject({ code: 3, stdout: '' })
  })

  it('with 4 for a handshake, and with 5 for a certificate that fails', async () => {
    const site = await makeSite()
    const fussy = await tlsServer({ ...site, ciphers: 'TLS_AES_128_CCM_SHA256' })
    expect((await handfast('inspect', `localhost:${fussy}`).ended).code).toBe(4)
    const unknown = await tlsServer(site)
    expect((await handfast('inspect', `localhost:${unknown}`).ended).code).toBe(5)
  })
})

it('ends quietly where nobody reads its output any more', async () => {
  const site = await makeSite()
  const port = await tlsServer(site)
  const { child, ended } = handfast('inspect', `localhost:${port}`, '--ca', site.ca, '--json')
  child.stdout.destroy()
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

it('pipes stdin to a server and back', async () => {
  const site = await makeSite()
  const port = await tlsServer(site, (socket) => socket.pipe(socket))
  const { child, ended } = handfast('connect', `localhost:${port}`, '--ca', site.ca, '-q')
  child.stdin.end('through a pipe')
  expect(await ended).toEqual({ code: 0, signal: null, stdout: 'through a pipe', stderr: '' })
})

it('ends with the server, though its stdin is still open', async () => {
  const site = await makeSite()
  const port = await tlsServer(site, (socket) => {
    setTimeout(() => socket.end('goodbye'), 50)
  })
  const { ended } = handfast('connect', `localhost:${port}`, '--ca', site.ca, '-q')
  expect(await ended).toMatchObject({ code: 0, stdout: 'goodbye' })
})

describe.each(['SIGINT', 'SIGTERM'] as const)('on %s', (signal) => {
  it('serve stops cleanly, with a connection open', async () => {
    const ca = join(folder, `${signal}.pem`)
    const { child, output, ended } = handfast('serve', '--echo', '-p', '0', '--ca-out', ca)
    while (!output.stdout.endsWith('\n')) await once(child.stdout, 'data')
    const [, port] = /^listening on 127\.0\.0\.1:(\d+)\n$/.exec(output.stdout) ?? []
    const socket = connect({ port: Number(port), servername: 'localhost', ca: readFileSync(ca) })
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    child.kill(signal)
    expect(await ended).toMatchObject({ code: 0, signal: null })
    socket.destroy()
  })

  it('connect stops, and so says', async () => {
    const site = await makeSite()
    const port = await tlsServer(site, (socket) => socket.write('ready'))
    const { child, ended } = handfast('connect', `localhost:${port}`, '--ca', site.ca, '-q')
    await once(child.stdout, 'data')
    child.kill(signal)
    const { code } = await ended
    expect(code).toBe(3)
  })
})

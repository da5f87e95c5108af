/** Pre-shared keys in TLS 1.3 with the command lines of OpenSSL and GnuTLS, over loopback. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { PreSharedKey } from '../../src/config.ts'
import type { Connection } from '../../src/connection.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  type ClientConfig,
  clientConnection,
  type ServerConfig,
  type Session,
  serverConnection,
  statelessTickets,
} from '../../src/index.ts'
import { clientConfig, serverConfig } from '../engine/pair.ts'
import { freePort, program, run } from '../engine/programs.ts'

const psk: PreSharedKey = {
  identity: new TextEncoder().encode('Client_identity'),
  key: Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex'),
}
const folder = mkdtempSync(join(tmpdir(), 'handfast-psk-'))
afterAll(() => rmSync(folder, { recursive: true }))
const hex = Buffer.from(psk.key).toString('hex')
const known = (identity: Uint8Array) =>
  Buffer.compare(identity, psk.identity) === 0 ? psk.key : undefined

async function client(port: number, config: Partial<ClientConfig> = {}) {
  const connection = clientConnection(clientConfig({ preSharedKey: () => psk, ...config }))
  const result = await run(connection, dial(port, '127.0.0.1'), 'ping\n', /ping|pong/)
  return { ...result, info: connection.info }
}

async function server(config: Partial<ServerConfig> = {}) {
  const ended: Promise<Connection>[] = []
  const listener = createServer((socket) => {
    const connection = serverConnection(
      serverConfig({ identity: [], findPreSharedKey: known, ...config }),
    )
    ended.push(run(connection, socket, 'pong\n', /ping/).then(() => connection))
    ended.at(-1)?.catch(() => {})
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  return { port, ended, stop: () => listener.close() }
}

describe('OpenSSL', () => {
  const speaking = (peer: ReturnType<typeof program>) =>
    setInterval(() => peer.child.stdin.write('pong\n'), 50)

  async function serve(...more: readonly string[]) {
    const args = ['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-nocert', '-psk', hex, ...more]
    const peer = program('openssl', args)
    const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
    const timer = speaking(peer)
    const stop = () => {
      clearInterval(timer)
      peer.child.kill()
    }
    return { port: Number(port), stop }
  }

  it('s_server takes our key, and resumes the session', async () => {
    const { port, stop } = await serve()
    const first = await client(port)
    expect(first.info).toMatchObject({ pskIdentity: psk.identity, resumed: false })
    const second = await client(port, { session: first.sessions[0] as Session })
    expect(second.info).toMatchObject({ pskIdentity: psk.identity, resumed: true })
    stop()
  })

  it('s_server asks for another share, and takes our key', async () => {
    const { port, stop } = await serve('-groups', 'P-384')
    expect((await client(port)).info).toMatchObject({
      pskIdentity: psk.identity,
      helloRetried: true,
    })
    stop()
  })

  it('s_server refuses another key', async () => {
    const { port, stop } = await serve()
    const preSharedKey = () => ({ ...psk, key: Uint8Array.of(1) })
    await expect(client(port, { preSharedKey })).rejects.toMatchObject({
      code: 'ERR_ALERT_RECEIVED',
    })
    stop()
  })

  it.each([
    ['', {}],
    [', after a HelloRetryRequest', { groups: [0x18] }],
  ])('s_client shows its key%s, and resumes the session', async (_, more) => {
    const { aead } = nodeProvider.cipherSuites[0]!
    const tickets = statelessTickets({ crypto: nodeProvider, aead, clock: Date.now })
    const { port, ended, stop } = await server({ tickets, ...more })
    const peer = program('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-psk', hex],
    ])
    peer.child.stdin.write('ping\n')
    await peer.until(/pong/)
    expect((await ended[0])?.info).toMatchObject({ pskIdentity: psk.identity, resumed: false })
    peer.child.kill()
    stop()
  })
})

const hasGnutls = (() => {
  try {
    execFileSync('gnutls-cli', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!hasGnutls)('GnuTLS (gnutls-bin)', () => {
  const priority = ['--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+DHE-PSK:+ECDHE-PSK:+PSK']

  it('gnutls-cli shows its key', async () => {
    const { port, ended, stop } = await server()
    const peer = program('gnutls-cli', [
      ...['-p', String(port), '127.0.0.1', '--pskusername', 'Client_identity', '--pskkey', hex],
      ...priority,
    ])
    await peer.until(/Handshake was completed/)
    peer.child.stdin.write('ping\n')
    await peer.until(/pong/)
    expect((await ended[0])?.info).toMatchObject({ pskIdentity: psk.identity })
    peer.child.kill()
    stop()
  })

  it('gnutls-serv takes our key', async () => {
    const port = await freePort()
    const passwords = join(folder, 'passwords')
    writeFileSync(passwords, `Client_identity:${hex}\n`)
    const peer = program('gnutls-serv', [
      ...['--echo', '-p', String(port), '--pskpasswd', passwords, ...priority],
    ])
    await peer.until(/listening/)
    expect((await client(port)).info).toMatchObject({ pskIdentity: psk.identity })
    peer.child.kill()
  })
})

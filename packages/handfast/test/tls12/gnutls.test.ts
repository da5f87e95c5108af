/** Our client with GnuTLS: every suite that has a certificate, over loopback. Skipped where gnutls-serv is not installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { clientConnectionOf, tls12Client, tls13Client } from '../../src/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority, clientConfig } from '../engine/pair.ts'
import { freePort } from '../engine/programs.ts'

function isInstalled(): boolean {
  try {
    execFileSync('gnutls-serv', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const priority =
  'NORMAL:-VERS-ALL:+VERS-TLS1.2:+RSA:+DHE-RSA:+ECDHE-RSA:+ECDHE-ECDSA:+AES-128-CCM:+AES-256-CCM:+AES-128-CCM-8:+AES-256-CCM-8:+AES-128-CBC:+AES-256-CBC:+SHA256:+SHA384:+SHA1'
const lines = isInstalled()
  ? execFileSync('gnutls-cli', ['--list', '--priority', priority], { encoding: 'utf8' })
  : ''
const known = new Set(
  [...lines.matchAll(/0x(..), 0x(..)/g)].map(([, high, low]) => Number.parseInt(high! + low!, 16)),
)
const suites = (nodeProvider.classicCipherSuites ?? []).filter(
  ({ id, authentication }) => authentication !== 'PSK' && known.has(id),
)

const folder = mkdtempSync(join(tmpdir(), 'handfast-gnutls-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true })
})

async function serve(keyType: 'ec-p256' | 'rsa-2048'): Promise<number> {
  const { chainDer, keyDer } = await authority.issue({ names: ['server.test'], keyType })
  const cert = join(folder, `${keyType}.pem`)
  const key = join(folder, `${keyType}.key`)
  writeFileSync(cert, chainDer.map((der) => encodePem('CERTIFICATE', der)).join(''))
  writeFileSync(key, encodePem('PRIVATE KEY', keyDer))
  const port = await freePort()
  const child = spawn('gnutls-serv', [
    ...['--echo', '--quiet', '--disable-client-cert', '-p', String(port)],
    ...['--x509certfile', cert, '--x509keyfile', key, '--priority', priority],
  ])
  children.push(child)
  for (let i = 0; i < 200; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return port
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('gnutls-serv does not listen')
}

describe.skipIf(!isInstalled())('our client and gnutls-serv', () => {
  const ports = { ECDSA: 0, RSA: 0 }
  beforeAll(async () => {
    ports.ECDSA = await serve('ec-p256')
    ports.RSA = await serve('rsa-2048')
  })

  it('have many suites in common', () => expect(suites.length).toBeGreaterThan(25))

  it.each(suites.map((suite) => [suite.name, suite] as const))('%s', async (name, suite) => {
    const both = suite.id % 2 === 0 ? [tls13Client, tls12Client] : [tls12Client]
    const connection = clientConnectionOf(both, clientConfig({ cipherSuites: [0x1301, suite.id] }))
    const socket = dial(ports[suite.authentication as 'ECDSA' | 'RSA'], '127.0.0.1')
    let text = ''
    await new Promise<void>((resolve, reject) => {
      const step = () => {
        for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
          if (event.type === 'handshakeComplete') connection.write(Buffer.from('ping\n'))
          if (event.type === 'data') text += Buffer.from(event.data).toString()
          if (event.type === 'failed') reject(event.error)
        }
        for (const record of connection.takeOutput()) socket.write(record)
        if (text.includes('ping')) resolve()
      }
      socket.on('data', (bytes) => {
        connection.receive(bytes)
        step()
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error(`closed while ${connection.step}`)))
      step()
    })
    socket.destroy()
    expect(connection.info).toMatchObject({
      version: 0x0303,
      cipherSuiteName: name,
      extendedMasterSecret: true,
      secureRenegotiation: true,
      ...(suite.protection.kind === 'block' && { encryptThenMac: true }),
    })
  })
})

/** Every suite with OpenSSL: `openssl s_server` and `openssl s_client`, in both directions, over loopback. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import type { Connection } from '../../src/connection.ts'
import { nodeProvider, signingKey } from '../../src/crypto/node/index.ts'
import type { ClassicCipherSuite } from '../../src/crypto/provider.ts'
import {
  clientConnectionOf,
  serverConnectionOf,
  tls12Client,
  tls12Server,
} from '../../src/index.ts'
import { encodePem } from '../../src/pem.ts'
import { statelessTickets } from '../../src/session/tickets.ts'
import { authority, clientConfig, serverConfig, trust } from '../engine/pair.ts'
import { program, run } from '../engine/programs.ts'

/** OpenSSL's names of the suites that it has, by code point. */
const opensslNames = new Map(
  execFileSync('openssl', ['ciphers', '-V', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], {
    encoding: 'utf8',
  })
    .split('\n')
    .flatMap((line) => {
      const found = /^\s*0x(..),0x(..) - (\S+)/.exec(line)
      return found === null
        ? []
        : [[Number.parseInt(found[1]! + found[2]!, 16), found[3]!] as const]
    }),
)
const suites = (nodeProvider.classicCipherSuites ?? []).flatMap((suite) => {
  const name = opensslNames.get(suite.id)
  return name === undefined ? [] : [[name, suite] as const]
})

const folder = mkdtempSync(join(tmpdir(), 'handfast-tls12-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function identity(name: string, keyType: 'ec-p256' | 'rsa-2048', client = false) {
  const issued = await authority.issue({ names: [name], keyType, client })
  const chain = issued.chainDer.map(pemOf).join('')
  const key = pem('PRIVATE KEY', issued.keyDer)
  return {
    certificateChain: [...issued.chainDer],
    signingKey: signingKey(issued.keyDer),
    certFile: file(`${name}-${keyType}.pem`, chain),
    keyFile: file(`${name}-${keyType}.key`, key),
  }
}
const pem = encodePem
const pemOf = (der: Uint8Array) => pem('CERTIFICATE', der)

const server = {
  ECDSA: await identity('server.test', 'ec-p256'),
  RSA: await identity('server.test', 'rsa-2048'),
}
const client = await identity('client.test', 'rsa-2048', true)
const caFile = file('ca.pem', pemOf(authority.certificateDer))
const psk = { identity: Buffer.from('Client_identity'), key: Buffer.from('0123456789abcdef') }
const pskArguments = ['-psk', psk.key.toString('hex')]

function serverArguments(name: string, suite: ClassicCipherSuite): string[] {
  const { authentication } = suite
  const cipher = ['-tls1_2', '-cipher', `${name}:@SECLEVEL=0`, '-accept', '127.0.0.1:0']
  if (authentication === 'PSK') return [...cipher, '-nocert', ...pskArguments]
  const { certFile, keyFile } = server[authentication]
  return [...cipher, '-cert', certFile, '-key', keyFile, '-cert_chain', certFile]
}

async function connectTo(args: readonly string[], config: Partial<ClientConfig>) {
  const peer = program('openssl', ['s_server', ...args])
  const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
  const connect = async (more: Partial<ClientConfig> = {}) => {
    const socket = dial(Number(port), '127.0.0.1')
    const connection = clientConnectionOf([tls12Client], clientConfig({ ...config, ...more }))
    // s_server may still be about to end the connection before: what it reads then is lost.
    const speaking = setInterval(() => peer.child.stdin.write('pong\n'), 50)
    try {
      const result = await run(connection, socket, 'ping\n', /pong/)
      return { ...result, info: connection.info }
    } finally {
      clearInterval(speaking)
    }
  }
  return { peer, connect, stop: () => peer.child.kill() }
}

describe('our client and s_server', () => {
  it.each(suites)('%s', async (name, suite) => {
    const config = { cipherSuites: [suite.id], preSharedKey: () => psk }
    const { peer, connect, stop } = await connectTo(serverArguments(name, suite), config)
    const { info } = await connect()
    expect(info?.cipherSuiteName).toBe(suite.name)
    expect(info).toMatchObject({ extendedMasterSecret: true, secureRenegotiation: true })
    await peer.until(/ping/)
    stop()
  })

  it.each([
    ['by ticket', []],
    ['by session id', ['-no_ticket']],
  ])('resumes %s', async (_, more) => {
    const [[name, suite]] = suites as [(typeof suites)[0]]
    const args = [...serverArguments(name, suite), ...more]
    const { connect, stop } = await connectTo(args, { cipherSuites: [suite.id] })
    const first = await connect()
    expect(first.info?.resumed).toBe(false)
    expect(first.sessions).toHaveLength(1)
    const second = await connect({ session: first.sessions[0]! })
    expect(second.info?.resumed).toBe(true)
    expect(second.info?.peerCertificates).toEqual(first.info?.peerCertificates)
    stop()
  })

  it('shows its certificate', async () => {
    const [name, suite] = suites[0]!
    const args = [...serverArguments(name, suite), '-Verify', '2', '-CAfile', caFile]
    const { peer, connect, stop } = await connectTo(args, { identity: client })
    const { info } = await connect()
    expect(info?.localCertificates).toEqual(client.certificateChain)
    await peer.until(/ping/)
    expect(peer.output()).toMatch(/CN ?= ?client\.test/)
    stop()
  })
})

async function listen(config: Partial<ServerConfig>) {
  const results: { connection: Connection; done: Promise<{ text: string }> }[] = []
  const listener = createServer((socket) => {
    const connection = serverConnectionOf([tls12Server], serverConfig(config))
    const done = run(connection, socket, 'pong\n', /ping/)
    done.catch(() => {})
    results.push({ connection, done })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  return { port, results, stop: () => listener.close() }
}

async function openClient(port: number, args: readonly string[]) {
  const peer = program('openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'server.test', '-tls1_2'],
    ...['-CAfile', caFile, '-verify_return_error', ...args],
  ])
  peer.child.stdin.write('ping\n')
  await peer.until(/pong|errno|alert|rror:/)
  return peer
}

describe('our server and s_client', () => {
  it.each(suites)('%s', async (name, suite) => {
    const isPsk = suite.authentication === 'PSK'
    const { port, results, stop } = await listen({
      cipherSuites: [suite.id],
      ...(suite.authentication === 'PSK'
        ? { findPreSharedKey: () => psk.key }
        : { identity: server[suite.authentication] }),
    })
    const args = ['-cipher', `${name}:@SECLEVEL=0`, ...(isPsk ? pskArguments : [])]
    const peer = await openClient(port, args)
    expect(peer.output()).toContain('pong')
    await results[0]?.done
    expect(results[0]?.connection.info?.cipherSuiteName).toBe(suite.name)
    peer.child.kill()
    stop()
  })

  it('resumes a session, and asks for a certificate', async () => {
    const tickets = statelessTickets({
      crypto: nodeProvider,
      aead: nodeProvider.cipherSuites[0]!.aead,
      clock: Date.now,
    })
    const { verifyCertificate } = clientConfig({})
    const { port, results, stop } = await listen({
      tickets,
      clientAuthentication: { mode: 'require', verifyCertificate },
    })
    const sessionFile = join(folder, 'session.pem')
    const args = ['-cert', client.certFile, '-key', client.keyFile]
    const first = await openClient(port, [...args, '-sess_out', sessionFile])
    await results[0]?.done
    await first.ended
    const second = await openClient(port, [...args, '-sess_in', sessionFile])
    await results[1]?.done
    expect(second.output()).toMatch(/Reused, TLSv1\.2/)
    expect(results[1]?.connection.info).toMatchObject({ resumed: true })
    expect(results[1]?.connection.info?.peerCertificates[0]).toEqual(client.certificateChain[0])
    second.child.kill()
    stop()
  })
})

it('has met nearly every suite', () => {
  expect(trust).toBeDefined()
  expect(suites.length).toBeGreaterThan(50)
})

/** Data in the first flight, with the command lines of OpenSSL, over loopback. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  type ClientConfig,
  type ConnectionEvent,
  clientConnection,
  encodePem,
  memoryReplayGuard,
  serverConnection,
  statelessTickets,
} from '../../src/index.ts'
import { authority, clientConfig, serverConfig } from '../engine/pair.ts'
import { program, run } from '../engine/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-early-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function serve(...more: readonly string[]) {
  const { chainDer, keyDer } = await authority.issue({ names: ['server.test'] })
  const chain = chainDer.map((der) => encodePem('CERTIFICATE', der)).join('')
  const peer = program('openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-max_early_data', '1000', ...more],
    ...['-cert', file('chain.pem', chain), '-cert_chain', file('chain.pem', chain)],
    ...['-key', file('key.pem', encodePem('PRIVATE KEY', keyDer))],
  ])
  const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
  const timer = setInterval(() => peer.child.stdin.write('pong\n'), 50)
  const connect = async (config: Partial<ClientConfig> = {}) => {
    const connection = clientConnection(clientConfig(config))
    const result = await run(connection, dial(Number(port), '127.0.0.1'), 'ping\n', /pong/)
    return { ...result, info: connection.info }
  }
  const stop = () => {
    clearInterval(timer)
    peer.child.kill()
  }
  return { peer, connect, stop }
}

describe('our client and s_server', () => {
  it.each([
    ['takes it', ['-early_data'], 'accepted'],
    ['asks for another share', ['-early_data', '-groups', 'P-384'], 'refused'],
    ['takes none', [], 'refused'],
  ] as const)('%s', async (_, more, status) => {
    const { peer, connect, stop } = await serve(...more)
    const first = await connect({ earlyData: Buffer.from('unsaid') })
    expect(first.info?.earlyData).toBe('not offered')
    const [session] = first.sessions
    expect(session?.maxEarlyData).toBe(1000)
    const second = await connect({
      session: session!,
      earlyData: Buffer.from('EARLY-WORDS\n'),
      resendEarlyData: true,
    })
    expect(second.info?.earlyData).toBe(status)
    await peer.until(/EARLY-WORDS/)
    expect(peer.output().match(/EARLY-WORDS/g)).toHaveLength(1)
    expect(peer.output()).not.toContain('unsaid')
    stop()
  })
})

it('our server and s_client', async () => {
  const { aead } = nodeProvider.cipherSuites[0]!
  const clock = Date.now
  const events: ConnectionEvent[][] = []
  const shared = {
    tickets: statelessTickets({ crypto: nodeProvider, aead, clock }),
    earlyData: { maxBytes: 1000, replayGuard: memoryReplayGuard({ clock }) },
  }
  const lines: string[] = []
  const listener = createServer((socket) => {
    const connection = serverConnection(
      serverConfig({ ...shared, keyLog: (line) => lines.push(line) }),
    )
    const heard: ConnectionEvent[] = []
    events.push(heard)
    const step = () => {
      for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
        heard.push(event.type === 'earlyData' ? { ...event, data: event.data.slice() } : event)
        if (event.type === 'earlyData') connection.write(Buffer.from('half-way\n'))
        if (event.type === 'data') connection.write(Buffer.from('pong\n'))
      }
      for (const record of connection.takeOutput()) socket.write(record)
    }
    socket.on('data', (bytes) => {
      connection.receive(bytes)
      step()
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  const root = file('ca.pem', encodePem('CERTIFICATE', authority.certificateDer))
  const sessionFile = join(folder, 'session.pem')
  const args = [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-servername', 'server.test'],
    ...['-CAfile', root, '-verify_return_error'],
  ]
  const first = program('openssl', [...args, '-sess_out', sessionFile])
  first.child.stdin.write('ping\n')
  await first.until(/pong/)
  first.child.kill()
  const early = file('early.txt', 'EARLY-WORDS\n')
  const keyLogFile = join(folder, 'keys.txt')
  const second = program('openssl', [
    ...[...args, '-sess_in', sessionFile, '-early_data', early],
    ...['-keylogfile', keyLogFile],
  ])
  second.child.stdin.write('ping\n')
  await second.until(/pong/)
  expect(second.output()).toContain('Early data was accepted')
  expect(second.output()).toContain('half-way')
  const words = events[1]?.flatMap((event) =>
    event.type === 'earlyData' ? [Buffer.from(event.data).toString()] : [],
  )
  expect(words).toEqual(['EARLY-WORDS\n'])
  expect(events[1]?.find(({ type }) => type === 'handshakeComplete')).toMatchObject({
    info: { resumed: true, earlyData: 'accepted' },
  })
  // What keying material of early data is made of (RFC 8446 §7.5).
  const isExporter = (line: string) => line.startsWith('EARLY_EXPORTER_SECRET')
  const theirs = readFileSync(keyLogFile, 'utf8').split('\n').filter(isExporter)
  expect(theirs).toHaveLength(1)
  expect(lines.filter(isExporter)).toEqual(theirs)
  second.child.kill()
  listener.close()
})

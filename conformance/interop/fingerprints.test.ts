/** JA3 and JA4 of the clients on this machine, as handfast's server sees them, and as tshark reads the same bytes. */

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as nodeTls from 'node:tls'
import { createAuthority } from '@handfast/ca'
import * as handfast from 'handfast/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notInstalled, systemProgram, unpackedProgram } from './paths.ts'
import { output, start } from './process.ts'

interface Sight {
  readonly ja3: string
  readonly ja4: string
  /** The message with its header. */
  readonly bytes: Uint8Array
}

const folder = mkdtempSync(join(tmpdir(), 'handfast-fingerprints-'))
const sights: Sight[] = []
let server: handfast.Server
let port: number

beforeAll(async () => {
  const authority = await createAuthority({ subject: { commonName: 'Test Root' } })
  const { chain: cert, key } = await authority.issue({ names: ['localhost'] })
  const onClientHello = (hello: Parameters<typeof handfast.ja4>[0] & { bytes: Uint8Array }) => {
    sights.push({ ja3: handfast.ja3(hello), ja4: handfast.ja4(hello), bytes: hello.bytes.slice() })
    return undefined
  }
  server = handfast.createServer({ cert, key, onClientHello }, (socket) => socket.end())
  // Clients that want something else are seen before they are refused.
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Waits for the end of a connection, however it ends. */
async function dial(tls: typeof nodeTls, options: nodeTls.ConnectionOptions): Promise<void> {
  const socket = tls.connect({ host: 'localhost', port, rejectUnauthorized: false, ...options })
  socket.on('error', () => {}).resume()
  await new Promise((resolve) => socket.once('close', resolve))
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = start(command, args)
  child.process.stdin.end()
  await child.ended()
}

const ours = handfast as unknown as typeof nodeTls
const address = () => `127.0.0.1:${port}`
const clients: Record<
  string,
  [command: string | undefined, dial: (command: string) => Promise<void>]
> = {
  handfast: ['', () => dial(ours, {})],
  'handfast, to an address': ['', () => dial(ours, { host: '127.0.0.1' })],
  'handfast, with ALPN': ['', () => dial(ours, { ALPNProtocols: ['h2', 'http/1.1'] })],
  'handfast, without reserved values': ['', () => dial(ours, { grease: false } as object)],
  'handfast, with few offers': [
    '',
    () => dial(ours, { ciphers: 'TLS_AES_256_GCM_SHA384', sigalgs: 'ed25519', ecdhCurve: 'P-256' }),
  ],
  'node:tls': ['', () => dial(nodeTls, { servername: 'localhost' })],
  'node:tls, with ALPN': ['', () => dial(nodeTls, { ALPNProtocols: ['http/1.1'] })],
  'node:tls, TLS 1.2': ['', () => dial(nodeTls, { maxVersion: 'TLSv1.2' })],
  openssl: [
    systemProgram('openssl'),
    (openssl) => run(openssl, ['s_client', '-connect', address(), '-servername', 'localhost']),
  ],
  'gnutls-cli': [
    systemProgram('gnutls-cli'),
    (gnutls) => run(gnutls, ['--insecure', '-p', String(port), 'localhost']),
  ],
  'curl with HTTP/2': [
    systemProgram('curl'),
    (curl) => run(curl, ['-sk', '--http2', '--max-time', '5', `https://localhost:${port}/`]),
  ],
}

/** A capture with one segment that holds this message in a record. */
async function capture(message: Uint8Array): Promise<string> {
  const { length } = message
  const record = Buffer.concat([Buffer.of(22, 3, 1, length >> 8, length & 0xff), message])
  const dump = join(folder, 'hello.txt')
  const file = join(folder, 'hello.pcap')
  const bytes = record.toString('hex').replace(/../g, ' $&')
  writeFileSync(dump, `000000${bytes}\n`)
  await output('text2pcap', ['-q', '-T', '50000,443', dump, file])
  return file
}

async function fieldOf(tshark: string, file: string, field: string): Promise<string> {
  const child = start(tshark, ['-r', file, '-T', 'fields', '-e', field])
  expect(await child.ended(), child.log()).toBe(0)
  return child.stdout().trim()
}

const readers = {
  ja3: ['tls.handshake.ja3', systemProgram('tshark'), notInstalled('tshark')],
  ja4: [
    'tls.handshake.ja4',
    unpackedProgram('testing', 'tshark'),
    notInstalled('a tshark that knows JA4'),
  ],
} as const

describe.each(Object.entries(clients))('%s', (_, [command, connect]) => {
  const lacking = command === undefined || systemProgram('text2pcap') === undefined
  for (const [name, [field, tshark, absence]] of Object.entries(readers))
    test.skipIf(lacking || tshark === undefined)(
      `its ${name} is tshark's${tshark === undefined ? ` (skipped: ${absence})` : lacking ? ' (skipped: the client or text2pcap is not installed)' : ''}`,
      async () => {
        sights.length = 0
        await connect(command!)
        expect(sights.length).toBe(1)
        const [sight] = sights
        const file = await capture(sight!.bytes)
        expect(sight![name as keyof typeof readers]).toBe(await fieldOf(tshark!, file, field))
      },
    )
})

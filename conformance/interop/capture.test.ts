/** A connection captured on loopback, which tshark decrypts with the key log that handfast wrote. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Identities, identities } from './identities.ts'
import { handfast } from './implementations/handfast.ts'
import { openssl } from './implementations/openssl.ts'
import { systemProgram } from './paths.ts'
import { expectedAnswer, makePayload } from './payload.ts'
import type { ClientOptions, RunningServer, ServerOptions } from './peer.ts'
import { output, start } from './process.ts'

const dumpcap = systemProgram('dumpcap')
const tshark = systemProgram('tshark')
const peer = openssl('OpenSSL', systemProgram('openssl'), 'openssl is not installed')
const missing = [
  !dumpcap && 'dumpcap',
  !tshark && 'tshark',
  typeof (await peer.probe()) === 'string' && 'openssl',
  process.getuid?.() !== 0 && 'the right to capture (root)',
].filter(Boolean)

/** Some lines at the beginning and at the end: what stands between is there if both are. */
const sample = (payload: Buffer) => {
  const lines = payload.toString('latin1').trimEnd().split('\n')
  return [lines[0], lines[1], lines.at(-1)]
}

/**
 * Few enough that no segment of TCP holds hundreds of records, which is what `s_server -rev` makes of many lines: tshark
 * loses count of the records there.
 */
const bytes = 8 * 1024

/** The kernel hands captured packets over in batches: waits until the file has not grown for a while. */
async function grownUp(file: string): Promise<void> {
  let size = -1
  for (let turn = 0; turn < 20 && size !== statSync(file).size; turn++) {
    size = statSync(file).size
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}

describe.skipIf(missing.length > 0)(
  `tshark decrypts with our key log${missing.length > 0 ? ` (skipped: ${missing.join(', ')} missing)` : ''}`,
  () => {
    let folder = ''
    let ids: Identities

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'handfast-capture-'))
      ids = await identities()
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    /** Captures one connection to a server, and gives what tshark makes of it. */
    async function capture(
      name: string,
      startServer: (options: ServerOptions) => Promise<RunningServer>,
      runClient: (options: ClientOptions) => Promise<unknown>,
      options: { server?: Partial<ServerOptions>; client?: Partial<ClientOptions> },
    ) {
      const file = join(folder, `${name}.pcapng`)
      const server = await startServer({ identity: ids.server.p256, ...options.server })
      const capturing = start(dumpcap ?? '', [
        '-q',
        '-i',
        'lo',
        '-f',
        `tcp port ${server.port}`,
        '-w',
        file,
      ])
      await capturing.waitFor('start of the capture', (log) =>
        /^File: /m.test(log) ? true : undefined,
      )
      await runClient({
        port: server.port,
        serverName: 'localhost',
        authorities: ids.root,
        answers: server.answers,
        bytes,
        ...options.client,
      })
      await server.waitForConnections(options.client?.resume ? 2 : 1)
      await server.stop()
      await grownUp(file)
      await capturing.stop()
      const keyLog = options.client?.keyLogFile ?? options.server?.keyLogFile ?? ''
      const read = (...args: string[]) =>
        output(tshark ?? '', [
          ...[
            '-r',
            file,
            '-o',
            `tls.keylog_file:${keyLog}`,
            '-d',
            `tcp.port==${server.port},tls`,
            ...args,
          ],
        ])
      const last = options.client?.resume ? 1 : 0
      const types = await read('-Y', 'tls.handshake', '-T', 'fields', '-e', 'tls.handshake.type')
      return {
        types: types.trim().split(/\s|,/),
        data: await read('-q', '-z', `follow,tls,ascii,${last}`),
        alerts: await read(
          '-Y',
          'tls.alert_message',
          '-T',
          'fields',
          '-e',
          'tls.alert_message.desc',
        ),
      }
    }

    test('as a client, through a KeyUpdate of each side', async () => {
      const found = await capture('client', peer.startServer, handfast.runClient, {
        client: { keyLogFile: join(folder, 'client.keys'), keyUpdate: true, watchKeyUpdates: true },
      })
      // EncryptedExtensions, Certificate, CertificateVerify, Finished, NewSessionTicket, KeyUpdate.
      expect(found.types).toEqual(
        expect.arrayContaining(['1', '2', '8', '11', '15', '20', '4', '24']),
      )
      expect(found.alerts, 'close_notify of both sides').toMatch(/0\s+0/)
      const payload = makePayload(bytes)
      for (const line of sample(payload)) expect(found.data).toContain(line)
      for (const line of sample(expectedAnswer(payload, 'reverse-lines')))
        expect(found.data).toContain(line)
    })

    test('as a server, with client authentication', async () => {
      const found = await capture('server', handfast.startServer, peer.runClient, {
        server: {
          keyLogFile: join(folder, 'server.keys'),
          clientCertificate: 'require',
          authorities: ids.root,
        },
        client: { identity: ids.client.p256 },
      })
      // CertificateRequest as well.
      expect(found.types).toEqual(
        expect.arrayContaining(['1', '2', '8', '13', '11', '15', '20', '4']),
      )
      for (const line of sample(makePayload(bytes))) expect(found.data).toContain(line)
    })

    test('as a client that resumes', async () => {
      const found = await capture('resumed', peer.startServer, handfast.runClient, {
        client: { keyLogFile: join(folder, 'resumed.keys'), resume: true },
      })
      for (const line of sample(makePayload(bytes))) expect(found.data).toContain(line)
    })
  },
)

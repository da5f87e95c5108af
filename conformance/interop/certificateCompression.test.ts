/** Certificates that are compressed on their way (RFC 8879), with OpenSSL 3.6, which has zlib and zstd. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CertificateCompressionAlgorithm,
  clientConnection,
  encodePem,
  serverConnection,
} from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { afterAll, describe, expect, it } from 'vitest'
import {
  authority,
  clientConfig,
  clientIdentity,
  identityFor,
  serverConfig,
} from '../../packages/handfast/test/engine/pair.ts'
import { program, run } from '../../packages/handfast/test/engine/programs.ts'
import { notInstalled, unpackedProgram } from './paths.ts'

const openssl = unpackedProgram('unstable', 'openssl')
const names = new Set(nodeProvider.certificateCompressions?.map(({ name }) => name))
const has = (['zlib', 'zstd'] as const).filter((name) => names.has(name))

const folder = mkdtempSync(join(tmpdir(), 'handfast-compression-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const root = file('ca.pem', encodePem('CERTIFICATE', authority.certificateDer))
// OpenSSL sends a certificate that compression makes longer as it is.
const many = Array.from({ length: 50 }, (_, i) => `server${i || ''}.test`)

describe.skipIf(openssl === undefined)(`OpenSSL 3.6 (${notInstalled('else it')})`, () => {
  it.each(has)('s_server compresses its certificate, and unpacks ours, by %s', async (name) => {
    const { chainDer, keyDer } = await authority.issue({ names: many })
    const chain = chainDer.map((der) => encodePem('CERTIFICATE', der)).join('')
    const peer = program(openssl!, [
      ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-cert_comp', '-Verify', '2'],
      ...[
        '-cert',
        file('chain.pem', chain),
        '-key',
        file('key.pem', encodePem('PRIVATE KEY', keyDer)),
      ],
      ...['-CAfile', root],
    ])
    const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
    const timer = setInterval(() => peer.child.stdin.write('pong\n'), 50)
    const messages: string[] = []
    const connection = clientConnection(
      clientConfig({
        identity: clientIdentity,
        certificateCompression: [CertificateCompressionAlgorithm[name]],
        trace: (event) =>
          event.type === 'message' && messages.push(`${event.direction} ${event.name}`),
      }),
    )
    await run(connection, dial(Number(port), '127.0.0.1'), 'ping\n', /pong/)
    expect(messages).toContain('received CompressedCertificate')
    expect(messages).toContain('sent CompressedCertificate')
    await peer.until(/ping/)
    clearInterval(timer)
    peer.child.kill()
  })

  it.each(has)('s_client unpacks our certificate, by %s', async (name) => {
    const identity = await identityFor({ names: many })
    const messages: string[] = []
    const listener = createServer((socket) => {
      const connection = serverConnection(
        serverConfig({
          identity,
          certificateCompression: [CertificateCompressionAlgorithm[name]],
          trace: (event) => event.type === 'message' && messages.push(event.name),
        }),
      )
      run(connection, socket, 'pong\n', /ping/).catch(() => {})
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as { port: number }
    const peer = program(openssl!, [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-CAfile', root],
      ...['-verify_return_error', '-servername', 'server.test'],
    ])
    peer.child.stdin.write('ping\n')
    await peer.until(/pong/)
    expect(messages).toContain('CompressedCertificate')
    peer.child.kill()
    listener.close()
  })
})

/** Certificates with ML-DSA keys (draft-ietf-tls-mldsa), with OpenSSL 3.6; our own keys where Node signs with them (24.6). */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrustStore, decodePem } from '@handfast/x509'
import { certificateVerifier, clientConnection, serverConnection } from 'handfast'
import { nobleProvider } from 'handfast/crypto/noble'
import { nodeProvider, signingKey } from 'handfast/crypto/node'
import { afterAll, describe, expect, it } from 'vitest'
import { program, run } from '../../packages/handfast/test/engine/programs.ts'
import { notInstalled, unpackedProgram } from './paths.ts'

const openssl = unpackedProgram('unstable', 'openssl')
const folder = mkdtempSync(join(tmpdir(), 'handfast-mldsa-'))
afterAll(() => rmSync(folder, { recursive: true }))

function made(name: string) {
  const certificate = join(folder, `${name}.pem`)
  const key = join(folder, `${name}.key`)
  execFileSync(
    openssl!,
    [
      ...['req', '-x509', '-newkey', name, '-nodes', '-keyout', key, '-out', certificate],
      ...['-days', '30', '-subj', '/CN=server.test', '-addext', 'subjectAltName=DNS:server.test'],
    ],
    { stdio: 'ignore' },
  )
  return { certificate, key, der: decodePem(readFileSync(certificate, 'utf8'))[0]!.der }
}

const schemes = [
  ['ml-dsa-44', 0x0904],
  ['ml-dsa-65', 0x0905],
  ['ml-dsa-87', 0x0906],
] as const
const clock = Date.now
const nodeHas = nodeProvider.signatureVerifiers['ml-dsa-65'] !== undefined

describe.skipIf(openssl === undefined)(`OpenSSL 3.6 (${notInstalled('else it')})`, () => {
  // noble verifies on every Node.
  const providers = [nobleProvider, ...(nodeHas ? [nodeProvider] : [])]
  const cases = providers.flatMap((crypto) =>
    schemes.map(([name, scheme]) => [crypto.name, name, scheme, crypto] as const),
  )

  it.each(cases)('our client (%s) verifies s_server with %s', async (_, name, scheme, crypto) => {
    const { certificate, key, der } = made(name)
    const peer = program(openssl!, [
      ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-cert', certificate, '-key', key],
    ])
    const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
    const timer = setInterval(() => peer.child.stdin.write('pong\n'), 50)
    const connection = clientConnection({
      ...{ crypto, clock, serverName: 'server.test', signatureSchemes: [scheme] },
      verifyCertificate: certificateVerifier({ crypto, trust: createTrustStore([der]) }),
    })
    await run(connection, dial(Number(port), '127.0.0.1'), 'ping\n', /pong/)
    expect(connection.info?.peerSignatureScheme).toBe(scheme)
    clearInterval(timer)
    peer.child.kill()
  })

  const why = nodeHas ? '' : ' (SKIPPED: this Node has no ML-DSA)'
  it.skipIf(!nodeHas).each(schemes)(
    `s_client verifies our server with %s${why}`,
    async (name, scheme) => {
      const { certificate, key, der } = made(name)
      const listener = createServer((socket) => {
        const connection = serverConnection({
          ...{ crypto: nodeProvider, clock },
          identity: { certificateChain: [der], signingKey: signingKey(readFileSync(key, 'utf8')) },
        })
        run(connection, socket, `scheme ${scheme}\n`, /ping/).catch(() => {})
      })
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      const { port } = listener.address() as { port: number }
      const peer = program(openssl!, [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-CAfile', certificate],
        ...[
          '-verify_return_error',
          '-servername',
          'server.test',
          '-verify_hostname',
          'server.test',
        ],
      ])
      peer.child.stdin.write('ping\n')
      await peer.until(new RegExp(`scheme ${scheme}`))
      expect(peer.output().toLowerCase()).toContain(name.replaceAll('-', ''))
      peer.child.kill()
      listener.close()
    },
  )
})

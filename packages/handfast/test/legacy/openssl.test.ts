/**
 * TLS 1.1, TLS 1.0 and SSL 3.0 with OpenSSL at security level 0, in both directions: every suite that it has. Debian's has
 * neither SSL 3.0 nor 3DES; one that was built with both (`conformance/interop/build-legacy-openssl.sh`) is taken in its place.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import type { Connection } from '../../src/connection.ts'
import { nodeProvider, signingKey } from '../../src/crypto/node/index.ts'
import {
  clientConnectionOf,
  serverConnectionOf,
  statelessTickets,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { defaultLegacyCipherSuites, legacy } from '../../src/legacy/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority, clientConfig, serverConfig } from '../engine/pair.ts'
import { program, run } from '../engine/programs.ts'

const built = fileURLToPath(
  new URL('../../../../conformance/.cache/legacy/openssl', import.meta.url),
)
const openssl = existsSync(built) ? built : 'openssl'
if (openssl === built) process.env.OPENSSL_CONF = '/dev/null'

const crypto = legacy.crypto(nodeProvider)
const suites = (crypto.classicCipherSuites ?? []).filter(({ id }) =>
  defaultLegacyCipherSuites.includes(id),
)

/** OpenSSL's names of the suites that it has, by code point. */
const names = new Map(
  [
    ...execFileSync(openssl, ['ciphers', '-V', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], {
      encoding: 'utf8',
    }).matchAll(/0x(..),0x(..) - (\S+)/g),
  ].map(([, high, low, name]) => [Number.parseInt(high! + low!, 16), name!]),
)
const help = spawnSync(openssl, ['s_client', '-help'], { encoding: 'utf8' })
const hasSsl3 = /^ -ssl3 /m.test(help.stdout + help.stderr)
const versions = [
  { version: 0x0302, name: 'TLS 1.1', flag: '-tls1_1', reported: /TLSv1\.1/ },
  { version: 0x0301, name: 'TLS 1.0', flag: '-tls1', reported: /Protocol *: TLSv1$/m },
  { version: 0x0300, name: 'SSL 3.0', flag: '-ssl3', reported: /Protocol *: SSLv3/ },
] as const
const cases = versions.flatMap((version) =>
  suites.flatMap((suite) => {
    const suiteName = names.get(suite.id)
    const has = version.version > 0x0300 || (hasSsl3 && suite.keyExchange !== 'ECDHE')
    return has && suiteName
      ? [{ ...version, title: `${version.name}, ${suite.name}`, suite, suiteName }]
      : []
  }),
)
const protocols = {
  client: [tls13Client, tls12Client, ...legacy.client],
  server: [tls13Server, tls12Server, ...legacy.server],
}

const folder = mkdtempSync(join(tmpdir(), 'handfast-legacy-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function identity(name: string, keyType: 'ec-p256' | 'rsa-2048', client = false) {
  const { chainDer, keyDer } = await authority.issue({ names: [name], keyType, client })
  const certFile = join(folder, `${name}-${keyType}.pem`)
  const keyFile = join(folder, `${name}-${keyType}.key`)
  writeFileSync(certFile, chainDer.map((der) => encodePem('CERTIFICATE', der)).join(''))
  writeFileSync(keyFile, encodePem('PRIVATE KEY', keyDer))
  return { certificateChain: [...chainDer], signingKey: signingKey(keyDer), certFile, keyFile }
}

const server = {
  ECDSA: await identity('server.test', 'ec-p256'),
  RSA: await identity('server.test', 'rsa-2048'),
  PSK: undefined as never,
}
const clients = {
  RSA: await identity('rsa.client.test', 'rsa-2048', true),
  ECDSA: await identity('ec.client.test', 'ec-p256', true),
}
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, encodePem('CERTIFICATE', authority.certificateDer))

async function connectTo(
  { flag, suite, suiteName }: (typeof cases)[0],
  config: Partial<ClientConfig>,
  more: readonly string[] = [],
) {
  const { certFile, keyFile } = server[suite.authentication]
  const peer = program(openssl, [
    ...['s_server', flag, '-cipher', `${suiteName}:@SECLEVEL=0`, '-accept', '127.0.0.1:0'],
    ...['-cert', certFile, '-key', keyFile, '-cert_chain', certFile, ...more],
  ])
  const [, port] = await peer.until(/ACCEPT 127\.0\.0\.1:(\d+)/)
  const connect = async (also: Partial<ClientConfig> = {}) => {
    const connection = clientConnectionOf(
      protocols.client,
      clientConfig({ crypto, ...config, ...also }),
    )
    const speaking = setInterval(() => peer.child.stdin.write('pong\n'), 50)
    try {
      const result = await run(connection, dial(Number(port), '127.0.0.1'), 'ping\n', /pong/)
      return { ...result, info: connection.info }
    } finally {
      clearInterval(speaking)
    }
  }
  return { peer, connect, stop: () => peer.child.kill() }
}

describe('our client and s_server', () => {
  it.each(cases)('$title', async (wanted) => {
    const { version, suite } = wanted
    const { peer, connect, stop } = await connectTo(wanted, {
      // Every version that is above goes into the offer, too: the server takes the old one.
      cipherSuites: version === 0x0300 ? [suite.id] : [0x1301, 0xc02b, 0xc02f, suite.id],
    })
    const { info } = await connect()
    expect(info).toMatchObject({ version, cipherSuiteName: suite.name, secureRenegotiation: true })
    await peer.until(/ping/)
    stop()
  })

  it.each(cases.filter(({ suite }) => suite.keyExchange === 'DHE' && suite.id === 0x0033))(
    'shows its certificate: $name',
    async (wanted) => {
      for (const client of Object.values(clients)) {
        // SSL 3.0 has no signatures of ECDSA.
        if (wanted.version === 0x0300 && client === clients.ECDSA) continue
        const more = ['-Verify', '2', '-CAfile', caFile]
        const { peer, connect, stop } = await connectTo(wanted, { identity: client }, more)
        const { info } = await connect({ versions: [wanted.version] })
        expect(info?.localCertificates).toEqual(client.certificateChain)
        await peer.until(/ping/)
        expect(peer.output()).toMatch(/CN ?= ?(rsa|ec)\.client\.test/)
        stop()
      }
    },
  )

  it.each(cases.filter(({ suite }) => suite.id === 0x0033))('shows none: $name', async (wanted) => {
    const { peer, connect, stop } = await connectTo(wanted, {}, ['-verify', '2', '-CAfile', caFile])
    await connect({ versions: [wanted.version] })
    await peer.until(/ping/)
    stop()
  })

  it.each(cases.filter(({ suite, version }) => suite.id === 0x0033 && version > 0x0300))(
    'resumes: $name',
    async (wanted) => {
      const { connect, stop } = await connectTo(wanted, {})
      const first = await connect()
      expect(first.sessions).toHaveLength(1)
      const second = await connect({ session: first.sessions[0]! })
      expect(second.info).toMatchObject({ resumed: true, version: wanted.version })
      stop()
    },
  )
})

async function listen(config: Partial<ServerConfig>) {
  const results: { connection: Connection; done: Promise<{ text: string }> }[] = []
  const listener = createServer((socket) => {
    const connection = serverConnectionOf(protocols.server, serverConfig({ crypto, ...config }))
    const done = run(connection, socket, 'pong\n', /ping/)
    done.catch(() => {})
    results.push({ connection, done })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  return { port, results, stop: () => listener.close() }
}

async function openClient(
  port: number,
  { flag, version, suiteName }: (typeof cases)[0],
  more: readonly string[] = [],
) {
  const peer = program(openssl, [
    ...['s_client', '-connect', `127.0.0.1:${port}`, flag, '-cipher', `${suiteName}:@SECLEVEL=0`],
    ...(version > 0x0300 ? ['-servername', 'server.test'] : []),
    ...['-CAfile', caFile, '-verify_return_error', ...more],
  ])
  peer.child.stdin.write('ping\n')
  await peer.until(/pong|errno|alert|rror:/)
  return peer
}

describe('our server and s_client', () => {
  it.each(cases)('$title', async (wanted) => {
    const { suite, version, reported } = wanted
    const { port, results, stop } = await listen({
      cipherSuites: [suite.id],
      identity: server[suite.authentication],
    })
    const peer = await openClient(port, wanted)
    expect(peer.output()).toContain('pong')
    await results[0]?.done
    expect(results[0]?.connection.info).toMatchObject({ version, cipherSuiteName: suite.name })
    expect(peer.output()).toMatch(reported)
    peer.child.kill()
    stop()
  })

  it.each(cases.filter(({ suite }) => suite.id === 0x0033))(
    'asks for a certificate, and gets one or none: $name',
    async (wanted) => {
      const { verifyCertificate } = clientConfig({})
      const clientAuthentication = { mode: 'request', verifyCertificate } as const
      const { port, results, stop } = await listen({ identity: server.RSA, clientAuthentication })
      for (const client of [clients.RSA, clients.ECDSA, undefined]) {
        if (wanted.version === 0x0300 && client === clients.ECDSA) continue
        const shown = client ? ['-cert', client.certFile, '-key', client.keyFile] : []
        const peer = await openClient(port, wanted, shown)
        expect(peer.output()).toContain('pong')
        const { connection, done } = results.at(-1)!
        await done
        expect(connection.info?.peerCertificates[0]).toEqual(client?.certificateChain[0])
        peer.child.kill()
      }
      stop()
    },
  )

  it.each(cases.filter(({ suite, version }) => suite.id === 0x0033 && version > 0x0300))(
    'resumes: $name',
    async (wanted) => {
      const tickets = statelessTickets({
        crypto: nodeProvider,
        aead: nodeProvider.cipherSuites[0]!.aead,
        clock: Date.now,
      })
      const { port, results, stop } = await listen({ identity: server.RSA, tickets })
      const file = join(folder, `${wanted.version}.session`)
      const first = await openClient(port, wanted, ['-sess_out', file])
      await results[0]?.done
      await first.ended
      const second = await openClient(port, wanted, ['-sess_in', file])
      await results[1]?.done
      expect(results[1]?.connection.info).toMatchObject({ resumed: true })
      second.child.kill()
      stop()
    },
  )

  it('refuses a client that fell back (RFC 7507)', async () => {
    const wanted = cases.find(({ suite, version }) => suite.id === 0x0033 && version === 0x0301)!
    const { port, results, stop } = await listen({ identity: server.RSA })
    const peer = await openClient(port, wanted, ['-fallback_scsv'])
    expect(peer.output()).toMatch(/inappropriate fallback/)
    await expect(results[0]?.done).rejects.toMatchObject({ code: 'ERR_INAPPROPRIATE_FALLBACK' })
    peer.child.kill()
    stop()
  })
})

it('has met the suites that this OpenSSL has', () => {
  expect(cases.length).toBe(openssl === built ? 12 * 2 + 6 : 8 * 2)
})

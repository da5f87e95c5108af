/** Every suite that this Node's own OpenSSL has, between the engine and node:tls, in both directions, in memory. */
import { Duplex } from 'node:stream'
import * as tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import { nodeProvider, signingKey } from '../../src/crypto/node/index.ts'
import type { ClassicCipherSuite } from '../../src/crypto/provider.ts'
import {
  clientConnectionOf,
  type Session,
  serverConnectionOf,
  tls12Client,
  tls12Server,
} from '../../src/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority, clientConfig, serverConfig } from '../engine/pair.ts'

async function identity(keyType: 'ec-p256' | 'rsa-2048') {
  const { chainDer, keyDer } = await authority.issue({ names: ['server.test'], keyType })
  return {
    certificateChain: [...chainDer],
    signingKey: signingKey(keyDer),
    cert: chainDer.map((der) => encodePem('CERTIFICATE', der)).join(''),
    key: encodePem('PRIVATE KEY', keyDer),
  }
}
const identities = { ECDSA: await identity('ec-p256'), RSA: await identity('rsa-2048') }
const ca = encodePem('CERTIFICATE', authority.certificateDer)
const psk = { identity: Buffer.from('client 1'), key: Buffer.from('0123456789abcdef') }
const range = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const

/** The name under which node:tls takes a suite alone; undefined where it has none. */
function nameOf({ name }: ClassicCipherSuite): string | undefined {
  const opensslName = name
    .replace(/^TLS_/, '')
    .replace('_WITH_', '-')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('_CBC', '')
    .replace('_CCM_8', '-CCM8')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305')
    .replace(/^RSA-/, '')
    .replaceAll('_', '-')
  try {
    tls.createSecureContext({ ciphers: `${opensslName}:@SECLEVEL=0`, ...range })
    return opensslName
  } catch {
    return undefined
  }
}
const suites = (nodeProvider.classicCipherSuites ?? []).flatMap((suite) => {
  const name = nameOf(suite)
  return name === undefined ? [] : [[name, suite] as const]
})

/** Joins an engine to a stream that node:tls takes for its transport. */
function joined(connection: Connection) {
  const state = { text: '', sessions: [] as Session[] }
  const wire = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      connection.receive(bytes)
      step()
      done()
    },
  })
  function step(): void {
    for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
      if (event.type === 'data') state.text += Buffer.from(event.data).toString()
      if (event.type === 'session') state.sessions.push(event.session)
    }
    for (const record of connection.takeOutput()) wire.push(Buffer.from(record))
  }
  return { wire, step, state }
}

async function until(done: () => boolean, connection: Connection, socket: tls.TLSSocket) {
  const end = Date.now() + 10_000
  while (!done()) {
    if (connection.error !== undefined) throw connection.error
    if (socket.errored) throw socket.errored
    if (Date.now() > end) throw new Error(`the engine stands at: ${connection.step}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function talk(
  connection: Connection,
  socket: tls.TLSSocket,
  parts: ReturnType<typeof joined>,
) {
  let heard = ''
  socket.on('data', (bytes: Buffer) => {
    heard += bytes
  })
  socket.on('error', () => {})
  parts.step()
  await until(
    () => connection.info !== undefined && socket.getProtocol() !== null,
    connection,
    socket,
  )
  connection.write(Buffer.from('from the engine'))
  parts.step()
  socket.write('from node:tls')
  await until(() => heard.length >= 15 && parts.state.text.length >= 13, connection, socket)
  expect(heard).toBe('from the engine')
  expect(parts.state.text).toBe('from node:tls')
}

const materialOf = (connection: Connection) =>
  Buffer.from(connection.exportKeyingMaterial('EXPERIMENTAL x', undefined, 40) as Uint8Array)

it('there are many', () => expect(suites.length).toBeGreaterThan(45))

describe.each(suites)('%s', (name, suite) => {
  const { authentication } = suite
  const ciphers = `${name}:@SECLEVEL=0`

  it('our client, their server', async () => {
    const connection = clientConnectionOf(
      [tls12Client],
      clientConfig({ cipherSuites: [suite.id], preSharedKey: () => psk }),
    )
    const parts = joined(connection)
    const their =
      authentication === 'PSK'
        ? { pskCallback: () => psk.key }
        : { cert: identities[authentication].cert, key: identities[authentication].key }
    const socket = new tls.TLSSocket(
      parts.wire as never,
      {
        ...{ isServer: true, ciphers, ...range, dhparam: 'auto', ...their },
      } as tls.TLSSocketOptions,
    )
    await talk(connection, socket, parts)
    expect(socket.getCipher().standardName).toBe(suite.name)
    expect(socket.exportKeyingMaterial(40, 'EXPERIMENTAL x', undefined as never)).toEqual(
      materialOf(connection),
    )
    expect(socket.getPeerFinished()).toBeDefined()
    socket.destroy()
  })

  it('our server, their client', async () => {
    const connection = serverConnectionOf(
      [tls12Server],
      serverConfig({
        cipherSuites: [suite.id],
        ...(authentication === 'PSK'
          ? { findPreSharedKey: () => psk.key }
          : { identity: identities[authentication] }),
      }),
    )
    const parts = joined(connection)
    const socket = tls.connect({
      ...{ socket: parts.wire as never, ciphers, ...range, ca, servername: 'server.test' },
      ...(authentication === 'PSK' && {
        pskCallback: () => ({ psk: psk.key, identity: 'client 1' }),
        checkServerIdentity: () => undefined,
      }),
    })
    await talk(connection, socket, parts)
    expect(connection.info?.cipherSuiteName).toBe(suite.name)
    // RFC 5929 §3: the client's Finished is the first.
    expect(socket.getFinished()).toEqual(
      Buffer.from(connection.channelBinding('tls-unique') as Uint8Array),
    )
    socket.destroy()
  })
})

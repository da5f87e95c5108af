/** What node:tls has not: the ClientHello, key updates, later authentication, the trace, other groups, own decisions. */
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import type { TraceEvent } from '../../src/index.ts'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once } from './same.ts'

async function listen(
  options: handfast.ServerOptions,
  onSocket: (socket: handfast.TLSSocket) => void = (socket) => socket.end('hello'),
) {
  const server = handfast.createServer({ ...(await files('good')), ...options }, (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

async function connect(port: number, options: handfast.ConnectOptions = {}) {
  const client = handfast.connect({
    port,
    host: '127.0.0.1',
    ca: (await authority()).root,
    ...options,
  })
  await once(client, 'secureConnect')
  return client
}

async function finish(server: handfast.Server, client: { destroy(): unknown }) {
  client.destroy()
  server.close()
}

describe('onClientHello', () => {
  it('sees the hello, and may answer later with another identity', async () => {
    const other = handfast.createSecureContext(await files('other'))
    const seen: unknown[] = []
    const { server, port } = await listen({
      onClientHello: async (hello, socket) => {
        seen.push(hello.serverName, hello.alpnProtocols, socket.remoteAddress)
        await new Promise((resolve) => setTimeout(resolve, 10))
        return { secureContext: other, alpnProtocols: ['chosen'] }
      },
    })
    const client = await connect(port, {
      servername: 'other.test',
      ALPNProtocols: ['x', 'chosen'],
    })
    expect(seen).toEqual(['other.test', ['x', 'chosen'], '127.0.0.1'])
    expect(client.getPeerCertificate().subjectaltname).toBe('DNS:other.test')
    expect(client.alpnProtocol).toBe('chosen')
    await finish(server, client)
  })

  it('refuses a client by throwing', async () => {
    const { server, port } = await listen({
      onClientHello: () => {
        throw Object.assign(new Error('not you'), { code: 'MINE' })
      },
    })
    const refused = once(server, 'tlsClientError')
    const client = handfast.connect({ port, host: '127.0.0.1' })
    const error = await new Promise<{ code?: string }>((resolve) => client.once('error', resolve))
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    expect((await refused)[0]).toMatchObject({ code: 'MINE' })
    server.close()
  })
})

describe('keyUpdate', () => {
  for (const requestPeer of [false, true])
    it(`goes on with new keys, requestPeer: ${requestPeer}`, async () => {
      const events: TraceEvent[] = []
      const { server, port } = await listen({}, (socket) => socket.pipe(socket))
      const client = await connect(port, { trace: (event) => events.push(event) })
      client.write('before')
      expect(String((await once(client, 'data'))[0])).toBe('before')
      client.keyUpdate({ requestPeer })
      client.write('after')
      expect(String((await once(client, 'data'))[0])).toBe('after')
      const generations = events.flatMap((event) =>
        event.type === 'keys' && event.generation > 0 ? [event.direction] : [],
      )
      expect(generations).toEqual(requestPeer ? ['sent', 'received'] : ['sent'])
      await finish(server, client)
    })

  it('works with node:tls at the other end', async () => {
    const server = nodeTls.createServer(
      { ...(await files('good')), minVersion: 'TLSv1.3' },
      (socket) => socket.pipe(socket),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = await connect((server.address() as AddressInfo).port)
    client.keyUpdate({ requestPeer: true })
    client.write('after')
    expect(String((await once(client, 'data'))[0])).toBe('after')
    client.destroy()
    server.close()
  })

  it('is refused before the handshake is complete', async () => {
    const client = handfast.connect({ port: 1, host: '127.0.0.1', lookup: () => {} })
    client.on('error', () => {})
    expect(() => client.keyUpdate()).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_INVALID_STATE' }),
    )
    client.destroy()
  })
})

it('asks for a client certificate after the handshake', async () => {
  const ca = (await authority()).root
  const seen: unknown[] = []
  const { server, port } = await listen({ ca, requestCert: 'afterHandshake' }, (socket) => {
    seen.push(socket.connectionInfo?.peerCertificates.length)
    socket.on('clientCertificate', (chain: readonly Uint8Array[]) => {
      const { raw } = socket.getPeerCertificate()
      seen.push(chain.length, socket.authorized, raw.equals(chain[0]!))
      socket.end('done')
    })
    socket.once('data', () => socket.requestClientCertificate())
    socket.resume()
  })
  const client = await connect(port, { ...(await files('client')), postHandshakeAuth: true })
  client.write('please')
  expect(String((await once(client, 'data'))[0])).toBe('done')
  expect(seen).toEqual([0, 1, true, true])
  await finish(server, client)
})

it('decides about a certificate asynchronously', async () => {
  const { server, port } = await listen(await files('other'))
  const client = await connect(port, {
    checkServerIdentity: async (hostname, cert) => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return cert.subjectaltname === 'DNS:other.test' ? undefined : new Error(hostname)
    },
  })
  expect(client.authorized).toBe(true)
  await finish(server, client)
})

it('agrees on groups that are named, hybrids included', async () => {
  for (const groups of ['X25519MLKEM768', 'secp521r1', ['x448']] as const) {
    const { server, port } = await listen({ groups })
    const client = await connect(port, { groups })
    expect(client.connectionInfo?.groupName).toBe([groups].flat()[0])
    await finish(server, client)
  }
})

it('sends the shares that keyShares names, and answers a HelloRetryRequest', async () => {
  const { server, port } = await listen({ groups: ['P-384'] })
  const client = await connect(port, { groups: ['X25519', 'P-384'], keyShares: ['X25519'] })
  expect(client.connectionInfo?.helloRetried).toBe(true)
  await finish(server, client)
})

it('shapes its ClientHello', async () => {
  const lengths: number[] = []
  const { server, port } = await listen({
    onClientHello: (hello) => {
      lengths.push(hello.bytes.length)
      expect(hello.message.extensions.some(({ type }) => type === 0x1234)).toBe(true)
      return undefined
    },
  })
  const client = await connect(port, {
    grease: false,
    groups: 'X25519',
    padClientHelloTo: 700,
    shapeClientHello: (hello) => ({
      ...hello,
      extensions: [...hello.extensions, { type: 0x1234, data: Uint8Array.of(1) }],
    }),
  })
  expect(lengths[0]).toBeGreaterThanOrEqual(700)
  await finish(server, client)
})

it('pads and limits records', async () => {
  const records: number[] = []
  const { server, port } = await listen({}, (socket) => socket.resume())
  const client = await connect(port, {
    recordPadding: (length) => 256 - (length % 256),
    trace: (event) => {
      if (
        event.type === 'record' &&
        event.direction === 'sent' &&
        event.protection === 'application'
      )
        records.push(event.padding + event.content.length)
    },
  })
  client.setMaxSendFragment(1024)
  client.write(Buffer.alloc(5000))
  await new Promise((resolve) => client.write('x', resolve))
  const data = records.filter((length) => length > 2)
  expect(data.length).toBeGreaterThanOrEqual(6)
  for (const length of data) expect(length % 256 === 0 && length <= 1280).toBe(true)
  await finish(server, client)
})

it('traces, with secrets only where they are asked for', async () => {
  for (const traceSecrets of [false, true]) {
    const events: TraceEvent[] = []
    const { server, port } = await listen({})
    const client = await connect(port, { trace: (event) => events.push(event), traceSecrets })
    const names = events.flatMap((event) => (event.type === 'message' ? [event.name] : []))
    expect(names).toContain('ClientHello')
    expect(names).toContain('CertificateVerify')
    const secrets = events.filter(
      (event) => event.type === 'keySchedule' && event.value !== undefined,
    )
    expect(secrets.length > 0).toBe(traceSecrets)
    await finish(server, client)
  }
})

it('prints a trace with enableTrace', async () => {
  const lines: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
  const { server, port } = await listen({})
  const client = await connect(port, { enableTrace: true })
  write.mockRestore()
  expect(lines.join('')).toMatch(/→ ClientHello, \d+ bytes/)
  expect(lines.every((line) => line.endsWith('\n'))).toBe(true)
  await finish(server, client)
})

it('binds an application to the connection by tls-exporter, as node:tls computes it', async () => {
  const label = 'EXPORTER-Channel-Binding'
  const server = nodeTls.createServer(
    { ...(await files('good')), minVersion: 'TLSv1.3' },
    (socket) => socket.end(socket.exportKeyingMaterial(32, label, Buffer.alloc(0))),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await connect((server.address() as AddressInfo).port)
  const own = client.exportKeyingMaterial(32, label)
  const [theirs] = await once(client, 'data')
  expect(own.equals(theirs)).toBe(true)
  client.destroy()
  server.close()
})

it('is for no host with a common name alone, and says so', async () => {
  const { server, port } = await listen(await files('commonName'))
  const client = handfast.connect({ port, host: 'localhost', ca: (await authority()).root })
  const error = await new Promise<{ code?: string; message: string }>((resolve) =>
    client.once('error', resolve),
  )
  expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  expect(error.message).toContain('a CN names no host any more')
  server.close()
})

it('asks for its host by name', async () => {
  const { server, port } = await listen({}, (socket) => socket.end(String(socket.servername)))
  const client = handfast.connect({ port, host: 'localhost', ca: (await authority()).root })
  expect(String((await once(client, 'data'))[0])).toBe('localhost')
  await finish(server, client)
  const again = await listen({}, (socket) => socket.end(String(socket.servername)))
  const silent = await connect(again.port, { host: 'localhost', servername: '' })
  expect(String((await once(silent, 'data'))[0])).toBe('false')
  await finish(again.server, silent)
})

it('signs with a key that lives elsewhere, and answers later', async () => {
  const { cert, key } = await files('good')
  const { createPrivateKey, sign } = await import('node:crypto')
  const local = createPrivateKey(key)
  const remote = {
    schemes: [0x0403],
    sign: async (_scheme: number, data: Uint8Array) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return Uint8Array.from(sign('sha256', data, local))
    },
  }
  const { server, port } = await listen({ cert, key: remote })
  const client = await connect(port)
  expect(client.authorized).toBe(true)
  await finish(server, client)
})

it('shows the identity that the client can verify', async () => {
  const ec = await files('good')
  const rsa = await files('rsa')
  const { server, port } = await listen({ cert: [ec.cert, rsa.cert], key: [rsa.key, ec.key] })
  const types: (string | undefined)[] = []
  for (const sigalgs of ['ECDSA+SHA256', 'RSA-PSS+SHA256']) {
    const client = await connect(port, { sigalgs, rejectUnauthorized: false })
    types.push(client.getPeerX509Certificate()?.publicKey.asymmetricKeyType)
    client.destroy()
  }
  expect(types).toEqual(['ec', 'rsa'])
  server.close()
})

it('says what it has not', async () => {
  const { server, port } = await listen({})
  const client = await connect(port)
  const error = await new Promise<{ code?: string } | null>((resolve) => {
    expect(client.renegotiate({}, (reason) => resolve(reason as { code?: string } | null))).toBe(
      false,
    )
  })
  expect(error?.code).toBe('ERR_SSL_WRONG_SSL_VERSION')
  await finish(server, client)
})

it('takes whatever checkServerIdentity throws or answers for a refusal', async () => {
  const { server, port } = await listen({})
  for (const checkServerIdentity of [
    () => 'a text' as never,
    () => {
      throw Object.assign(new Error('thrown'), { code: 'MINE' })
    },
    async () => {
      throw Object.assign(new Error('rejected'), { code: 'MINE' })
    },
  ]) {
    const client = handfast.connect({
      port,
      host: '127.0.0.1',
      ca: (await authority()).root,
      checkServerIdentity,
    })
    const error = await new Promise<{ code?: string }>((resolve) => client.once('error', resolve))
    expect(error).toBeInstanceOf(Error)
    expect(['MINE', undefined]).toContain(error.code)
    expect(client.authorized).toBe(false)
  }
  server.close()
})

it('trusts an intermediate by itself only with allowPartialTrustChain', async () => {
  const { intermediate } = await import('./certificates.ts')
  const { server, port } = await listen(await files('below'))
  const ca = (await intermediate()).certificate
  const client = await connect(port, { ca, allowPartialTrustChain: true })
  expect(client.authorized).toBe(true)
  await finish(server, client)
})

it('shows what setKeyCert says, from within the ALPNCallback', async () => {
  const other = handfast.createSecureContext(await files('other'))
  const { server, port } = await listen({
    ALPNCallback(this: handfast.TLSSocket, { protocols }) {
      this.setKeyCert(other)
      return protocols[0]
    },
  })
  const client = await connect(port, { ALPNProtocols: ['x'], rejectUnauthorized: false })
  expect(client.getPeerCertificate().subjectaltname).toBe('DNS:other.test')
  await finish(server, client)
})

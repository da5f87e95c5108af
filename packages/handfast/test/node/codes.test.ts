/** Each error code that Node documents, provoked over both libraries. */
import { type AddressInfo, connect as dial } from 'node:net'
import * as nodeTls from 'node:tls'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { decodePem, encodePem } from '../../src/pem.ts'
import {
  authority,
  files,
  type IdentityName,
  identities,
  intermediate,
  otherAuthority,
  selfSigned,
} from './certificates.ts'
import { plainPair } from './plainPair.ts'
import { once, same, type Tls } from './same.ts'

type Code = string | undefined
const codeOf = (error: unknown): Code => (error as { code?: string } | undefined)?.code

const thrown = (call: (tls: Tls) => unknown) => (tls: Tls) => {
  try {
    call(tls)
  } catch (error) {
    return codeOf(error)
  }
  return 'nothing was thrown'
}

/** The client's error, and the server's. */
async function meet(tls: Tls, own: object, options: object, silent = false): Promise<Code[]> {
  const server = tls.createServer({ ...(await files('good')), ...own }, (socket) => {
    socket.on('error', () => {})
    socket.end()
  })
  const theirs = new Promise<Code>((resolve) => {
    server.once('tlsClientError', (error) => resolve(codeOf(error)))
    server.once('secureConnection', () => resolve('secure'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = silent
    ? dial(port, '127.0.0.1')
    : tls.connect({ port, host: '127.0.0.1', ca: (await authority()).root, ...options })
  const ours = new Promise<Code>((resolve) => {
    client.once('error', (error) => resolve(codeOf(error)))
    client.once('secureConnect', () => resolve('secure'))
    // Who says nothing hears nothing.
    if (silent) resolve('silent')
  })
  client.resume()
  const codes = [await ours, await theirs]
  client.destroy()
  server.close()
  return codes
}

const shown =
  (name: IdentityName, part: 'chain' | 'leaf' = 'chain', options: object = {}) =>
  async (tls: Tls) =>
    (await meet(tls, await files(name, part), options))[0]

/** With its last byte changed, which is the signature's. */
async function damaged(): Promise<string> {
  const der = decodePem((await identities.good()).certificate)[0]!.der.slice()
  der[der.length - 1]! ^= 1
  return encodePem('CERTIFICATE', der)
}

const provocations: Readonly<Record<string, (tls: Tls) => Code | Promise<Code>>> = {
  CERT_HAS_EXPIRED: shown('expired'),
  CERT_NOT_YET_VALID: shown('future'),
  CERT_SIGNATURE_FAILURE: async (tls) => (await meet(tls, { cert: await damaged() }, {}))[0],
  DEPTH_ZERO_SELF_SIGNED_CERT: async (tls) => (await meet(tls, await selfSigned(), {}))[0],
  SELF_SIGNED_CERT_IN_CHAIN: async (tls) => {
    const { cert, key } = await files('stranger')
    return (await meet(tls, { cert: cert + (await otherAuthority()).certificate, key }, {}))[0]
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: shown('below', 'leaf'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: async (tls) =>
    shown('below', 'chain', { ca: (await otherAuthority()).root })(tls),
  UNABLE_TO_GET_ISSUER_CERT: async (tls) =>
    shown('below', 'leaf', { ca: (await intermediate()).certificate })(tls),
  INVALID_PURPOSE: shown('client', 'chain', { checkServerIdentity: () => undefined }),
  ERR_TLS_CERT_ALTNAME_INVALID: shown('other'),
  ERR_TLS_INVALID_PROTOCOL_VERSION: thrown((tls) =>
    tls.createSecureContext({ minVersion: 'TLSv9' as never }),
  ),
  ERR_TLS_INVALID_PROTOCOL_METHOD: thrown((tls) =>
    tls.createSecureContext({ secureProtocol: 'x' }),
  ),
  ERR_TLS_PROTOCOL_VERSION_CONFLICT: thrown((tls) =>
    tls.createSecureContext({ secureProtocol: 'TLS_method', minVersion: 'TLSv1.2' }),
  ),
  ERR_TLS_REQUIRED_SERVER_NAME: thrown((tls) => tls.createServer().addContext('', {})),
  ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS: thrown((tls) =>
    tls.createServer({ ALPNProtocols: ['a'], ALPNCallback: () => 'a' } as never),
  ),
  ERR_TLS_SNI_FROM_SERVER: thrown((tls) => {
    const socket = new tls.TLSSocket(plainPair()[0] as never, { isServer: true })
    socket.on('error', () => {})
    try {
      ;(socket as unknown as { setServername(name: string): void }).setServername('x')
    } finally {
      socket.destroy()
    }
  }),
  ERR_TLS_ALPN_CALLBACK_INVALID_RESULT: async (tls) =>
    (await meet(tls, { ALPNCallback: () => 'invented' }, { ALPNProtocols: ['a'] }))[1],
  ERR_TLS_HANDSHAKE_TIMEOUT: async (tls) =>
    (await meet(tls, { handshakeTimeout: 50 }, {}, true))[1],
  ERR_TLS_DH_PARAM_SIZE: async (tls) => {
    const suite = { ciphers: 'DHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }
    const own = { ...(await files('rsa')), ...suite, dhparam: 'auto' }
    return (await meet(tls, own, { ...suite, minDHSize: 4096 }))[0]
  },
}

for (const [code, provoke] of Object.entries(provocations))
  for (const [library, tls] of Object.entries({
    node: nodeTls,
    handfast: handfast as unknown as Tls,
  }))
    it(`${code} (${library})`, async () => expect(await provoke(tls)).toBe(code))

describe('what else is documented', () => {
  for (const honorCipherOrder of [true, false])
    same(
      `honorCipherOrder: ${honorCipherOrder}`,
      async (run) => {
        const [a, b] = ['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-GCM-SHA256']
        const own = { ...(await files('rsa')), ciphers: `${a}:${b}`, honorCipherOrder }
        const port = await run.listen(own, (socket) => socket.end())
        const client = run.connect({ port, ca: (await authority()).root, ciphers: `${b}:${a}` })
        client.resume()
        await once(client, 'secureConnect')
        run.see('client', client.getCipher().name)
        client.disableRenegotiation()
        await once(client, 'close')
      },
      { versions: ['TLSv1.2'] },
    )

  same('getX509Certificate and getPeerX509Certificate', async (run) => {
    const port = await run.listen(await files('good'), (socket) => {
      run.see(
        'server',
        socket.getX509Certificate()?.subjectAltName,
        socket.getPeerX509Certificate(),
      )
      socket.end()
    })
    const client = run.connect({ port, ca: (await authority()).root })
    client.resume()
    await once(client, 'secureConnect')
    run.see('client', client.getX509Certificate(), client.getPeerX509Certificate()?.subjectAltName)
    await once(client, 'close')
  })

  same('the options and events of connecting', async (run) => {
    const port = await run.listen(await files('good'), (socket) => socket.end())
    const client = run.connect({
      port,
      host: 'localhost',
      ca: (await authority()).root,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 500,
      hints: 0,
      family: 0,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 1000,
      lookup: (_name: string, _options: object, answer: (...args: unknown[]) => void) =>
        answer(null, [
          { address: '127.0.0.2', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    } as never)
    for (const event of ['connectionAttempt', 'connectionAttemptFailed', 'connect'])
      client.on(event, (address, _port, family) => run.see('client', event, address, family))
    client.resume()
    await once(client, 'secureConnect')
    run.see('client', client.autoSelectFamilyAttemptedAddresses?.length)
    await once(client, 'close')
  })

  it('compresses certificates where it is asked to', async () => {
    const known = handfast.getCertificateCompressionAlgorithms()
    expect(known).toContain('zlib')
    const read: string[] = []
    const trace = (event: { type: string; name?: string }) => {
      if (event.type === 'message') read.push(event.name ?? '')
    }
    const certificateCompression = ['brotli', 'zlib']
    const codes = await meet(
      handfast as unknown as Tls,
      { certificateCompression },
      { certificateCompression, trace },
    )
    expect(codes).toEqual(['secure', 'secure'])
    expect(read).toContain('CompressedCertificate')
    expect(() => handfast.createSecureContext({ certificateCompression: ['lzma'] })).toThrow(/lzma/)
  })
})

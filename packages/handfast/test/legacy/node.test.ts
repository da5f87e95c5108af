/** `handfast/node` with the option `legacy`, and node:tls at security level 0, which has TLS 1.1 and TLS 1.0. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { legacy } from '../../src/legacy/index.ts'
import * as ours from '../../src/node/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority } from '../engine/pair.ts'

const issued = await authority.issue({ names: ['localhost'], keyType: 'rsa-2048' })
const identity = {
  cert: issued.chainDer.map((der) => encodePem('CERTIFICATE', der)).join(''),
  key: encodePem('PRIVATE KEY', issued.keyDer),
}
const ca = encodePem('CERTIFICATE', authority.certificateDer)
const weak = { ciphers: 'DEFAULT@SECLEVEL=0' }

/** Both ways of a connection between two of the modules. */
async function speak(
  server: typeof nodeTls | typeof ours,
  serverOptions: object,
  client: typeof nodeTls | typeof ours,
  clientOptions: object,
) {
  const listener = (server as typeof nodeTls).createServer({ ...identity, ...serverOptions })
  listener.on('secureConnection', (socket) => socket.end(`${socket.getProtocol()} to you`))
  listener.on('tlsClientError', () => {})
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const socket = (client as typeof nodeTls).connect({
    ...{ port, host: '127.0.0.1', servername: 'localhost', ca },
    ...clientOptions,
  })
  try {
    await once(socket, 'secureConnect')
    const [protocol, cipher] = [socket.getProtocol(), socket.getCipher()]
    let text = ''
    for await (const chunk of socket) text += chunk
    return { text, protocol, cipher }
  } finally {
    socket.destroy()
    listener.close()
  }
}

describe.each(['TLSv1.1', 'TLSv1'] as const)('%s', (version) => {
  const only = { minVersion: version, maxVersion: version }

  it('our server and a client of node:tls', async () => {
    const result = await speak(ours, { legacy }, nodeTls, { ...only, ...weak })
    expect(result).toMatchObject({ text: `${version} to you`, protocol: version })
  })

  it('a server of node:tls and our client', async () => {
    const result = await speak(nodeTls, { ...only, ...weak }, ours, { legacy })
    expect(result).toMatchObject({ text: `${version} to you`, protocol: version })
  })
})

it('SSLv3, 3DES', async () => {
  const options = { legacy, maxVersion: 'SSLv3', ciphers: 'DES-CBC3-SHA' }
  const { text, cipher } = await speak(ours, { legacy, ciphers: 'ALL' }, ours, options)
  expect(text).toBe('SSLv3 to you')
  expect(cipher).toMatchObject({ standardName: 'TLS_RSA_WITH_3DES_EDE_CBC_SHA' })
})

it('the best version that both have, all the same', async () => {
  const { text } = await speak(ours, { legacy }, ours, { legacy })
  expect(text).toBe('TLSv1.3 to you')
  const limited = { legacy, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2' }
  expect((await speak(ours, limited, ours, { legacy })).text).toBe('TLSv1.2 to you')
})

it('nothing without the option', async () => {
  expect(() => ours.createSecureContext({ minVersion: 'SSLv3' })).toThrow('not a valid minimum')
  expect(() => ours.createSecureContext({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).toThrow(
    'older ones with the option legacy',
  )
  await expect(
    speak(ours, {}, nodeTls, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ...weak }),
  ).rejects.toThrow()
})

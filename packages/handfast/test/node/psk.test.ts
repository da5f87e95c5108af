/** Keys that both ends had before: `pskCallback` and `pskIdentityHint`. */
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { files } from './certificates.ts'
import { once, same, sameCall } from './same.ts'

const psk = Buffer.alloc(16, 7)
const ciphers = 'kPSK+AESGCM:TLS_AES_128_GCM_SHA256'
/** Nobody has a certificate, so nobody has a name. */
const nameless = { checkServerIdentity: () => undefined }

const cases = {
  'with a hint': { server: { pskIdentityHint: 'which' } },
  'without a hint': {},
  'as an object': { answer: { psk } },
  'that is another': { answer: Buffer.alloc(16, 8) },
  'that the server does not know': { answer: null },
  'that the client does not have': { client: { pskCallback: () => null } },
  'in one suite': { suite: 'PSK-AES128-CBC-SHA256:TLS_CHACHA20_POLY1305_SHA256' },
  'with a curve': { suite: 'ECDHE-PSK-AES256-CBC-SHA384:TLS_CHACHA20_POLY1305_SHA256' },
} as const

for (const [what, given] of Object.entries(cases)) {
  const {
    server = {},
    client = {},
    suite = ciphers,
  } = given as {
    server?: object
    client?: object
    suite?: string
  }
  const answer = 'answer' in given ? given.answer : psk
  same(
    `a key ${what}`,
    async (run) => {
      const ended: { resolve?: () => void } = {}
      const end = new Promise<void>((resolve) => {
        ended.resolve = resolve
      })
      const port = await run.listen(
        {
          ciphers: suite,
          pskCallback(socket, identity) {
            run.see('server', 'asked', socket instanceof run.server.TLSSocket, identity)
            return answer as never
          },
          ...server,
        },
        (socket) => {
          run.see('server', socket.getCipher().name, socket.getPeerCertificate())
          socket.end('hello')
          ended.resolve?.()
        },
        (listening) =>
          listening.on('tlsClientError', (error) => {
            run.see('server', error)
            ended.resolve?.()
          }),
      )
      const socket = run.connect({
        port,
        ciphers: suite,
        ...run.pinned,
        ...nameless,
        pskCallback(hint) {
          run.see('client', 'asked', hint)
          return { psk, identity: 'me, žluťoučký' }
        },
        ...client,
      })
      socket.on('secureConnect', () =>
        run.see('client', socket.getCipher().name, socket.authorized, socket.getCertificate()),
      )
      run.watch('client', socket, 'data')
      socket.on('error', (error) => run.see('client', (error as { code?: string }).code))
      await Promise.all([end, new Promise((resolve) => socket.once('close', resolve))])
    },
    {
      normalize: (seen) =>
        JSON.parse(
          JSON.stringify(seen)
            // RFC 8446 §6.2 has decrypt_error for a binder; OpenSSL says illegal_parameter.
            .replace(
              /ERR_SSL_(SSLV3|SSL\/TLS)_ALERT_ILLEGAL_PARAMETER|ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR/,
              'the binder',
            )
            // OpenSSL has no words in TLS 1.3 for a key that is missing where there is no certificate either.
            .replace(/ERR_SSL_(NO_SUITABLE_SIGNATURE_ALGORITHM|PSK_IDENTITY_NOT_FOUND)/, 'no key')
            // What GCM says, where other ciphers give the record's error.
            .replace('CIPHER_OPERATION_FAILED', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC')
            // Of a client without a key the alert is up to it.
            .replace(
              /ERR_SSL_[\w/]+_ALERT_(HANDSHAKE_FAILURE|INTERNAL_ERROR|UNKNOWN_PSK_IDENTITY)/,
              'a failure',
            ),
        ),
    },
  )
}

same('a key, with both versions enabled', async (run) => {
  const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers } as const
  const port = await run.listen({ ...both, pskCallback: () => psk }, (socket) => socket.end())
  const own = { ...both, ...nameless, maxVersion: run.version }
  const socket = run.connect({ port, ...own, pskCallback: () => ({ psk, identity: 'me' }) })
  await once(socket, 'secureConnect')
  run.see('client', socket.getProtocol())
  socket.resume()
  await once(socket, 'close')
})

for (const value of [5, {}, 'x']) {
  sameCall(`a server with pskCallback ${JSON.stringify(value)}`, (tls) => {
    tls.createServer({ pskCallback: value as never })
  })
  sameCall(`a client with pskCallback ${JSON.stringify(value)}`, (tls) => {
    tls.connect({ port: 1, pskCallback: value as never }).on('error', () => {})
  })
}
sameCall('a server with pskIdentityHint 5', (tls) => {
  tls.createServer({ pskCallback: () => psk, pskIdentityHint: 5 as never })
})

describe('of handfast', () => {
  const meet = async (server: object, client: object): Promise<readonly unknown[]> => {
    const listening = handfast.createServer({ ciphers, ...server }, (socket) => socket.end())
    const refused = new Promise((resolve) => listening.once('tlsClientError', resolve))
    const accepted = new Promise((resolve) =>
      listening.once('secureConnection', () => resolve('secure')),
    )
    listening.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const { port } = listening.address() as import('node:net').AddressInfo
    const socket = handfast.connect({ port, ciphers, ...client })
    const ours = new Promise((resolve) => {
      socket.once('error', resolve)
      socket.once('secureConnect', () => resolve('secure'))
    })
    socket.resume()
    const outcome = await Promise.all([ours, Promise.race([refused, accepted])])
    listening.close()
    return outcome
  }
  const known = async () => psk
  const mine = async () => ({ psk, identity: 'me' })

  it('callbacks may answer by promise', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'])
      expect(await meet({ pskCallback: known, maxVersion }, { pskCallback: mine })).toEqual([
        'secure',
        'secure',
      ])
  })

  it('what a callback throws, or answers wrongly, is the error', async () => {
    const answers = [
      [() => 5, 'ERR_INVALID_ARG_TYPE'],
      [() => ({ psk: 'x', identity: 'me' }), 'ERR_INVALID_ARG_TYPE'],
      [() => ({ psk, identity: 5 }), 'ERR_INVALID_ARG_TYPE'],
      [() => ({ psk: Buffer.alloc(513), identity: 'me' }), 'ERR_INVALID_ARG_VALUE'],
      [() => ({ psk, identity: 'x'.repeat(257) }), 'ERR_INVALID_ARG_VALUE'],
      [
        () => {
          throw Object.assign(new Error('mine'), { code: 'MINE' })
        },
        'MINE',
      ],
    ] as const
    for (const [pskCallback, code] of answers)
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        const [error] = await meet({ pskCallback: known, maxVersion }, { pskCallback, maxVersion })
        expect(error).toMatchObject({ code })
      }
    const [, error] = await meet({ pskCallback: () => 'text' }, { pskCallback: mine })
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('a certificate stands in where the key is not known, in TLS 1.3', async () => {
    const { cert, key } = await files('good')
    const own = { cert, key, pskCallback: () => null }
    const options = { pskCallback: mine, rejectUnauthorized: false }
    expect(await meet(own, options)).toEqual(['secure', 'secure'])
  })
})

/** What TLS 1.2 brought with it: sessions by id, finite fields of one's own, and the errors that go with them. */

import { constants, getDiffieHellman } from 'node:crypto'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { DerTag, derElement, derInteger } from '../../src/crypto/der.ts'
import * as handfast from '../../src/node/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority, files } from './certificates.ts'
import { once, type Run, same, sameCall } from './same.ts'

async function ca() {
  return (await authority()).root
}

const only12 = { versions: ['TLSv1.2'] } as const

/** PEM of a prime with the generator 2. */
function dhparam(prime: Uint8Array): string {
  const numbers = [derInteger(prime), derInteger(Uint8Array.of(2))]
  return encodePem('DH PARAMETERS', derElement(DerTag.sequence, ...numbers))
}

same('Finished, of which each end knows both', async (run) => {
  let server: import('node:tls').TLSSocket | undefined
  const port = await run.listen(await files('good'), (socket) => {
    server = socket
    socket.on('error', () => {})
  })
  const client = run.connect({ port, ca: await ca() })
  run.see('client', client.getFinished(), client.getPeerFinished())
  await once(client, 'secureConnect')
  while (server === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  run.see(
    'client',
    client.getFinished()?.equals(server.getPeerFinished()!),
    client.getPeerFinished()?.equals(server.getFinished()!),
  )
  client.destroy()
  run.see('client', client.getFinished(), client.getPeerFinished())
})

/** Visits twice, the second time with the session of the first. */
async function visitTwice(run: Run, port: number, options: object = {}): Promise<void> {
  let session: Buffer | undefined
  for (const visit of ['first', 'second']) {
    const client = run.connect({ port, ca: await ca(), ...options, ...(session && { session }) })
    client.on('secureConnect', () => run.see(visit, 'secureConnect'))
    client.on('session', (bytes) => {
      session = bytes
      run.see(visit, 'session')
    })
    await once(client, 'secureConnect')
    client.write('x')
    await once(client, 'data')
    run.see(visit, client.isSessionReused(), client.getTLSTicket() !== undefined)
    client.end()
    client.resume()
    await once(client, 'close')
  }
}

/** A server may give a new ticket to a client that resumes (RFC 5077 §3.3): this one does, OpenSSL does not. */
const withoutRenewal = ({ second = [], ...seen }: Record<string, unknown[]>) => ({
  ...seen,
  second: second.filter((what) => what !== 'session'),
})

const echo = (socket: import('node:tls').TLSSocket) => {
  socket.on('error', () => {})
  socket.pipe(socket)
}

for (const [what, secureOptions] of [
  ['without tickets', constants.SSL_OP_NO_TICKET],
  ['with tickets', 0],
] as const)
  for (const listeners of [['newSession', 'resumeSession'], ['newSession'], ['resumeSession']])
    same(
      `sessions of a server ${what} that listens to ${listeners.join(' and ')}`,
      async (run) => {
        const store = new Map<string, Buffer>()
        const own = { ...(await files('good')), secureOptions, sessionIdContext: 'x' }
        const port = await run.listen(own, echo, (server) => {
          if (listeners.includes('newSession'))
            server.on('newSession', (id, data, done) => {
              run.see('server', 'newSession', id.length)
              store.set(id.toString('hex'), data)
              setTimeout(done, 5)
            })
          if (listeners.includes('resumeSession'))
            server.on('resumeSession', (id, done) => {
              run.see('server', 'resumeSession', store.has(id.toString('hex')))
              setTimeout(done, 5, null, store.get(id.toString('hex')) ?? null)
            })
        })
        await visitTwice(run, port)
      },
      { ...only12, normalize: withoutRenewal },
    )

same(
  'newSession tells of each ticket of TLS 1.3, which holds its session itself',
  async (run) => {
    const port = await run.listen(await files('good'), echo, (server) =>
      server.on('newSession', (id, data, done) => {
        run.see('server', 'newSession', id.length, data.length > 0)
        setTimeout(done, 5)
      }),
    )
    await visitTwice(run, port)
  },
  {
    versions: ['TLSv1.3'],
    // How many tickets a server gives, and when they come, is its own affair.
    normalize: ({ server, first, second }) => ({
      server: server?.[0],
      first: first?.at(-1),
      second: second?.at(-1),
    }),
  },
)

same(
  'a session that a store does not know any more',
  async (run) => {
    const own = { ...(await files('good')), secureOptions: constants.SSL_OP_NO_TICKET }
    const port = await run.listen(own, echo, (server) => {
      server.on('newSession', (_id, _data, done) => done())
      server.on('resumeSession', (_id, done) => {
        run.see('server', 'resumeSession')
        done(null, null as never)
      })
    })
    await visitTwice(run, port)
  },
  only12,
)

describe('finite fields', () => {
  const field = dhparam(getDiffieHellman('modp14').getPrime())
  for (const [what, value] of [
    ['of PEM', field],
    ['of bytes', Buffer.from(field)],
    ['that are automatic', 'auto'],
    ['that are none', undefined],
  ] as const)
    same(
      `of a server ${what}`,
      async (run) => {
        const ciphers = 'DHE-RSA-AES128-GCM-SHA256:AES128-SHA256'
        const own = { ...(await files('rsa')), ciphers, ...(value && { dhparam: value }) }
        const port = await run.listen(own, (socket) => socket.end())
        const client = run.connect({ port, ca: await ca(), ciphers })
        client.resume()
        await once(client, 'secureConnect')
        run.see('client', client.getCipher().name, client.getEphemeralKeyInfo())
        await once(client, 'close')
      },
      only12,
    )

  same(
    'that are smaller than minDHSize',
    async (run) => {
      const ciphers = 'DHE-RSA-AES128-GCM-SHA256'
      const own = { ...(await files('rsa')), ciphers, dhparam: 'auto' }
      const port = await run.listen(own, (socket) => socket.on('error', () => {}))
      const client = run.connect({ port, ca: await ca(), ciphers, minDHSize: 3072 })
      // The message of node:tls names another number than the one that was asked for.
      client.on('error', (error) => run.see('client', (error as { code?: string }).code))
      run.watch('client', client, 'secureConnect', 'close')
      await new Promise((resolve) => client.once('close', resolve))
    },
    only12,
  )

  it('that are too small are refused, whatever minDHSize says', async () => {
    const own = {
      ...(await files('rsa')),
      // OpenSSL of today wants to be asked for so small a field.
      ciphers: 'DHE-RSA-AES128-SHA:@SECLEVEL=0',
      dhparam: dhparam(getDiffieHellman('modp2').getPrime()),
    }
    const tls = await import('node:tls')
    const server = tls.createServer({ ...own, maxVersion: 'TLSv1.2' })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ciphers = 'DHE-RSA-AES128-SHA'
    const client = handfast.connect({ port, ca: await ca(), ciphers, maxVersion: 'TLSv1.2' })
    const error = await new Promise((resolve) => client.once('error', resolve))
    expect(error).toMatchObject({ code: 'ERR_SSL_DH_KEY_TOO_SMALL' })
    server.close()
  })

  const small = dhparam(getDiffieHellman('modp1').getPrime().subarray(0, 64))
  sameCall('of 512 bits', (tls) => {
    try {
      return tls.createSecureContext({ dhparam: small })
    } catch (error) {
      return [(error as { code?: string }).code, /less than 1024 bits/.test(String(error))]
    }
  })
  sameCall('of a wrong type', (tls) => {
    tls.createSecureContext({ dhparam: 5 as never })
  })

  it('that are no PEM are an error that says which option', () => {
    for (const text of ['x', '-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n'])
      expect(() => handfast.createSecureContext({ dhparam: text })).toThrow(/options\.dhparam/)
  })
})

describe('a server of another time', () => {
  /** A ServerHello of TLS 1.2 with nothing but a suite: no renegotiation_info. */
  const hello = Buffer.concat([
    Buffer.from('160303002a02000026', 'hex'),
    Buffer.from('0303', 'hex'),
    Buffer.alloc(32, 7),
    Buffer.from('00c02f00', 'hex'),
  ])
  same(
    'that does not know RFC 5746',
    async (run) => {
      const server = createNetServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.write(hello))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const client = run.connect({ port: (server.address() as AddressInfo).port })
      const error = await new Promise((resolve) => client.once('error', resolve))
      run.see('client', error)
      server.close()
    },
    { ...only12, except: ['node/handfast', 'handfast/handfast'] },
  )
})

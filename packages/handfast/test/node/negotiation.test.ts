/** What the ends agree on: application protocols, names, suites, groups, signatures, stapled responses. */
import { describe } from 'vitest'
import { authority, files } from './certificates.ts'
import { once, type Run, same, type TlsVersion } from './same.ts'

async function ca() {
  return (await authority()).root
}

describe('ALPN', () => {
  const cases = [
    {
      what: 'the first of the server that the client has',
      server: ['h2', 'http/1.1'],
      client: ['http/1.1', 'h2'],
    },
    { what: 'a client without', server: ['h2'], client: undefined },
    { what: 'a server without', server: undefined, client: ['h2'] },
    { what: 'nothing in common', server: ['h2'], client: ['http/1.1'] },
    { what: 'bytes', server: Buffer.from('\x02h2'), client: Buffer.from('\x08http/1.1\x02h2') },
  ] as const
  for (const { what, server, client } of cases)
    same(what, async (run) => {
      const port = await run.listen(
        {
          ...(await files('good')),
          ...(server && { ALPNProtocols: server as unknown as string[] }),
        },
        (socket) => {
          run.see('server', socket.alpnProtocol)
          socket.end()
        },
        (listening) =>
          listening.on('tlsClientError', (error) =>
            run.see('server', 'refused', (error as { code?: string }).code),
          ),
      )
      const socket = run.connect({
        port,
        ca: await ca(),
        ...(client && { ALPNProtocols: client as unknown as string[] }),
      })
      run.watch('client', socket, 'error')
      socket.resume()
      await new Promise((resolve) => socket.once('close', resolve))
      run.see('client', socket.alpnProtocol)
    })

  const answers: Readonly<
    Record<string, (offer: { servername: string; protocols: string[] }) => string | undefined>
  > = {
    'takes the last': ({ protocols }) => protocols.at(-1),
    'refuses all': () => undefined,
    'invents one': () => 'invented',
    throws: () => {
      throw Object.assign(new Error('from the callback'), { code: 'MINE' })
    },
  }
  for (const [what, answer] of Object.entries(answers))
    same(`a callback that ${what}`, async (run) => {
      const failed: { resolve?: () => void } = {}
      const refused = new Promise<void>((resolve) => {
        failed.resolve = resolve
      })
      const port = await run.listen(
        {
          ...(await files('good')),
          ALPNCallback: (offer: { servername: string; protocols: string[] }) => {
            run.see('callback', offer)
            return answer(offer)
          },
        } as never,
        (socket) => {
          run.see('server', socket.alpnProtocol)
          socket.end()
          failed.resolve?.()
        },
        (listening) =>
          listening.on('tlsClientError', (error) => {
            run.see('server', error)
            failed.resolve?.()
          }),
      )
      const socket = run.connect({
        port,
        ca: await ca(),
        servername: 'localhost',
        ALPNProtocols: ['a', 'b', 'c'],
      })
      socket.on('error', () => {})
      socket.resume()
      await refused
    })
})

describe('SNI', () => {
  const scripts = async (
    run: Run,
    options: object,
    servername: string | undefined,
    prepare?: (server: import('node:tls').Server) => void,
  ) => {
    const port = await run.listen(
      { ...(await files('good')), ...options },
      (socket) => {
        run.see('server', (socket as unknown as { servername: unknown }).servername)
        socket.end()
      },
      (server) => {
        prepare?.(server)
        server.on('tlsClientError', (error) => run.see('server', error))
      },
    )
    const client = run.connect({
      port,
      ca: await ca(),
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
    })
    client.on('error', () => run.see('client', 'error'))
    client.on('secureConnect', () => {
      const { subjectaltname } = client.getPeerCertificate()
      run.see(
        'client',
        subjectaltname,
        client.authorized,
        (client as unknown as { servername: unknown }).servername,
      )
    })
    client.resume()
    await new Promise((resolve) => client.once('close', resolve))
  }

  for (const servername of ['other.test', 'a.other.test', 'elsewhere.test', undefined])
    same(`addContext, asked for ${servername}`, async (run) => {
      const other = await files('other')
      await scripts(run, {}, servername, (server) => {
        server.addContext('other.test', other)
        server.addContext('*.other.test', other)
      })
    })

  same('a callback that answers at once', async (run) => {
    const context = run.server.createSecureContext(await files('other'))
    const SNICallback = (
      name: string,
      answer: (error: Error | null, context?: unknown) => void,
    ) => {
      run.see('callback', name)
      answer(null, context)
    }
    await scripts(run, { SNICallback }, 'other.test')
  })

  same('a callback that answers later', async (run) => {
    const context = run.server.createSecureContext(await files('other'))
    const SNICallback = (_: string, answer: (error: Error | null, context?: unknown) => void) => {
      setTimeout(answer, 20, null, context)
    }
    await scripts(run, { SNICallback }, 'other.test')
  })

  same('a callback that has no context', async (run) => {
    const SNICallback = (_: string, answer: (error: Error | null) => void) => answer(null)
    await scripts(run, { SNICallback }, 'other.test')
  })

  same('a callback that fails', async (run) => {
    const SNICallback = (_: string, answer: (error: Error | null) => void) =>
      answer(Object.assign(new Error('no such name'), { code: 'MINE' }))
    await scripts(run, { SNICallback }, 'other.test')
  })
})

describe('ciphers, groups and signatures', () => {
  const suites = {
    'TLSv1.3': [
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_AES_128_CCM_SHA256',
    ],
    'TLSv1.2': [
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES256-GCM-SHA384',
      'ECDHE-RSA-CHACHA20-POLY1305',
      'ECDHE-RSA-AES128-SHA256',
      'ECDHE-RSA-AES256-SHA384',
      'ECDHE-RSA-AES128-SHA',
      'DHE-RSA-AES256-GCM-SHA384',
      'DHE-RSA-AES128-CCM',
      'DHE-RSA-AES256-SHA',
      'AES128-GCM-SHA256',
      'AES256-CCM',
      'AES256-SHA256',
      'AES128-SHA',
    ],
  } as const
  for (const [version, names] of Object.entries(suites))
    for (const ciphers of names)
      same(
        ciphers,
        async (run) => {
          const own = { ...(await files('rsa')), ciphers, dhparam: 'auto', ecdhCurve: 'P-256' }
          const port = await run.listen(own, (socket) => {
            run.see('server', socket.getCipher(), socket.getEphemeralKeyInfo())
            socket.end()
          })
          const client = run.connect({ port, ca: await ca(), ciphers })
          client.on('secureConnect', () =>
            run.see('client', client.getCipher(), client.getEphemeralKeyInfo()),
          )
          client.resume()
          await once(client, 'close')
        },
        { versions: [version as TlsVersion] },
      )

  same('no common cipher', async (run) => {
    const port = await run.listen(
      { ...(await files('good')), ciphers: suites[run.version][0] },
      () => {},
      (server) => server.on('tlsClientError', (error) => run.see('server', error)),
    )
    const client = run.connect({
      port,
      ca: await ca(),
      ciphers: suites[run.version][1],
      ...run.pinned,
    })
    client.on('error', (error) => run.see('client', error))
    await new Promise((resolve) => client.once('close', resolve))
  })

  for (const ecdhCurve of ['X25519', 'P-256', 'P-384', 'P-521', 'X448', 'prime256v1:X25519'])
    same(`the curve ${ecdhCurve}`, async (run) => {
      const port = await run.listen({ ...(await files('rsa')), ecdhCurve }, (socket) => {
        run.see('server', socket.getEphemeralKeyInfo())
        socket.end()
      })
      const client = run.connect({ port, ca: await ca(), ecdhCurve })
      client.on('secureConnect', () => run.see('client', client.getEphemeralKeyInfo()))
      client.resume()
      await once(client, 'close')
    })

  same('no common curve', async (run) => {
    // Of TLS 1.2 one that needs a curve.
    const ciphers = suites[run.version][0]
    const port = await run.listen(
      { ...(await files('rsa')), ecdhCurve: 'P-384', ciphers },
      () => {},
      (server) => server.on('tlsClientError', (error) => run.see('server', error)),
    )
    const client = run.connect({ port, ca: await ca(), ecdhCurve: 'X25519', ciphers })
    client.on('error', (error) => run.see('client', error))
    await new Promise((resolve) => client.once('close', resolve))
  })

  for (const sigalgs of ['RSA-PSS+SHA384', 'rsa_pss_rsae_sha256:rsa_pss_rsae_sha512'])
    same(`the signatures ${sigalgs}`, async (run) => {
      const port = await run.listen({ ...(await files('rsa')) }, (socket) => {
        run.see('server', socket.getSharedSigalgs())
        socket.end()
      })
      const client = run.connect({ port, rejectUnauthorized: false, sigalgs })
      client.resume()
      await once(client, 'close')
    })
})

same('a stapled OCSP response', async (run) => {
  const port = await run.listen(
    await files('below'),
    (socket) => socket.end(),
    (server) =>
      server.on('OCSPRequest', (certificate, issuer, answer) => {
        run.see('server', certificate.length > 0, issuer !== null)
        setTimeout(answer, 10, null, Buffer.from('not really a response'))
      }),
  )
  const client = run.connect({ port, ca: await ca(), requestOCSP: true } as never)
  run.watch('client', client, 'OCSPResponse', 'secureConnect', 'error')
  client.resume()
  await once(client, 'close')
})

same('no OCSP response', async (run) => {
  const port = await run.listen(await files('good'), (socket) => socket.end())
  const client = run.connect({ port, ca: await ca(), requestOCSP: true } as never)
  run.watch('client', client, 'OCSPResponse', 'secureConnect', 'error')
  client.resume()
  await once(client, 'close')
})

same('keying material is the same at both ends', async (run) => {
  const port = await run.listen(await files('good'), (socket) => {
    const material = socket.exportKeyingMaterial(48, 'EXPORTER-test', Buffer.from('context'))
    socket.end(material)
  })
  const client = run.connect({ port, ca: await ca() })
  await once(client, 'secureConnect')
  const own = client.exportKeyingMaterial(48, 'EXPORTER-test', Buffer.from('context'))
  const other = client.exportKeyingMaterial(48, 'EXPORTER-other', Buffer.from('context'))
  const [theirs] = await once(client, 'data')
  run.see('equal', own.equals(theirs), own.length)
  run.see('other label', own.equals(other))
})

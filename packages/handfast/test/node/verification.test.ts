/** Whether a peer is authorized, and the error where it is not: the codes and messages of node:tls. */
import { describe } from 'vitest'
import { authority, files, type IdentityName, intermediate, selfSigned } from './certificates.ts'
import { once, type Run, same } from './same.ts'

interface Case {
  readonly what: string
  readonly identity: IdentityName | 'selfSigned'
  readonly part?: 'leaf'
  readonly trust?: 'nothing' | 'default' | 'intermediate' | 'itself'
  readonly servername?: string
}

const cases: readonly Case[] = [
  { what: 'a good certificate', identity: 'good' },
  { what: 'a good RSA certificate', identity: 'rsa' },
  { what: 'a good Ed25519 certificate', identity: 'ed25519' },
  { what: 'a chain with an intermediate', identity: 'below' },
  { what: 'a missing intermediate', identity: 'below', part: 'leaf' },
  { what: 'an intermediate that is no authority', identity: 'belowNoAuthority' },
  { what: 'an intermediate below one that allows none', identity: 'tooFarBelow' },
  { what: 'an expired certificate', identity: 'expired' },
  { what: 'a certificate of the future', identity: 'future' },
  { what: 'an unknown authority', identity: 'stranger' },
  { what: 'an unknown authority of the same name', identity: 'impostor' },
  { what: 'an unknown authority, by default', identity: 'good', trust: 'default' },
  { what: 'nobody trusted', identity: 'good', trust: 'nothing' },
  { what: 'a chain whose root is unknown', identity: 'below', trust: 'default' },
  { what: 'only the intermediate given', identity: 'below', trust: 'intermediate' },
  { what: 'a self-signed certificate', identity: 'selfSigned' },
  { what: 'a self-signed certificate that is trusted', identity: 'selfSigned', trust: 'itself' },
  { what: 'an expired certificate of an unknown authority', identity: 'expired', trust: 'default' },
  { what: 'another name', identity: 'other' },
  { what: 'a name that a wildcard is for', identity: 'good', servername: 'a.example.test' },
  { what: 'a name below that', identity: 'good', servername: 'a.b.example.test' },
  { what: 'a name with a final dot', identity: 'good', servername: 'a.example.test.' },
  { what: 'an expired certificate for another name', identity: 'expired', servername: 'x.test' },
]

async function trusted(trust: Case['trust']): Promise<{ ca?: string | string[] }> {
  if (trust === 'default') return {}
  if (trust === 'nothing') return { ca: [] }
  if (trust === 'itself') return { ca: (await selfSigned()).cert }
  if (trust === 'intermediate') return { ca: (await intermediate()).certificate }
  return { ca: (await authority()).root }
}

async function connectTo(run: Run, { identity, part, trust, servername }: Case, options: object) {
  const own = identity === 'selfSigned' ? await selfSigned() : await files(identity, part)
  const port = await run.listen(own, (socket) => socket.end('hello'))
  const client = run.connect({
    port,
    ...(await trusted(trust)),
    ...(servername === undefined ? {} : { servername }),
    ...options,
  })
  return client
}

describe('a server is refused', () => {
  for (const test of cases)
    same(test.what, async (run) => {
      const client = await connectTo(run, test, {})
      run.watch('client', client, 'secureConnect', 'error', 'close')
      client.resume()
      await new Promise((resolve) => client.once('close', resolve))
      run.see('authorized', client.authorized, client.authorizationError)
    })
})

describe('a server is let through with rejectUnauthorized: false', () => {
  for (const test of cases)
    same(test.what, async (run) => {
      const client = await connectTo(run, test, { rejectUnauthorized: false })
      run.watch('client', client, 'secureConnect', 'error', 'close', 'data')
      await once(client, 'close')
      run.see('authorized', client.authorized, client.authorizationError)
    })
})

same('the certificate, and the chain up to the root', async (run) => {
  const client = await connectTo(run, cases[3]!, {})
  await once(client, 'secureConnect')
  const flat = client.getPeerCertificate()
  run.see('flat', { ...flat })
  const chain = []
  let at = client.getPeerCertificate(true)
  for (;;) {
    chain.push(at.subject.CN)
    if (at.issuerCertificate === undefined || at.issuerCertificate === at) break
    at = at.issuerCertificate
  }
  run.see('chain', chain)
  run.see('x509', client.getPeerX509Certificate()?.subject)
})

describe('checkServerIdentity', () => {
  for (const answer of ['accepts', 'refuses'])
    same(`that ${answer}`, async (run) => {
      const client = await connectTo(run, cases.find(({ identity }) => identity === 'other')!, {
        servername: 'something.test',
        checkServerIdentity: (
          hostname: string,
          cert: import('node:tls').DetailedPeerCertificate,
        ) => {
          run.see('asked', hostname, cert.subject.CN, cert.issuerCertificate?.subject.CN)
          if (answer === 'refuses')
            return Object.assign(new Error('I do not like it'), { code: 'MINE' })
          return undefined
        },
      })
      run.watch('client', client, 'secureConnect', 'error', 'close')
      client.resume()
      await new Promise((resolve) => client.once('close', resolve))
      run.see('authorized', client.authorized, client.authorizationError)
    })

  same('is not asked about a chain that is not accepted', async (run) => {
    const client = await connectTo(run, cases.find(({ identity }) => identity === 'stranger')!, {
      checkServerIdentity: () => run.see('asked', true),
    })
    run.watch('client', client, 'secureConnect', 'error', 'close')
    await new Promise((resolve) => client.once('close', resolve))
  })
})

describe('a client certificate', () => {
  const clients: readonly (IdentityName | 'none')[] = [
    'client',
    'strangeClient',
    'expiredClient',
    'none',
  ]
  for (const identity of clients)
    for (const rejectUnauthorized of [false, true]) {
      same(`${identity}, ${rejectUnauthorized ? 'required' : 'requested'}`, async (run) => {
        let settled: () => void
        const done = new Promise<void>((resolve) => {
          settled = resolve
        })
        const port = await run.listen(
          {
            ...(await files('good')),
            ca: (await authority()).root,
            requestCert: true,
            rejectUnauthorized,
          },
          (socket) => {
            run.see('server', socket.authorized, socket.authorizationError)
            run.see('peer', socket.getPeerCertificate()?.subject?.CN)
            socket.end('hello')
            settled()
          },
          (server) =>
            server.on('tlsClientError', () => {
              run.see('server', 'refused')
              settled()
            }),
        )
        const client = run.connect({
          port,
          ca: (await authority()).root,
          ...(identity === 'none' ? {} : await files(identity)),
        })
        client.on('error', () => {})
        client.resume()
        await done
      })
    }
})

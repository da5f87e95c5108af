/** The life of a connection as a program sees it: events in their order, data, properties. */
import * as nodeTls from 'node:tls'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once, Run, same, type Tls } from './same.ts'

same('a connection, from connect to close', async (run) => {
  const port = await run.listen(await files('good'), (socket) => {
    run.watch('server', socket, 'data', 'end', 'close', 'error')
    socket.on('data', (data) => socket.write(`you said ${data}`))
  })
  const client = run.connect({ port, ca: (await authority()).root })
  run.watch(
    'client',
    client,
    'connect',
    'ready',
    'secureConnect',
    'secure',
    'data',
    'end',
    'finish',
    'close',
    'error',
  )
  await once(client, 'secureConnect')
  client.write('hello')
  await once(client, 'data')
  client.end()
  await once(client, 'close')
})

same('what the ends know of the connection', async (run) => {
  const describe = (track: string, socket: import('node:tls').TLSSocket) =>
    run.see(track, {
      encrypted: socket.encrypted,
      authorized: socket.authorized,
      authorizationError: socket.authorizationError,
      alpnProtocol: socket.alpnProtocol,
      servername: (socket as unknown as { servername: unknown }).servername,
      protocol: socket.getProtocol(),
      version: socket.getCipher()?.version,
      reused: socket.isSessionReused(),
      connecting: socket.connecting,
      readyState: socket.readyState,
      family: socket.remoteFamily,
      remote: socket.remoteAddress,
      peer: socket.getPeerCertificate(),
      own: socket.getCertificate(),
      written: socket.bytesWritten,
    })
  const port = await run.listen(await files('good'), (socket) => {
    describe('server', socket)
    socket.end('bye')
  })
  const client = run.connect({ port, ca: (await authority()).root, servername: 'localhost' })
  describe('client before', client)
  await once(client, 'secureConnect')
  describe('client', client)
  client.resume()
  await once(client, 'close')
  run.see(
    'client after',
    client.getProtocol(),
    client.getCipher(),
    client.getPeerCertificate(),
    client.getCertificate(),
    client.getSession(),
    client.readyState,
    client.destroyed,
    client.bytesRead,
  )
})

same('writes before the connection is secure are kept', async (run) => {
  let received = ''
  const port = await run.listen(await files('good'), (socket) => {
    socket.on('data', (data) => {
      received += data
    })
    socket.on('end', () => run.see('server', received))
  })
  const client = run.connect({ port, ca: (await authority()).root })
  client.write('one ')
  client.write('two ')
  client.end('three')
  client.resume()
  await once(client, 'close')
})

same('a connection that the server ends at once', async (run) => {
  const port = await run.listen(await files('good'), (socket) => socket.end('only this'))
  const client = run.connect({ port, ca: (await authority()).root })
  run.watch('client', client, 'secureConnect', 'data', 'end', 'finish', 'close', 'error')
  await once(client, 'close')
})

same('a half-open connection', async (run) => {
  let received = ''
  const port = await run.listen(
    { ...(await files('good')), allowHalfOpen: true } as never,
    (socket) => {
      socket.on('data', (data) => {
        received += data
      })
      socket.on('end', () => {
        run.see('server', 'end after', received)
        socket.end('answer after your end')
      })
    },
  )
  const client = run.connect({ port, ca: (await authority()).root, allowHalfOpen: true } as never)
  run.watch('client', client, 'data', 'end', 'close', 'error')
  client.end('question')
  await once(client, 'close')
})

same('the keys, for SSLKEYLOGFILE', async (run) => {
  const lines: string[] = []
  const port = await run.listen(
    await files('good'),
    (socket) => socket.end(),
    (server) => server.on('keylog', (line) => lines.push(String(line))),
  )
  const client = run.connect({ port, ca: (await authority()).root })
  const own: string[] = []
  client.on('keylog', (line) => own.push(String(line)))
  client.resume()
  await once(client, 'close')
  run.see('equal', [...own].sort().join('') === [...lines].sort().join(''))
  run.see('labels', own.map((line) => line.split(' ')[0]).sort())
  run.see(
    'form',
    own.every((line) => /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,128}\n$/.test(line)),
  )
})

same(
  'renegotiation, which TLS 1.3 has not',
  async (run) => {
    const port = await run.listen(await files('good'))
    const client = run.connect({ port, ca: (await authority()).root })
    await once(client, 'secureConnect')
    const error = await new Promise((resolve) => {
      run.see('client', client.renegotiate({}, resolve))
    })
    run.see('client', error)
    client.destroy()
  },
  { versions: ['TLSv1.3'] },
)

describe('renegotiation in TLS 1.2, which this library refuses', () => {
  const refused = { code: 'ERR_SSL_NO_RENEGOTIATION', reason: 'no renegotiation' }
  const refusals: Readonly<Record<string, () => Promise<unknown>>> = {
    "a client's own": async () => {
      const run = new Run(handfast as unknown as Tls, nodeTls, 'TLSv1.2')
      const port = await run.listen(await files('good'))
      const client = run.connect({ port, ca: (await authority()).root })
      await once(client, 'secureConnect')
      const error = await new Promise((resolve) => client.renegotiate({}, resolve))
      run.cleanUp()
      return error
    },
    'that of a client of node:tls': async () => {
      const run = new Run(nodeTls, handfast as unknown as Tls, 'TLSv1.2')
      const port = await run.listen(await files('good'), (socket) => socket.on('error', () => {}))
      const client = run.connect({ port, ca: (await authority()).root })
      await once(client, 'secureConnect')
      const error = await new Promise((resolve) => {
        client.on('error', resolve)
        client.renegotiate({}, () => {})
      })
      run.cleanUp()
      return error
    },
  }
  for (const [what, refusal] of Object.entries(refusals))
    it(what, async () => expect(await refusal()).toMatchObject(refused))
})

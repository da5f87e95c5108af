/** The forms in which connect() and createServer() take their arguments, and what goes to the socket below. */
import { mkdtempSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { describe } from 'vitest'
import { authority, files } from './certificates.ts'
import { once, type Run, same } from './same.ts'

type Connect = (...args: unknown[]) => TLSSocket

/** Connects by `form`, and notes what came. */
async function by(
  run: Run,
  form: (connect: Connect, port: number, ca: string, done: () => void) => TLSSocket,
) {
  const port = await run.listen(await files('good'), (socket) => socket.end('hello'))
  const ca = (await authority()).root
  const connect = run.client.connect as unknown as Connect
  const client = form(connect, port, ca, () => run.see('client', 'callback'))
  run.watch('client', client, 'data', 'error', 'close')
  await once(client, 'close')
  run.see('address', client.authorized)
}

describe('connect', () => {
  same('(options, callback)', (run) =>
    by(run, (connect, port, ca, done) => connect({ port, host: '127.0.0.1', ca }, done)),
  )
  same('(options)', (run) =>
    by(run, (connect, port, ca) => connect({ port, host: '127.0.0.1', ca })),
  )
  same('(port, host, options, callback)', (run) =>
    by(run, (connect, port, ca, done) => connect(port, '127.0.0.1', { ca }, done)),
  )
  same('(port, options, callback)', (run) =>
    by(run, (connect, port, ca, done) => connect(port, { host: '127.0.0.1', ca }, done)),
  )
  same('(port as text, host, options)', (run) =>
    by(run, (connect, port, ca) => connect(String(port), '127.0.0.1', { ca })),
  )
  same('options go before arguments', (run) =>
    by(run, (connect, port, ca) => connect(1, '127.0.0.1', { port, ca })),
  )
  same('a localAddress', (run) =>
    by(run, (connect, port, ca) =>
      connect({
        port,
        host: '127.0.0.1',
        localAddress: '127.0.0.1',
        family: 4,
        noDelay: true,
        keepAlive: true,
        ca,
      }),
    ),
  )
  same('its own lookup', (run) =>
    by(run, (connect, port, ca) =>
      connect({
        port,
        host: 'a.example.test',
        servername: 'a.example.test',
        ca,
        lookup: (host: string, options: { all?: boolean }, done: (...args: unknown[]) => void) => {
          run.see('lookup', host)
          if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
          else done(null, '127.0.0.1', 4)
        },
      }),
    ),
  )
  same('a lookup that fails', async (run) => {
    const client = (run.client.connect as unknown as Connect)({
      port: 1,
      host: 'nobody.test',
      lookup: (_host: string, _options: object, done: (error: Error) => void) =>
        process.nextTick(done, Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })),
    })
    run.watch('client', client, 'error', 'close')
    await new Promise((resolve) => client.once('close', resolve))
  })
  same('a port that is none', async (run) => {
    try {
      run.client.connect({ port: 65_536 })
    } catch (error) {
      run.see('thrown', (error as { code?: string }).code)
    }
  })
  same('(path, options, callback)', async (run) => {
    const path = join(mkdtempSync(join(tmpdir(), 'handfast-')), 'socket')
    const server = run.server.createServer(
      { ...(await files('good')), minVersion: 'TLSv1.3' },
      (socket) => socket.end('hello'),
    )
    server.listen(path)
    await once(server, 'listening')
    const ca = (await authority()).root
    const client = (run.client.connect as unknown as Connect)(
      path,
      { ca, servername: 'localhost' },
      () => run.see('client', 'callback'),
    )
    run.watch('client', client, 'data', 'error', 'close')
    await once(client, 'close')
    server.close()
  })
})

describe('createServer', () => {
  for (const form of [
    '(options, listener)',
    '(options)',
    '(listener)',
    '()',
    'without new',
  ] as const)
    same(form, async (run) => {
      const options = { ...(await files('good')), minVersion: 'TLSv1.3' as const }
      const onSocket = (socket: TLSSocket) => socket.end('hello')
      const make = {
        '(options, listener)': () => run.server.createServer(options, onSocket),
        '(options)': () => run.server.createServer(options).on('secureConnection', onSocket),
        '(listener)': () => run.server.createServer(onSocket),
        '()': () => run.server.createServer(),
        'without new': () => new run.server.Server(options, onSocket),
      }[form]
      const server = make()
      run.see(
        'server',
        server instanceof run.server.Server,
        server.listenerCount('secureConnection'),
      )
      if (form === '(listener)' || form === '()') return
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const client = run.connect({
        port: (server.address() as AddressInfo).port,
        ca: (await authority()).root,
      })
      run.watch('client', client, 'data', 'error')
      await once(client, 'close')
      server.close()
    })
})

same('the passphrase of a key', async (run) => {
  const { cert, key } = await files('good')
  const { createPrivateKey } = await import('node:crypto')
  const locked = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  }) as string
  const works = (options: object) => {
    try {
      run.server.createSecureContext({ cert, ...options })
      return true
    } catch {
      return false
    }
  }
  run.see('right', works({ key: locked, passphrase: 'open sesame' }))
  run.see('wrong', works({ key: locked, passphrase: 'open barley' }))
  run.see('none', works({ key: locked }))
  run.see('object', works({ key: [{ pem: locked, passphrase: 'open sesame' }] }))
  run.see(
    'buffer',
    works({ key: Buffer.from(locked), cert: Buffer.from(cert), passphrase: 'open sesame' }),
  )
  run.see('sec1', works({ key: createPrivateKey(key).export({ type: 'sec1', format: 'pem' }) }))
})

same('an intermediate in ca completes the chain', async (run) => {
  const { intermediate } = await import('./certificates.ts')
  const { cert, key } = await files('below', 'leaf')
  const port = await run.listen({ cert, key, ca: (await intermediate()).certificate }, (socket) =>
    socket.end(),
  )
  const client = run.connect({ port, ca: (await authority()).root })
  run.watch('client', client, 'secureConnect', 'error')
  client.resume()
  await new Promise((resolve) => client.once('close', resolve))
})

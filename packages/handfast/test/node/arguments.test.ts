/** Wrong and unusual arguments: the errors of node:tls, or, where something is not supported, an error that says so. */
import { constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { unsupportedOptions } from '../../src/node/unsupported.ts'
import { authority, files } from './certificates.ts'
import { sameCall, type Tls } from './same.ts'

const context = (options: object) => (tls: Tls) => {
  tls.createSecureContext(options)
}

for (const [option, value] of [
  ['ca', 5],
  ['ca', [{}]],
  ['cert', 5],
  ['cert', {}],
  ['sessionIdContext', 5],
  ['sessionTimeout', 'x'],
  ['sessionTimeout', -1],
  ['sessionTimeout', 1.5],
  ['ticketKeys', 'x'],
  ['ticketKeys', new Uint8Array(47)],
  ['minVersion', 'TLSv9'],
  ['maxVersion', 'fhqwhgads'],
  ['secureProtocol', 'blargh'],
] as const)
  sameCall(
    `createSecureContext({ ${option}: ${JSON.stringify(value)} })`,
    context({ [option]: value }),
  )

sameCall(
  'minVersion and secureProtocol',
  context({ minVersion: 'TLSv1.3', secureProtocol: 'TLS_method' }),
)
sameCall(
  'maxVersion and secureProtocol',
  context({ maxVersion: 'TLSv1.3', secureProtocol: 'TLS_method' }),
)
sameCall('a context of nothing', context({}))
sameCall('a context of undefined', (tls) => {
  tls.createSecureContext(undefined)
})
sameCall(
  'nullish options',
  context({ ca: null, cert: undefined, key: null, ticketKeys: undefined }),
)

sameCall('a server with both ALPN options', (tls) => {
  tls.createServer({ ALPNProtocols: ['a'], ALPNCallback: () => 'a' } as never)
})
sameCall('a server of a number', (tls) => {
  tls.createServer(5 as never)
})
sameCall('a server with a text for its SNICallback', (tls) => {
  tls.createServer({ SNICallback: 'x' as never })
})
sameCall('a server with a text for its handshakeTimeout', (tls) => {
  tls.createServer({ handshakeTimeout: 'x' as never })
})
sameCall('addContext without a name', (tls) => {
  tls.createServer().addContext('', {})
})
sameCall('setTicketKeys of a text', (tls) => {
  tls.createServer().setTicketKeys('x' as never)
})
sameCall('the length of getTicketKeys', (tls) => tls.createServer().getTicketKeys().length)
sameCall('ticket keys are kept', (tls) => {
  const server = tls.createServer()
  server.setTicketKeys(Buffer.alloc(48, 7))
  return server.getTicketKeys().equals(Buffer.alloc(48, 7))
})
sameCall('setSecureContext of nothing', (tls) => {
  tls.createServer().setSecureContext(undefined as never)
})
sameCall('convertALPNProtocols', (tls) => {
  const out = {} as { ALPNProtocols: Buffer }
  const { convertALPNProtocols } = tls as unknown as {
    convertALPNProtocols: (protocols: unknown, out: object) => void
  }
  convertALPNProtocols(['h2', 'http/1.1'], out)
  return out.ALPNProtocols
})
sameCall('a protocol that is too long', (tls) => {
  const { convertALPNProtocols } = tls as unknown as {
    convertALPNProtocols: (protocols: unknown, out: object) => void
  }
  convertALPNProtocols(['h2', 'x'.repeat(256)], {})
})

const unconnected = (call: (socket: import('node:tls').TLSSocket) => unknown) => (tls: Tls) => {
  const socket = tls.connect({ port: 1, host: '127.0.0.1', lookup: () => {} } as never)
  socket.on('error', () => {})
  try {
    return call(socket)
  } finally {
    socket.destroy()
  }
}
sameCall(
  'exportKeyingMaterial too early',
  unconnected((socket) => socket.exportKeyingMaterial(1, 'x', Buffer.alloc(0))),
)
sameCall(
  'exportKeyingMaterial of a text',
  unconnected((socket) => socket.exportKeyingMaterial('x' as never, 'x', Buffer.alloc(0))),
)
sameCall(
  'exportKeyingMaterial of nothing',
  unconnected((socket) => socket.exportKeyingMaterial(0, 'x', Buffer.alloc(0))),
)
sameCall(
  'exportKeyingMaterial with a number for its label',
  unconnected((socket) => socket.exportKeyingMaterial(1, 5 as never, Buffer.alloc(0))),
)
sameCall(
  'setServername of a number',
  unconnected((socket) =>
    (socket as unknown as { setServername(name: unknown): void }).setServername(5),
  ),
)
sameCall(
  'setMaxSendFragment of a text',
  unconnected((socket) => socket.setMaxSendFragment('x' as never)),
)
sameCall(
  'setMaxSendFragment of what is too much',
  unconnected((socket) => socket.setMaxSendFragment(20_000)),
)
sameCall(
  'setMaxSendFragment of what is right',
  unconnected((socket) => socket.setMaxSendFragment(1000)),
)
sameCall(
  'renegotiate of nothing',
  unconnected((socket) => socket.renegotiate(undefined as never, () => {})),
)
sameCall(
  'setTimeout of a text',
  unconnected((socket) => socket.setTimeout('x' as never) === socket),
)
sameCall(
  'setTimeout of what is negative',
  unconnected((socket) => socket.setTimeout(-1) === socket),
)
sameCall(
  'setTimeout with a text for its callback',
  unconnected((socket) => socket.setTimeout(1, 'x' as never) === socket),
)
sameCall(
  'chaining',
  unconnected((socket) =>
    [
      socket.setTimeout(0),
      socket.setNoDelay(),
      socket.setKeepAlive(),
      socket.ref(),
      socket.unref(),
      socket.pause(),
      socket.resume(),
    ].every((result) => result === socket),
  ),
)
sameCall(
  'the state before it is connected',
  unconnected((socket) => [
    socket.readyState,
    socket.connecting,
    socket.pending,
    socket.encrypted,
    socket.authorized,
    socket.address(),
    socket.remoteAddress,
  ]),
)

// ── Differences, each with an error that says so ───────────────────────────────────────────────────────────────────

const thrown = (call: () => unknown): { code?: string; message: string } => {
  try {
    call()
  } catch (error) {
    return error as { code?: string; message: string }
  }
  throw new Error('nothing was thrown')
}

it('refuses what leaves no version that it speaks', () => {
  for (const options of [
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
    { secureProtocol: 'TLSv1_1_method' },
    { minVersion: 'TLSv1.3', secureOptions: 536_870_912 },
  ] as const) {
    const error = thrown(() => handfast.createSecureContext(options))
    expect(error.code).toBe('ERR_TLS_NO_SUPPORTED_VERSIONS_ENABLED')
    expect(error.message).toContain('TLSv1.2 and TLSv1.3')
  }
})

it('takes what allows a version that it speaks', () => {
  for (const options of [
    { minVersion: 'TLSv1' },
    { maxVersion: 'TLSv1.2' },
    { secureProtocol: 'TLSv1_2_method' },
    { secureOptions: 536_870_912 },
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
    { secureProtocol: 'TLS_method' },
    { secureProtocol: 'SSLv23_client_method' },
  ])
    expect(() => handfast.createSecureContext(options)).not.toThrow()
})

it('refuses each option that it does not support, by name', () => {
  for (const name of unsupportedOptions) {
    for (const call of [
      () => handfast.createSecureContext({ [name]: 'x' }),
      () => handfast.connect({ port: 1, [name]: 'x' }),
      () => handfast.createServer({ [name]: 'x' }),
    ]) {
      const error = thrown(call)
      expect(error.code).toBe('ERR_FEATURE_UNAVAILABLE')
      expect(error.message).toContain(`"${name}"`)
    }
  }
})

it('refuses secureOptions that it does not know', () => {
  expect(
    thrown(() =>
      handfast.createSecureContext({ secureOptions: constants.SSL_OP_NO_ENCRYPT_THEN_MAC }),
    ),
  ).toMatchObject({
    code: 'ERR_FEATURE_UNAVAILABLE',
  })
})

it('says which names it knows', () => {
  const error = thrown(() => handfast.createSecureContext({ groups: ['P-256', 'curve9000'] }))
  expect(error.code).toBe('ERR_INVALID_ARG_VALUE')
  expect(error.message).toContain('options.groups')
  expect(error.message).toContain('curve9000')
  expect(error.message).toContain('x25519')
})

it('says which option holds bad PEM, and what is wrong with it', async () => {
  const { cert, key } = await files('good')
  const { root } = await authority()
  const cases: readonly (readonly [object, string, string])[] = [
    [{ ca: 'x' }, 'ERR_OSSL_PEM_NO_START_LINE', 'options.ca holds no certificate'],
    [{ cert: key, key }, 'ERR_OSSL_PEM_NO_START_LINE', 'options.cert holds no certificate'],
    [
      { cert: cert.slice(0, 300), key },
      'ERR_OSSL_PEM_BAD_BASE64_DECODE',
      'options.cert cannot be read',
    ],
    [{ cert, key: 'x' }, 'ERR_OSSL_UNSUPPORTED', 'options.key cannot be read'],
    [{ cert }, 'ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'no key for it'],
    [
      { cert: root, key },
      'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
      'no key that belongs to the certificate',
    ],
  ]
  for (const [options, code, message] of cases) {
    const error = thrown(() => handfast.createSecureContext(options))
    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
  }
})

it('refuses a context of node:tls', async () => {
  const tls = await import('node:tls')
  const error = thrown(() =>
    handfast.connect({ port: 1, secureContext: tls.createSecureContext({}) as never }),
  )
  expect(error.code).toBe('ERR_TLS_INVALID_CONTEXT')
})

it('names the option where node:tls fails an assertion', () => {
  const error = thrown(() => handfast.connect({ port: 1, checkServerIdentity: 'x' as never }))
  expect(error.code).toBe('ERR_INVALID_ARG_TYPE')
  expect(error.message).toContain('options.checkServerIdentity')
})

it('has a default export, for `import tls from`', async () => {
  const module = await import('../../src/node/index.ts')
  expect(module.default.connect).toBe(module.connect)
  expect(module.default.DEFAULT_CIPHERS.split(':')).toContain('TLS_AES_128_GCM_SHA256')
})

it('documents what it does not support', () => {
  const text = readFileSync(new URL('../../../../docs/node.md', import.meta.url), 'utf8')
  const listed = /^Not supported[^:]*: ([^:]*)/m.exec(text)?.[1] ?? ''
  for (const name of unsupportedOptions) expect(listed).toContain(`\`${name}\``)
})

it('reads every certificate of ca at once', () => {
  const damaged = Buffer.from('30030101ff', 'hex')
  expect(thrown(() => handfast.createSecureContext({ ca: damaged }))).toMatchObject({
    code: 'ERR_OSSL_ASN1_WRONG_TAG',
    message: expect.stringContaining('options.ca'),
  })
})

it('refuses a transport that is no stream', () => {
  for (const call of [
    () => new handfast.TLSSocket(undefined as never),
    () => handfast.connect({ socket: {} as never }),
  ])
    expect(thrown(call)).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringContaining('"socket"'),
    })
})

/** What TLS 1.2 can do beside a plain handshake: versions, resumption, certificates, extensions, exporters. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeMessage, ServerHello } from '../../src/codec/messages.ts'
import { CertificateRequest12, ClientCertificateType } from '../../src/codec/messages12.ts'
import { HandshakeType } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import type { CertificateRequestInfo, ClientConfig, ServerConfig } from '../../src/config.ts'
import { nobleProvider } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  ClassicCipherSuiteId,
  certificateVerifier,
  memoryStore,
  NamedGroup,
  ProtocolVersion,
  parseSession,
  type ServerProtocol,
  type Session,
  serializeSession,
  sessionCache,
  statefulTickets,
  statelessTickets,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { annotate } from '../../src/trace/index.ts'
import {
  clientIdentity,
  eventsOf,
  exchange,
  identityFor,
  type Pair,
  serverIdentity,
  textOf,
  trust,
} from '../engine/pair.ts'
import { shapeMessages } from '../engine/shape.ts'
import { pair12 } from './pair12.ts'

const { TLS12, TLS13 } = ProtocolVersion
const both = { client: [tls13Client, tls12Client], server: [tls13Server, tls12Server] }
const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })

function connected(pair: Pair): Pair {
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
  pair.client.connection.write(Buffer.from('ping'))
  pair.server.connection.write(Buffer.from('pong'))
  exchange(pair)
  expect(textOf(pair.server)).toBe('ping')
  expect(textOf(pair.client)).toBe('pong')
  return pair
}

const infoOf = (pair: Pair) => pair.client.connection.info!
const tickets = () =>
  statelessTickets({
    crypto: nodeProvider,
    aead: nodeProvider.cipherSuites[0]!.aead,
    clock: Date.now,
  })

describe('one ClientHello offers both versions', () => {
  it.each([
    [TLS13, both.client, both.server],
    [TLS12, both.client, [tls12Server]],
    [TLS12, [tls12Client], both.server],
  ])('and the answer is %i', (version, client, server) => {
    const pair = connected(pair12({}, {}, { client, server }))
    expect(infoOf(pair).version).toBe(version)
    expect(pair.server.connection.info?.version).toBe(version)
    expect(pair.client.trace).toContainEqual(
      expect.objectContaining({ type: 'decision', what: 'version' }),
    )
  })

  it('or a configuration takes one away', () => {
    const pair = connected(pair12({ versions: [TLS12] }, {}, both))
    expect(infoOf(pair).version).toBe(TLS12)
    const hello = pair.client.trace.find((event) => event.type === 'message')!
    const names = annotate(hello).flatMap(({ children }) => children.map(({ value }) => value))
    expect(names).not.toContain('key_share')
    expect(names).not.toContain('supported_versions')
  })

  it('with a HelloRetryRequest between', () => {
    const server = { groups: [NamedGroup.secp384r1] }
    const pair = connected(pair12({}, server, both))
    expect(infoOf(pair)).toMatchObject({ version: TLS13, helloRetried: true })
  })

  it('and the compatibility session id is of no meaning to TLS 1.2', () => {
    const sessionIds = sessionCache({ crypto: nodeProvider, store: memoryStore(), clock: Date.now })
    const pair = connected(pair12({}, { sessionIds }, { ...both, server: [tls12Server] }))
    expect(infoOf(pair).resumed).toBe(false)
  })
})

describe('resumption', () => {
  const sessionIds = sessionCache({ crypto: nodeProvider, store: memoryStore(), clock: Date.now })
  const ways: [string, Partial<ServerConfig>][] = [
    ['by ticket', { tickets: tickets() }],
    ['by session id', { sessionIds }],
  ]

  describe.each(ways)('%s', (_, server) => {
    const first = (client: Partial<ClientConfig> = {}, more: Partial<ServerConfig> = {}) => {
      const pair = connected(pair12(client, { ...server, ...more }))
      const [event] = eventsOf(pair.client, 'session')
      expect(event).toBeDefined()
      return event!.session
    }

    it('takes no certificate, again and again', () => {
      const session = first()
      for (let i = 0; i < 3; i++) {
        const pair = connected(pair12({ session }, server))
        expect(infoOf(pair)).toMatchObject({ resumed: true, extendedMasterSecret: true })
        expect(infoOf(pair).peerCertificates).toEqual(serverIdentity.certificateChain)
        expect(pair.client.trace).not.toContainEqual(
          expect.objectContaining({ type: 'message', name: 'Certificate' }),
        )
      }
    })

    it('beside TLS 1.3', () => {
      const session = first()
      const pair = connected(pair12({ session }, server, { ...both, server: [tls12Server] }))
      expect(infoOf(pair)).toMatchObject({ version: TLS12, resumed: true })
    })

    it('gives way to TLS 1.3', () => {
      const pair = connected(pair12({ session: first() }, server, both))
      expect(infoOf(pair)).toMatchObject({ version: TLS13, resumed: false })
    })

    it('survives storage', () => {
      const session = parseSession(serializeSession(first()))
      expect(infoOf(connected(pair12({ session }, server))).resumed).toBe(true)
    })

    it('keeps the client certificate', () => {
      const clientAuthentication = { mode: 'require', verifyCertificate } as const
      const session = first({ identity: clientIdentity }, { clientAuthentication })
      const pair = connected(pair12({ session }, { ...server, clientAuthentication }))
      const { info } = pair.server.connection
      expect(info).toMatchObject({ resumed: true })
      expect(info?.peerCertificates).toEqual(clientIdentity.certificateChain)
      // A server that does not ask carries nobody's identity on.
      expect(infoOf(connected(pair12({ session }, server))).resumed).toBe(false)
    })

    it('without a client certificate, where a server only requests one', () => {
      const clientAuthentication = { mode: 'request', verifyCertificate } as const
      const session = first({}, { clientAuthentication })
      const again = (mode: 'request' | 'require') =>
        pair12({ session }, { ...server, clientAuthentication: { mode, verifyCertificate } })
      expect(infoOf(connected(again('request'))).resumed).toBe(true)
      const demanded = again('require')
      exchange(demanded)
      expect(demanded.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
    })

    const refusals: [string, Partial<ClientConfig>, Partial<ServerConfig>][] = [
      ['another server name', { serverName: '127.0.0.1' }, {}],
      [
        'another suite at the server',
        {},
        { cipherSuites: [ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] },
      ],
      [
        'another suite at the client',
        { cipherSuites: [ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] },
        {},
      ],
      ['another protocol', { alpnProtocols: ['h2'] }, { alpnProtocols: ['h2'] }],
      ['a later time', { clock: () => Date.now() + 2 * 86_400_000 }, {}],
      ['an earlier time', { clock: () => Date.now() - 1000 }, {}],
    ]
    it.each(refusals)('is not for %s', (_, client, more) => {
      const session = first()
      const pair = connected(pair12({ session, ...client }, { ...server, ...more }))
      expect(infoOf(pair).resumed).toBe(false)
    })

    it('is not asked for by a client that does not offer the protocol of the session', () => {
      const session = first({ alpnProtocols: ['h2'] }, { alpnProtocols: ['h2'] })
      const pair = pair12({ session, alpnProtocols: ['x'] }, { ...server, alpnProtocols: ['x'] })
      expect(infoOf(connected(pair)).resumed).toBe(false)
      expect(pair.client.trace).toContainEqual(
        expect.objectContaining({
          what: 'resumption',
          by: 'client',
          chosen: 'a full handshake',
          why: expect.stringContaining('application protocol'),
        }),
      )
    })

    it('refuses what a server knows better: name, suite and protocol of the session', () => {
      const session = first({ alpnProtocols: ['h2'] }, { alpnProtocols: ['h2'] })
      const sent = (changes: Partial<Session>, more: Partial<ClientConfig>) =>
        infoOf(
          connected(
            pair12(
              { session: { ...session, ...changes }, ...more },
              { ...server, alpnProtocols: ['h2', 'x'] },
            ),
          ),
        ).resumed
      expect(sent({}, { alpnProtocols: ['h2'] })).toBe(true)
      expect(sent({ alpnProtocol: 'x' }, { alpnProtocols: ['x'] })).toBe(false)
      expect(
        sent({ serverName: '127.0.0.1' }, { serverName: '127.0.0.1', alpnProtocols: ['h2'] }),
      ).toBe(false)
    })
  })

  it('renews a ticket that is used, and the session grows no older for it', () => {
    let now = Date.now()
    const clock = () => now
    const store = memoryStore()
    const server = {
      clock,
      tickets: statefulTickets({ crypto: nodeProvider, store, clock, lifetime: 1000 }),
    }
    const next = (session?: Session) => {
      const pair = connected(pair12({ clock, ...(session && { session }) }, server))
      return {
        resumed: infoOf(pair).resumed,
        session: eventsOf(pair.client, 'session')[0]!.session,
      }
    }
    const first = next()
    now += 600_000
    const second = next(first.session)
    expect(second.resumed).toBe(true)
    expect(second.session.ticket).not.toEqual(first.session.ticket)
    expect([first.session.lifetime, second.session.lifetime]).toEqual([1000, 400])
    now += 399_000
    expect(next(second.session).resumed).toBe(true)
    // A ticket of a store is good for one use.
    expect(next(second.session).resumed).toBe(false)
    const third = next(next().session)
    now += 1_000_000
    expect(next({ ...third.session, lifetime: 604_800 }).resumed).toBe(false)
  })

  it('needs extended_master_secret', () => {
    const shapeClientHello: ClientConfig['shapeClientHello'] = (hello) => ({
      ...hello,
      extensions: hello.extensions.filter(({ type }) => type !== 23),
    })
    const pair = connected(pair12({ shapeClientHello }, { tickets: tickets() }))
    expect(infoOf(pair).extendedMasterSecret).toBe(false)
    expect(eventsOf(pair.client, 'session')).toEqual([])
    expect(() => pair.client.connection.channelBinding('tls-unique')).toThrow('extended_master')
    expect(() => pair.client.connection.channelBinding()).toThrow('extended_master')
  })
})

describe('certificates', () => {
  it.each(['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-pss-2048', 'ed25519', 'ed448'] as const)(
    'of %s, of both sides',
    async (keyType) => {
      const options = { names: ['server.test'], keyType }
      const identity = await identityFor(options)
      const client = await identityFor({ ...options, client: true })
      const clientAuthentication = { mode: 'require', verifyCertificate } as const
      const pair = connected(pair12({ identity: client }, { identity, clientAuthentication }))
      expect(infoOf(pair).peerSignatureScheme).toBe(identity.signingKey.schemes[0])
      expect(pair.server.connection.info?.peerSignatureScheme).toBe(client.signingKey.schemes[0])
      expect(pair.server.connection.info?.verdict?.valid).toBe(true)
    },
  )

  it('may be missing where a server only requests one', () => {
    const clientAuthentication = { mode: 'request', verifyCertificate } as const
    const pair = connected(pair12({}, { clientAuthentication }))
    expect(pair.server.connection.info?.peerCertificates).toEqual([])
  })

  it('are asked for by type, and whoever picks one hears of fitting schemes only', () => {
    const asked: (readonly number[])[] = []
    const identity = (request: CertificateRequestInfo) => {
      asked.push(request.signatureSchemes)
      return clientIdentity
    }
    const clientAuthentication = { mode: 'request', verifyCertificate } as const
    const rsaOnly: ServerProtocol = {
      ...tls12Server,
      handshake(hs, ...rest) {
        shapeMessages(hs, (bytes) => {
          if (bytes[0] !== HandshakeType.certificate_request) return [bytes]
          const request = decode(CertificateRequest12, bytes.subarray(4))
          const changed = { ...request, certificateTypes: [ClientCertificateType.rsa_sign] }
          return [encodeMessage(bytes[0], CertificateRequest12, changed).bytes]
        })
        return tls12Server.handshake(hs, ...rest)
      },
    }
    const pair = connected(pair12({ identity }, { clientAuthentication }, { server: [rsaOnly] }))
    expect(pair.server.connection.info?.peerCertificates).toEqual([])
    connected(pair12({ identity }, { clientAuthentication }))
    expect(asked.map((schemes) => [schemes.includes(0x0403), schemes.includes(0x0804)])).toEqual([
      [false, true],
      [true, true],
    ])
  })

  it('of ECDSA sign with the hash that the other side wants', async () => {
    for (const crypto of [nodeProvider, nobleProvider]) {
      const identity = await identityFor({ names: ['server.test'] }, crypto)
      for (const scheme of [0x0503, 0x0603]) {
        const pair = connected(pair12({ signatureSchemes: [scheme] }, { identity, crypto }))
        expect(infoOf(pair).peerSignatureScheme).toBe(scheme)
      }
    }
    // TLS 1.3 binds the hash to the curve, and SHA-1 signs nothing.
    for (const [schemes, protocols] of [
      [[0x0503], both],
      [[0x0203], {}],
    ] as const) {
      const shapeClientHello: ClientConfig['shapeClientHello'] = (hello) => ({
        ...hello,
        extensions: hello.extensions.map((extension) =>
          extension.type === 13
            ? { type: 13, data: Uint8Array.of(0, 2, schemes[0] >> 8, 3) }
            : extension,
        ),
      })
      const pair = pair12({ shapeClientHello }, {}, protocols)
      exchange(pair)
      expect(pair.server.connection.error?.alert).toBe('handshake_failure')
    }
  })

  it('come with OCSP responses and timestamps', () => {
    const ocspResponse = Uint8Array.of(0x30, 0)
    const signedCertificateTimestamps = [new Uint8Array(60)]
    const identity = { ...serverIdentity, ocspResponse, signedCertificateTimestamps }
    expect(infoOf(connected(pair12({}, { identity })))).toMatchObject({
      ocspResponse,
      signedCertificateTimestamps,
    })
    const without = { requestOcsp: false, requestSignedCertificateTimestamps: false }
    expect(infoOf(connected(pair12(without, { identity }))).ocspResponse).toBeUndefined()
  })
})

it('a server may say its groups, though it has no place for them (RFC 8422 §5.2)', () => {
  const server: ServerProtocol = {
    ...tls12Server,
    handshake(hs, ...rest) {
      shapeMessages(hs, (bytes) => {
        if (bytes[0] !== HandshakeType.server_hello) return [bytes]
        const hello = decode(ServerHello, bytes.subarray(4))
        const groups = { type: 10, data: Uint8Array.of(0, 2, 0, 29) }
        const extensions = [...hello.extensions, groups]
        return [encodeMessage(bytes[0], ServerHello, { ...hello, extensions }).bytes]
      })
      return tls12Server.handshake(hs, ...rest)
    },
  }
  connected(pair12({}, {}, { server: [server] }))
})

describe('extensions', () => {
  it('ALPN', () => {
    const alpnProtocols = ['h2', 'http/1.1']
    const pair = connected(pair12({ alpnProtocols }, { alpnProtocols: ['http/1.1'] }))
    expect(infoOf(pair).alpnProtocol).toBe('http/1.1')
  })

  it.each([512, 1024, 2048, 4096])('max_fragment_length %i', (maxFragmentLength) => {
    const pair = connected(pair12({ maxFragmentLength }))
    pair.client.connection.write(new Uint8Array(10_000))
    pair.server.connection.write(new Uint8Array(10_000))
    exchange(pair)
    for (const end of [pair.client, pair.server]) {
      const lengths = eventsOf(end, 'data').map(({ data }) => data.length)
      expect(Math.max(...lengths)).toBe(maxFragmentLength)
    }
  })

  it('record_size_limit', () => {
    const pair = connected(pair12({ recordSizeLimit: 100 }, { recordSizeLimit: 200 }))
    pair.client.connection.write(new Uint8Array(1000))
    pair.server.connection.write(new Uint8Array(1000))
    exchange(pair)
    const most = (end: Pair['client']) =>
      Math.max(...eventsOf(end, 'data').map(({ data }) => data.length))
    expect(most(pair.client)).toBe(100)
    expect(most(pair.server)).toBe(200)
  })
})

describe('what an application takes', () => {
  it('the key log line, and keying material, are of the PRF that is written in RFC 5246', () => {
    const lines: string[] = []
    const pair = connected(
      pair12({
        keyLog: (line) => lines.push(line),
        cipherSuites: [ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
      }),
    )
    expect(lines).toHaveLength(1)
    const [, random, master] = /^CLIENT_RANDOM ([0-9a-f]{64}) ([0-9a-f]{96})$/.exec(lines[0]!)!
    const messages = pair.client.trace.filter((event) => event.type === 'message')
    const serverRandom = messages[1]!.bytes.subarray(6, 38)
    const seeds = (label: string, ...rest: Uint8Array[]) =>
      Buffer.concat([Buffer.from(label), Buffer.from(random!, 'hex'), serverRandom, ...rest])
    const secret = Buffer.from(master!, 'hex')
    const hmac = (data: Uint8Array) => createHmac('sha256', secret).update(data).digest()
    const prf = (seed: Buffer, length: number) => {
      let a: Buffer = seed
      let output = Buffer.alloc(0)
      while (output.length < length) {
        a = hmac(a)
        output = Buffer.concat([output, hmac(Buffer.concat([a, seed]))])
      }
      return output.subarray(0, length)
    }
    for (const { connection } of [pair.client, pair.server]) {
      const exported = connection.exportKeyingMaterial('EXPERIMENTAL x', undefined, 50)
      expect(Buffer.from(exported as Uint8Array)).toEqual(prf(seeds('EXPERIMENTAL x'), 50))
      const empty = connection.exportKeyingMaterial('EXPERIMENTAL x', new Uint8Array(0), 50)
      const withLength = prf(seeds('EXPERIMENTAL x', Buffer.alloc(2)), 50)
      expect(Buffer.from(empty as Uint8Array)).toEqual(withLength)
    }
  })

  it('channel bindings', () => {
    const service = tickets()
    const first = connected(pair12({}, { tickets: service }))
    const { session } = eventsOf(first.client, 'session')[0]!
    const resumed = connected(pair12({ session }, { tickets: service }))
    for (const [pair, whose] of [
      [first, 'client'],
      [resumed, 'server'],
    ] as const) {
      const { client, server } = pair
      for (const type of ['tls-exporter', 'tls-unique'] as const)
        expect(client.connection.channelBinding(type)).toEqual(
          server.connection.channelBinding(type),
        )
      // RFC 5929 §3.1: the first Finished, which a server sends in an abbreviated handshake.
      const finished = pair[whose].trace.find(
        (event) =>
          event.type === 'message' && event.name === 'Finished' && event.direction === 'sent',
      )
      expect(finished?.type === 'message' && finished.bytes.subarray(4)).toEqual(
        client.connection.channelBinding('tls-unique'),
      )
    }
    const { client } = connected(pair12({}, {}, both))
    expect(() => client.connection.channelBinding('tls-unique')).toThrow('no tls-unique')
    expect(client.connection.channelBinding()).toHaveLength(32)
  })

  it('no KeyUpdate', () => {
    const { client } = connected(pair12())
    expect(() => client.connection.updateKeys()).toThrow('Only TLS 1.3')
    expect(client.connection.error).toBeUndefined()
  })

  it('a trace that tells how the keys came about', () => {
    const pair = connected(pair12({ traceSecrets: true }))
    const steps = pair.client.trace.filter((event) => event.type === 'keySchedule')
    expect(steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['master_secret', 'key_block', 'client_write_key', 'verify_data']),
    )
    expect(steps[0]).toMatchObject({
      name: 'master_secret',
      operation: 'PRF',
      label: 'extended master secret',
      from: ['premaster_secret'],
      length: 48,
    })
    expect(steps[0]!.transcript).toEqual([
      ...['ClientHello', 'ServerHello', 'Certificate', 'ServerKeyExchange', 'ServerHelloDone'],
      'ClientKeyExchange',
    ])
    for (const event of pair.client.trace) {
      const leaves = (fields: ReturnType<typeof annotate>): string[] =>
        fields.flatMap((field) =>
          field.children.length === 0 ? [field.problem ?? ''] : leaves(field.children),
        )
      expect(leaves(annotate(event)).join('')).toBe('')
    }
  })
})

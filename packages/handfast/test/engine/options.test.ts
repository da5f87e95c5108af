/** What a caller can set, and what it is told when that cannot be. */
import { describe, expect, it } from 'vitest'
import { CipherSuiteId, ExtensionType, NamedGroup } from '../../src/codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { certificateVerifier, clientConnection, serverConnection } from '../../src/index.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { bytes } from './hostile/expected.ts'
import {
  authority,
  clientConfig,
  clientIdentity,
  collect,
  type End,
  exchange,
  identityFor,
  type Pair,
  pairOf,
  serverConfig,
  serverIdentity,
  textOf,
  trust,
} from './pair.ts'
import { lateWorld } from './worlds.ts'

const text = (value: string) => new TextEncoder().encode(value)

function connected(...configs: Parameters<typeof pairOf>): Pair {
  const pair = pairOf(...configs)
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  return pair
}

const sent = ({ trace }: End) =>
  trace.flatMap((event) => (event.type === 'record' && event.direction === 'sent' ? [event] : []))

describe('an option that cannot be', () => {
  const atOnce: readonly [string, Partial<ClientConfig & ServerConfig>][] = [
    ['maxSendFragment of 0', { maxSendFragment: 0 }],
    ['maxSendFragment of more than 2^14', { maxSendFragment: 16_385 }],
    ['maxSendFragment that is no number', { maxSendFragment: Number.NaN }],
    ['recordSizeLimit of 63', { recordSizeLimit: 63 }],
    ['recordSizeLimit of 16386', { recordSizeLimit: 16_386 }],
    ['keyUpdateAfterRecords of 0', { keyUpdateAfterRecords: 0 }],
    ['ticketCount of 256', { ticketCount: 256 }],
    ['versions that are not provided', { versions: [0x0300] }],
    ['no versions', { versions: [] }],
    ['no suites', { cipherSuites: [] }],
    ['only suites of another version', { versions: [0x0303], cipherSuites: [0x1301] }],
  ]
  for (const [what, config] of atOnce)
    it(`${what} is refused when the connection is made`, () => {
      const configuration = expect.objectContaining({ name: 'ConfigurationError', blame: 'caller' })
      expect(() => clientConnection(clientConfig(config))).toThrow(configuration)
      expect(() => serverConnection(serverConfig(config))).toThrow(configuration)
    })

  it('is refused from onClientHello too, and the client told internal_error', () => {
    const pair = pairOf({}, { onClientHello: () => ({ recordSizeLimit: 1 }) })
    exchange(pair)
    expect(pair.server.connection.error).toMatchObject({
      code: 'ERR_CONFIGURATION',
      blame: 'caller',
    })
    expect(pair.client.connection.error?.received).toBe('internal_error')
  })

  const later: readonly [string, Partial<ClientConfig>, RegExp][] = [
    ['a suite that the provider lacks', { cipherSuites: [0x1306] }, /0x1306 is not among what/],
    ['a group that the provider lacks', { groups: [0x7777] }, /0x7777 is not among what/],
    ['no groups', { groups: [] }, /No NamedGroup is enabled/],
    [
      'a scheme that the provider lacks',
      { signatureSchemes: [0x7777] },
      /0x7777 is not among what/,
    ],
    [
      'a scheme for certificates that the provider lacks',
      { certificateSignatureSchemes: [0x7777] },
      /0x7777 is not among what/,
    ],
    [
      'a share of a group that is not enabled',
      { groups: [NamedGroup.x25519], keyShares: [NamedGroup.secp256r1] },
      /not among the enabled groups/,
    ],
    ['an empty protocol', { alpnProtocols: ['h2', ''] }, /1 to 255 bytes/],
    ['a protocol of 256 bytes', { alpnProtocols: ['x'.repeat(256)] }, /1 to 255 bytes/],
    ['a name with a space', { serverName: 'a b' }, /not a DNS name/],
    ['a name that is no A-label', { serverName: 'bücher.test' }, /not a DNS name/],
    ['a name of 254 bytes', { serverName: 'a'.repeat(254) }, /not a DNS name/],
  ]
  for (const [what, config, message] of later)
    it(`${what}: nothing is sent but an alert`, () => {
      const connection = clientConnection(clientConfig(config))
      expect(connection.nextEvent()).toMatchObject({ type: 'failed' })
      expect(connection.error).toMatchObject({ code: 'ERR_CONFIGURATION', blame: 'caller' })
      expect(connection.error?.message).toMatch(message)
      expect(connection.takeOutput().map((record) => [...record])).toEqual([
        [21, 3, 3, 0, 2, 2, 80],
      ])
    })
})

describe('records', () => {
  it('hold no more than maxSendFragment', () => {
    const { client, server } = connected({ maxSendFragment: 100 })
    client.connection.write(new Uint8Array(1000))
    exchange({ client, server })
    expect(Math.max(...sent(client).map(({ content }) => content.length))).toBe(100)
    expect(textOf(server)).toHaveLength(1000)
  })

  it('hold no more than what the peer wants to receive, padding and type included', () => {
    for (const [limits, largest] of [
      [
        [64, 500],
        [499, 63],
      ],
      [
        [16_385, 16_385],
        [16_384, 16_384],
      ],
    ] as const) {
      const pair = connected(
        { recordSizeLimit: limits[0], recordPadding: () => 1000 },
        { recordSizeLimit: limits[1], recordPadding: () => 1000 },
      )
      pair.client.connection.write(new Uint8Array(40_000))
      pair.server.connection.write(new Uint8Array(40_000))
      exchange(pair)
      for (const [i, end] of [pair.client, pair.server].entries()) {
        const application = sent(end).filter(({ protection }) => protection === 'application')
        const most = Math.max(
          ...application.map(({ content, padding }) => content.length + padding),
        )
        expect(most).toBe(largest[i])
      }
      expect(textOf(pair.client)).toHaveLength(40_000)
      expect(textOf(pair.server)).toHaveLength(40_000)
    }
  })

  it('are padded as the caller says, as far as they can be', () => {
    for (const wanted of [0, 7, 1.5, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { client, server } = connected({ recordPadding: () => wanted })
      client.connection.write(text('ping'))
      exchange({ client, server })
      expect(textOf(server), `${wanted}`).toBe('ping')
    }
  })

  it('change their keys after every record, if that is what the caller wants', () => {
    const { client, server } = connected({ keyUpdateAfterRecords: 1 })
    for (let i = 0; i < 5; i++) client.connection.write(text(`${i}`))
    exchange({ client, server })
    expect(textOf(server)).toBe('01234')
  })
})

describe('the ClientHello', () => {
  const helloOf = (config: Partial<ClientConfig>) => {
    const connection = clientConnection(clientConfig(config))
    connection.nextEvent()
    return connection.takeOutput()[0]!.subarray(5)
  }

  it('is padded to the length that is wanted', () => {
    const plain = helloOf({ groups: [NamedGroup.x25519] }).length
    for (const length of [plain - 1, plain])
      expect(helloOf({ groups: [NamedGroup.x25519], padClientHelloTo: length })).toHaveLength(plain)
    for (const length of [plain + 4, plain + 100, 1000])
      expect(helloOf({ groups: [NamedGroup.x25519], padClientHelloTo: length })).toHaveLength(
        length,
      )
    // An extension has four bytes at the least.
    expect(helloOf({ groups: [NamedGroup.x25519], padClientHelloTo: plain + 1 })).toHaveLength(
      plain + 4,
    )
  })

  it('names no address, and no dot at the end of a name', () => {
    const names = (serverName: string) =>
      Buffer.from(helloOf({ serverName })).includes(serverName.replace(/\.$/, ''))
    expect(names('server.test')).toBe(true)
    expect(names('server.test.')).toBe(true)
    expect(Buffer.from(helloOf({ serverName: 'server.test.' })).includes('server.test.')).toBe(
      false,
    )
    expect(names('127.0.0.1')).toBe(false)
    expect(names('2001:db8::1')).toBe(false)
  })

  it('tells the authorities that the client trusts', () => {
    const name = bytes(0x30, 0)
    const { server } = connected({ certificateAuthorities: [name] })
    const hello = server.trace.find(
      (event) => event.type === 'message' && event.name === 'ClientHello',
    ) as Extract<TraceEvent, { type: 'message' }>
    const extension = bytes(0, ExtensionType.certificate_authorities, 0, 6, 0, 4, 0, 2, ...name)
    expect(Buffer.from(hello.bytes).includes(Buffer.from(extension))).toBe(true)
  })

  it('sends no share where none is wanted', () => {
    const { client } = connected({ keyShares: [] })
    expect(client.connection.info?.helloRetried).toBe(true)
  })
})

describe('a server', () => {
  it('takes its own order, or the client’s', () => {
    const client = {
      cipherSuites: [
        CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256,
        CipherSuiteId.TLS_AES_256_GCM_SHA384,
      ],
      groups: [NamedGroup.secp384r1, NamedGroup.x25519],
      keyShares: [NamedGroup.secp384r1, NamedGroup.x25519],
    }
    expect(connected(client).client.connection.info).toMatchObject({
      cipherSuiteName: 'TLS_AES_256_GCM_SHA384',
      groupName: 'x25519',
    })
    expect(connected(client, { honorClientOrder: true }).client.connection.info).toMatchObject({
      cipherSuiteName: 'TLS_CHACHA20_POLY1305_SHA256',
      groupName: 'secp384r1',
    })
  })

  it('staples what its identity has, where the client asks for it', () => {
    const ocspResponse = bytes(0x30, 3, 10, 1, 6)
    const signedCertificateTimestamps = [bytes(1, 2, 3), bytes(4)]
    const identity = { ...serverIdentity, ocspResponse, signedCertificateTimestamps }
    expect(connected({}, { identity }).client.connection.info).toMatchObject({
      ocspResponse,
      signedCertificateTimestamps,
    })
    const without = { requestOcsp: false, requestSignedCertificateTimestamps: false }
    expect(connected(without, { identity }).client.connection.info).toMatchObject({
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
    })
  })

  it('shows the certificate of the name that is asked for', async () => {
    const other = await identityFor({ names: ['other.test'] })
    const info = connected({ serverName: 'other.test' }, { identity: [serverIdentity, other] })
      .client.connection.info
    expect(info?.peerCertificates).toEqual(other.certificateChain)
  })

  it('tells its clients the authorities that it trusts', () => {
    const names = [bytes(0x30, 0)]
    let asked: readonly Uint8Array[] = []
    connected(
      {
        identity: (request) => {
          asked = request.certificateAuthorities
          return clientIdentity
        },
      },
      {
        clientAuthentication: {
          mode: 'require',
          verifyCertificate: certificateVerifier({ crypto: nodeProvider, trust }),
          certificateAuthorities: names,
        },
      },
    )
    expect(asked).toEqual(names)
    expect(authority.certificateDer.length).toBeGreaterThan(0)
  })
})

describe('keying material for the application', () => {
  const context = text('context')

  it('has the length that is asked for, as far as HKDF goes', () => {
    const { client, server } = connected()
    for (const length of [1, 32, 33, 8160]) {
      const ours = client.connection.exportKeyingMaterial('EXPERIMENTAL', context, length)
      expect(ours).toHaveLength(length)
      expect(ours).toEqual(server.connection.exportKeyingMaterial('EXPERIMENTAL', context, length))
    }
    for (const length of [0, -1, 1.5, 8161, 65_536, Number.NaN])
      expect(() => client.connection.exportKeyingMaterial('EXPERIMENTAL', context, length)).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_EXPORT', blame: 'caller' }),
      )
    for (const label of ['', 'x'.repeat(250)])
      expect(() => client.connection.exportKeyingMaterial(label, context, 32)).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_EXPORT', blame: 'caller' }),
      )
    expect(client.connection.error).toBeUndefined()
  })

  it('is not made of a secret that was forgotten', () => {
    const pair = connected()
    pair.client.connection.close()
    pair.server.connection.close()
    exchange(pair)
    for (const end of [pair.client, pair.server]) {
      collect(end)
      expect(end.connection.error).toBeUndefined()
      expect(() => end.connection.exportKeyingMaterial('EXPERIMENTAL', context, 32)).toThrow(
        expect.objectContaining({ code: 'ERR_CLOSED' }),
      )
    }
  })

  it('is not made of a secret that is forgotten meanwhile', async () => {
    const world = lateWorld(1)
    const pair = pairOf({ crypto: world.crypto }, { crypto: world.crypto })
    await world.settle(pair)
    const theirs = pair.server.connection.exportKeyingMaterial('EXPERIMENTAL', context, 32)
    const ours = pair.client.connection.exportKeyingMaterial('EXPERIMENTAL', context, 32)
    pair.client.connection.destroy()
    while (world.answers.waiting > 0) await world.answers.release()
    expect(await ours).toEqual(await theirs)
  })
})

it('alerts are whole, however small the fragments (RFC 8446 §5.1)', () => {
  for (const refuse of [false, true]) {
    const { client, server } = pairOf(
      { maxSendFragment: 1, ...(refuse && { alpnProtocols: ['x'] }) },
      { maxSendFragment: 1, ...(refuse && { alpnProtocols: ['y'] }) },
    )
    exchange({ client, server })
    client.connection.close()
    exchange({ client, server })
    const alerts = [...sent(client), ...sent(server)].filter(
      ({ innerType }) => innerType === 'alert',
    )
    expect(alerts.map(({ content }) => content.length)).toEqual([2])
  }
})

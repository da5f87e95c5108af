/** What a hostile peer, or somebody on the path, does in a handshake of TLS 1.2, and the alert that answers it. */
import { afterAll, describe, expect, it } from 'vitest'
import type { RawExtension } from '../../src/codec/extension.ts'
import { CertificateStatus } from '../../src/codec/extensions/status_request.ts'
import { type ClientHello, encodeMessage, Finished, ServerHello } from '../../src/codec/messages.ts'
import {
  Certificate12,
  CertificateVerify12,
  ClientKeyExchangeDHE,
  ClientKeyExchangeECDHE,
  ClientKeyExchangePSK,
  ClientKeyExchangeRSA,
  ServerDHParams,
  ServerECDHParams,
  ServerKeyExchangeDHE,
  ServerKeyExchangeECDHE,
} from '../../src/codec/messages12.ts'
import { HandshakeType, NamedGroup, ExtensionType as Type } from '../../src/codec/registry.ts'
import { decode, encode, type Wire } from '../../src/codec/wire.ts'
import type { ClientConfig, Identity, ServerConfig } from '../../src/config.ts'
import { ffdhe2048Parameters } from '../../src/crypto/ffdhe.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import type { TlsError } from '../../src/errors.ts'
import type { HandshakeContext } from '../../src/handshake/context.ts'
import {
  type ClientProtocol,
  certificateVerifier,
  dangerousAcceptAnyCertificate,
  type ServerProtocol,
  ClassicCipherSuiteId as Suite,
  statelessTickets,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { failureSites } from '../engine/hostile/sources.ts'
import {
  clientIdentity,
  eventsOf,
  exchange,
  identityFor,
  type Pair,
  serverIdentity,
  trust,
} from '../engine/pair.ts'
import { shapeMessages } from '../engine/shape.ts'
import { client12, pair12, server12 } from './pair12.ts'

const reached: TlsError[] = []
const rsaIdentity = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
const ed25519Identity = await identityFor({ names: ['server.test'], keyType: 'ed25519' })
const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
const tickets = statelessTickets({
  crypto: nodeProvider,
  aead: nodeProvider.cipherSuites[0]!.aead,
  clock: Date.now,
})

type Changes = Readonly<
  Record<number, (bytes: Uint8Array, hs: HandshakeContext) => Uint8Array | readonly Uint8Array[]>
>

/** Lets `changes` see each message of a type before it is hashed and sent. */
function shaped(hs: HandshakeContext, changes: Changes): void {
  shapeMessages(hs, (bytes) => {
    const changed = changes[bytes[0]!]?.(bytes, hs) ?? bytes
    return changed instanceof Uint8Array ? [changed] : changed
  })
}

function hostileServer(changes: Changes): ServerProtocol {
  return {
    ...tls12Server,
    handshake(hs, ...rest) {
      shaped(hs, changes)
      return tls12Server.handshake(hs, ...rest)
    },
  }
}

function hostileClient(changes: Changes): ClientProtocol {
  return {
    ...tls12Client,
    handshake(hs, ...rest) {
      shaped(hs, changes)
      return tls12Client.handshake(hs, ...rest)
    },
  }
}

/** A change of a message by its structure. */
function changed<T>(wire: Wire<T>, change: (value: T) => T) {
  return (bytes: Uint8Array) =>
    encodeMessage(bytes[0]!, wire, change(decode(wire, bytes.subarray(4)))).bytes
}

const hello = (change: (hello: ServerHello) => Partial<ServerHello>) => ({
  [HandshakeType.server_hello]: changed(ServerHello, (value) => ({ ...value, ...change(value) })),
})
const withExtension = (type: number, data: readonly number[] = []) =>
  hello(({ extensions }) => ({
    extensions: [
      ...extensions.filter((extension) => extension.type !== type),
      { type, data: Uint8Array.from(data) },
    ],
  }))
const without = (extensions: readonly RawExtension[], ...types: number[]) =>
  extensions.filter(({ type }) => !types.includes(type))

/** The server's random, which a ServerKeyExchange signs. */
const randoms = new WeakMap<HandshakeContext, Uint8Array>()
const remember = {
  [HandshakeType.server_hello]: (bytes: Uint8Array, hs: HandshakeContext) => {
    randoms.set(hs, bytes.subarray(6, 38))
    return bytes
  },
}
const signed = (identity: Identity, scheme: number, hs: HandshakeContext, params: Uint8Array) => ({
  algorithm: scheme,
  signature: identity.signingKey.sign(
    scheme,
    Buffer.concat([hs.clientRandom, randoms.get(hs)!, params]),
  ) as Uint8Array,
})
/** A ServerKeyExchange with other parameters, properly signed. */
const ecdhe = (change: Partial<ServerECDHParams>): Changes => ({
  ...remember,
  [HandshakeType.server_key_exchange]: (bytes, hs) => {
    const value = decode(ServerKeyExchangeECDHE, bytes.subarray(4))
    const params = { ...value.params, ...change }
    const signedParams = signed(serverIdentity, 0x0403, hs, encode(ServerECDHParams, params))
    return encodeMessage(bytes[0]!, ServerKeyExchangeECDHE, { params, signedParams }).bytes
  },
})
const dhe = (change: (params: ServerDHParams) => Partial<ServerDHParams>): Changes => ({
  ...remember,
  [HandshakeType.server_key_exchange]: (bytes, hs) => {
    const value = decode(ServerKeyExchangeDHE, bytes.subarray(4))
    const params = { ...value.params, ...change(value.params) }
    const signedParams = signed(rsaIdentity, 0x0804, hs, encode(ServerDHParams, params))
    return encodeMessage(bytes[0]!, ServerKeyExchangeDHE, { params, signedParams }).bytes
  },
})
const flipLast = (bytes: Uint8Array) => {
  const copy = bytes.slice()
  copy[copy.length - 1]! ^= 1
  return copy
}
const number = (length: number, first: number, last: number) => {
  const bytes = new Uint8Array(length)
  bytes[0] = first
  bytes[length - 1]! |= last
  return bytes
}
const prime = Uint8Array.from(Buffer.from(ffdhe2048Parameters.primeHex, 'hex'))
const primeLess1 = Uint8Array.from([...prime.subarray(0, -1), prime.at(-1)! - 1])
const offCurve = Uint8Array.from([4, ...new Uint8Array(64).fill(7)])

const dheConfig = { cipherSuites: [Suite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256] }
const rsaConfig = { cipherSuites: [Suite.TLS_RSA_WITH_AES_128_GCM_SHA256] }
const psk = { identity: Uint8Array.of(1), key: Uint8Array.of(2, 3) }
const pskConfig = { cipherSuites: [Suite.TLS_PSK_WITH_AES_128_GCM_SHA256] }

/** Says that the point of a key on P-256 has a form that does not exist. */
function withoutPoint(certificate: Uint8Array): Uint8Array {
  const copy = Buffer.from(certificate)
  copy[copy.indexOf(Buffer.from([3, 0x42, 0, 4])) + 3] = 5
  return copy
}

interface Case {
  readonly client?: Partial<ClientConfig>
  readonly server?: Partial<ServerConfig>
  readonly changes?: Changes
  readonly expected: readonly [code: string, alert: string | undefined]
}

function expectFailure(pair: Pair, victim: 'client' | 'server', [code, alert]: Case['expected']) {
  const { error } = pair[victim].connection
  expect(error, 'no error').toBeDefined()
  reached.push(error!)
  expect([error!.code, error!.alert], error!.message).toEqual([code, alert])
  if (alert === undefined) return
  const other = pair[victim === 'client' ? 'server' : 'client']
  expect(other.trace).toContainEqual(
    expect.objectContaining({ type: 'alert', direction: 'received', description: alert }),
  )
}

const illegal = ['ERR_ILLEGAL_PARAMETER', 'illegal_parameter'] as const
const unexpected = ['ERR_UNEXPECTED_MESSAGE', 'unexpected_message'] as const
const badShare = ['ERR_BAD_KEY_SHARE', 'illegal_parameter'] as const
const weak = (alert: string) => ['ERR_INSUFFICIENT_SECURITY', alert] as const
const badMac = ['ERR_BAD_RECORD_MAC', 'bad_record_mac'] as const

const toClients: Readonly<Record<string, Case>> = {
  'a certificate on a curve that was not offered': {
    client: { groups: [NamedGroup.x25519] },
    server: { identity: ed25519Identity },
    changes: {
      [HandshakeType.certificate]: changed(Certificate12, () => ({
        certificateList: [...serverIdentity.certificateChain],
      })),
    },
    expected: ['ERR_CERTIFICATE_REFUSED', 'illegal_parameter'],
  },
  'more bytes behind ServerHelloDone in its record': {
    changes: { [HandshakeType.server_hello_done]: (bytes) => Uint8Array.of(...bytes, 4, 0, 0) },
    expected: unexpected,
  },
  compression: { changes: hello(() => ({ legacyCompressionMethod: 1 })), expected: illegal },
  'a suite that was not offered': {
    changes: hello(() => ({ cipherSuite: Suite.TLS_RSA_WITH_AES_128_CBC_SHA })),
    expected: illegal,
  },
  'a suite of TLS 1.3': { changes: hello(() => ({ cipherSuite: 0x1301 })), expected: illegal },
  'an extension that was not asked for': {
    changes: withExtension(Type.max_fragment_length, [1]),
    expected: ['ERR_UNSOLICITED_EXTENSION', 'unsupported_extension'],
  },
  'an extension that has no place here': {
    changes: withExtension(Type.signature_algorithms, [0, 2, 4, 3]),
    expected: illegal,
  },
  'another max_fragment_length': {
    client: { maxFragmentLength: 512 },
    changes: withExtension(Type.max_fragment_length, [2]),
    expected: illegal,
  },
  'a record_size_limit of 63': {
    client: { recordSizeLimit: 1000 },
    changes: withExtension(Type.record_size_limit, [0, 63]),
    expected: illegal,
  },
  'a renegotiation_info that is not empty': {
    changes: withExtension(Type.renegotiation_info, [1, 7]),
    expected: ['ERR_ILLEGAL_PARAMETER', 'handshake_failure'],
  },
  'no renegotiation_info, where it is required': {
    client: { requireSecureRenegotiation: true },
    changes: hello(({ extensions }) => ({
      extensions: without(extensions, Type.renegotiation_info),
    })),
    expected: weak('handshake_failure'),
  },
  'no extended_master_secret, where it is required': {
    client: { requireExtendedMasterSecret: true },
    changes: hello(({ extensions }) => ({
      extensions: without(extensions, Type.extended_master_secret),
    })),
    expected: weak('handshake_failure'),
  },
  'encrypt_then_mac for an AEAD': {
    client: {
      cipherSuites: [
        Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        Suite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
      ],
    },
    changes: withExtension(Type.encrypt_then_mac),
    expected: illegal,
  },
  'no uncompressed points': {
    changes: withExtension(Type.ec_point_formats, [1, 1]),
    expected: illegal,
  },
  'a session id as if it resumed': {
    // The session id of TLS 1.3's compatibility mode stands for no session.
    changes: hello(() => ({ legacySessionIdEcho: new Uint8Array(32).fill(9) })),
    client: {
      shapeClientHello: (value: ClientHello) => ({
        ...value,
        legacySessionId: new Uint8Array(32).fill(9),
      }),
    },
    expected: illegal,
  },
  'no certificate at all': {
    changes: {
      [HandshakeType.certificate]: changed(Certificate12, () => ({ certificateList: [] })),
    },
    expected: ['ERR_DECODE', 'decode_error'],
  },
  'more certificates than anybody needs': {
    changes: {
      [HandshakeType.certificate]: changed(Certificate12, ({ certificateList: [leaf] }) => ({
        certificateList: Array(17).fill(leaf!),
      })),
    },
    expected: ['ERR_TOO_MUCH', 'bad_certificate'],
  },
  'a certificate whose key is no point, and that nobody judges': {
    client: { verifyCertificate: dangerousAcceptAnyCertificate },
    changes: {
      [HandshakeType.certificate]: changed(Certificate12, ({ certificateList: [leaf] }) => ({
        certificateList: [withoutPoint(leaf!)],
      })),
    },
    expected: ['ERR_CERTIFICATE_REFUSED', 'bad_certificate'],
  },
  'a certificate whose key does not fit the suite': {
    changes: {
      [HandshakeType.certificate]: changed(Certificate12, () => ({
        certificateList: [...rsaIdentity.certificateChain],
      })),
    },
    expected: ['ERR_CERTIFICATE_REFUSED', 'unsupported_certificate'],
  },
  'a CertificateStatus of no type': {
    server: { identity: { ...serverIdentity, ocspResponse: Uint8Array.of(1) } },
    changes: {
      [HandshakeType.certificate_status]: changed(CertificateStatus, (value) => ({
        ...value,
        statusType: 2,
      })),
    },
    expected: ['ERR_DECODE', 'decode_error'],
  },
  'no ServerKeyExchange': {
    changes: { [HandshakeType.server_key_exchange]: () => [] },
    expected: unexpected,
  },
  'a ServerKeyExchange for RSA': {
    client: rsaConfig,
    server: { ...rsaConfig, identity: rsaIdentity },
    changes: {
      [HandshakeType.server_hello_done]: (bytes) => [
        encodeMessage(HandshakeType.server_key_exchange, ServerKeyExchangeECDHE, {
          params: { curveType: 3, namedCurve: 29, public: new Uint8Array(32) },
          signedParams: { algorithm: 0x0804, signature: new Uint8Array(256) },
        }).bytes,
        bytes,
      ],
    },
    expected: unexpected,
  },
  'a curve that was not offered': { changes: ecdhe({ namedCurve: 25 }), expected: illegal },
  'a curve by its parameters': { changes: ecdhe({ curveType: 1 }), expected: illegal },
  'a hybrid group of TLS 1.3': { changes: ecdhe({ namedCurve: 0x11ec }), expected: illegal },
  'a point off the curve': {
    changes: ecdhe({ namedCurve: 23, public: offCurve }),
    expected: badShare,
  },
  'a point of low order': {
    changes: ecdhe({ namedCurve: 29, public: new Uint8Array(32) }),
    expected: badShare,
  },
  'a signature over other randoms': {
    changes: {
      [HandshakeType.server_hello]: (bytes, hs) => {
        randoms.set(hs, new Uint8Array(32))
        return bytes
      },
      [HandshakeType.server_key_exchange]:
        ecdhe({})[HandshakeType.server_key_exchange] ?? (() => []),
    },
    expected: ['ERR_BAD_SIGNATURE', 'decrypt_error'],
  },
  'a signature scheme that was not offered': {
    client: { signatureSchemes: [0x0403] },
    changes: {
      [HandshakeType.server_key_exchange]: changed(ServerKeyExchangeECDHE, (value) => ({
        ...value,
        signedParams: { ...value.signedParams, algorithm: 0x0503 },
      })),
    },
    expected: illegal,
  },
  'a signature scheme of SHA-1': {
    changes: {
      [HandshakeType.server_key_exchange]: changed(ServerKeyExchangeECDHE, (value) => ({
        ...value,
        signedParams: { ...value.signedParams, algorithm: 0x0203 },
      })),
    },
    expected: illegal,
  },
  'a signature scheme of another kind of key': {
    changes: {
      [HandshakeType.server_key_exchange]: changed(ServerKeyExchangeECDHE, (value) => ({
        ...value,
        signedParams: { ...value.signedParams, algorithm: 0x0804 },
      })),
    },
    expected: illegal,
  },
  'a wrong Finished': {
    changes: { [HandshakeType.finished]: flipLast },
    expected: ['ERR_BAD_FINISHED', 'decrypt_error'],
  },
  'a short Finished': {
    changes: {
      [HandshakeType.finished]: changed(Finished, ({ verifyData }) => ({
        verifyData: verifyData.subarray(1),
      })),
    },
    expected: ['ERR_DECODE', 'decode_error'],
  },
  'a finite field of 1024 bits': {
    changes: dhe(() => ({ dhP: number(128, 0x80, 1), dhYs: number(128, 0x40, 1) })),
    expected: weak('insufficient_security'),
  },
  'a finite field of 2047 bits': {
    changes: dhe(() => ({ dhP: number(256, 0x7f, 1), dhYs: number(256, 0x40, 1) })),
    expected: weak('insufficient_security'),
  },
  'a finite field of 16384 bits': {
    changes: dhe(() => ({ dhP: number(2048, 0x80, 1), dhYs: number(256, 0x40, 1) })),
    expected: badShare,
  },
  'an even prime': {
    changes: dhe(() => ({ dhP: number(256, 0x80, 2), dhYs: number(256, 0x40, 1) })),
    expected: badShare,
  },
  'a generator of 1': { changes: dhe(() => ({ dhG: Uint8Array.of(1) })), expected: badShare },
  'a public key of 0': { changes: dhe(() => ({ dhYs: Uint8Array.of(0) })), expected: badShare },
  'a public key of 1': { changes: dhe(() => ({ dhYs: Uint8Array.of(1) })), expected: badShare },
  'a public key of p - 1': { changes: dhe(() => ({ dhYs: primeLess1 })), expected: badShare },
  'a public key of p': { changes: dhe(() => ({ dhYs: prime })), expected: badShare },
}

describe('a client is sent', () => {
  it.each(Object.entries(toClients))('%s', (name, { client, server, changes, expected }) => {
    const isDhe = /finite field|prime|generator|public key/.test(name)
    const forDhe = isDhe ? dheConfig : {}
    const pair = pair12(
      { ...forDhe, ...client },
      { ...forDhe, ...(isDhe ? { identity: rsaIdentity } : {}), ...server },
      { server: [hostileServer(changes ?? {})] },
    )
    exchange(pair)
    expectFailure(pair, 'client', expected)
  })
})

const hideVersions = (record: Uint8Array) => {
  // supported_versions under a number that nobody knows: what an attacker on the path can do to the offer.
  const copy = Buffer.from(record)
  const at = copy.indexOf(Buffer.from([0x00, 0x2b, 0x00]))
  copy[at] = 0x7f
  return copy
}
const changeCipherSpec = Uint8Array.of(20, 3, 3, 0, 1, 1)

describe('on the path', () => {
  it('TLS 1.3 is taken out of the offer: the sentinel shows it', () => {
    const protocols = {
      client: [tls13Client, tls12Client],
      server: [tls13Server, tls12Server],
    }
    const pair = pair12({ grease: false }, {}, protocols)
    let first = true
    exchange(pair, (from, record) => {
      if (from === 'server' || !first) return [record]
      first = false
      return [hideVersions(record)]
    })
    expectFailure(pair, 'client', ['ERR_DOWNGRADE', 'illegal_parameter'])
  })

  it('a client falls back, and says so', () => {
    const shapeClientHello: ClientConfig['shapeClientHello'] = (value) => ({
      ...value,
      cipherSuites: [...value.cipherSuites, 0x5600],
    })
    const expected = ['ERR_INAPPROPRIATE_FALLBACK', 'inappropriate_fallback'] as const
    const pair = pair12({ shapeClientHello }, {}, { server: [tls13Server, tls12Server] })
    exchange(pair)
    expectFailure(pair, 'server', expected)
    const fine = pair12({ shapeClientHello })
    exchange(fine)
    expect(fine.client.connection.info?.version).toBe(0x0303)
  })

  it.each([
    ['with TLS 1.2 alone', [tls12Client]],
    ['with both versions', [tls13Client, tls12Client]],
  ])('a change_cipher_spec comes before the ServerHello, %s', (_, client) => {
    const pair = pair12({}, {}, { client })
    let first = true
    exchange(pair, (from, record) => {
      if (from === 'client' || !first) return [record]
      first = false
      return [changeCipherSpec, record]
    })
    expectFailure(pair, 'client', unexpected)
  })

  const moves: [
    string,
    'client' | 'server',
    (record: Uint8Array) => Uint8Array[],
    Case['expected'],
  ][] = [
    ['is left out', 'client', () => [], unexpected],
    ['is left out', 'server', () => [], unexpected],
    ['comes twice', 'client', (record) => [record, record], badMac],
    ['comes twice', 'server', (record) => [record, record], badMac],
    ['has another value', 'client', () => [Uint8Array.of(20, 3, 3, 0, 1, 2)], unexpected],
    ['is two bytes', 'server', () => [Uint8Array.of(20, 3, 3, 0, 2, 1, 1)], unexpected],
  ]
  it.each(moves)('a change_cipher_spec %s, of the %s', (_, sender, move, expected) => {
    const pair = pair12()
    exchange(pair, (from, record) =>
      from === sender && record[0] === 20 ? move(record) : [record],
    )
    expectFailure(pair, sender === 'client' ? 'server' : 'client', expected)
  })

  it('a change_cipher_spec comes before the ClientKeyExchange', () => {
    const pair = pair12()
    let records = 0
    exchange(pair, (from, record) =>
      from === 'client' && ++records === 2 ? [changeCipherSpec, record] : [record],
    )
    expectFailure(pair, 'server', unexpected)
  })

  it.each(['client', 'server'] as const)('a record of the %s is changed', (sender) => {
    const pair = pair12()
    exchange(pair)
    pair[sender].connection.write(Uint8Array.of(1, 2, 3))
    exchange(pair, (from, record) => [from === sender ? flipLast(record) : record])
    expectFailure(pair, sender === 'client' ? 'server' : 'client', badMac)
  })

  it('a record comes again', () => {
    const pair = pair12()
    exchange(pair)
    pair.client.connection.write(Uint8Array.of(1, 2, 3))
    exchange(pair, (_, record) => [record, record])
    expectFailure(pair, 'server', badMac)
  })

  it('a warning of a name that is not known changes nothing; one of something else ends it', () => {
    const warned = (description: number) => {
      const pair = pair12()
      let first = true
      exchange(pair, (from, record) => {
        if (from === 'client' || !first) return [record]
        first = false
        return [Uint8Array.of(21, 3, 3, 0, 2, 1, description), record]
      })
      return pair.client.connection
    }
    expect(warned(112).info?.version).toBe(0x0303)
    expect(warned(40).error?.code).toBe('ERR_ALERT_RECEIVED')
  })
})

it('a warning that TLS 1.2 passes over ends a connection of TLS 1.3', () => {
  let theirs: HandshakeContext | undefined
  const server: ServerProtocol = {
    ...tls13Server,
    handshake(hs, ...rest) {
      theirs = hs
      return tls13Server.handshake(hs, ...rest)
    },
  }
  const pair = pair12({}, {}, { client: [tls13Client, tls12Client], server: [server] })
  exchange(pair)
  expect(pair.client.connection.info?.version).toBe(0x0304)
  theirs?.warn(112)
  exchange(pair)
  expect(pair.client.connection.error).toMatchObject({ received: 'unrecognized_name' })
})

const resumedPair = (changes: Changes, shapeClientHello?: ClientConfig['shapeClientHello']) => {
  const first = pair12({}, { tickets })
  exchange(first)
  const { session } = eventsOf(first.client, 'session')[0]!
  return pair12(
    { session, ...(shapeClientHello && { shapeClientHello }) },
    { tickets },
    { server: [hostileServer(changes)] },
  )
}

describe('a resumption', () => {
  it('without extended_master_secret is refused by the client', () => {
    const pair = resumedPair(
      hello(({ extensions }) => ({ extensions: without(extensions, Type.extended_master_secret) })),
    )
    exchange(pair)
    expectFailure(pair, 'client', weak('handshake_failure'))
  })

  it('without extended_master_secret is refused by the server', () => {
    const pair = resumedPair({}, (value) => ({
      ...value,
      extensions: without(value.extensions, Type.extended_master_secret),
    }))
    exchange(pair)
    expectFailure(pair, 'server', weak('handshake_failure'))
  })

  it('with another suite is refused', () => {
    const pair = resumedPair(
      hello(() => ({ cipherSuite: Suite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 })),
    )
    exchange(pair)
    expectFailure(pair, 'client', illegal)
  })

  it('with a wrong secret fails', () => {
    const first = pair12({}, { tickets })
    exchange(first)
    const { session } = eventsOf(first.client, 'session')[0]!
    const pair = pair12({ session: { ...session, psk: new Uint8Array(48) } }, { tickets })
    exchange(pair)
    expectFailure(pair, 'client', badMac)
  })
})

const shapedHello = (
  change: (value: ClientHello) => Partial<ClientHello>,
): Partial<ClientConfig> => ({
  shapeClientHello: (value) => ({ ...value, ...change(value) }),
})
const offering = (type: number, data: readonly number[]) =>
  shapedHello(({ extensions }) => ({
    extensions: [...without(extensions, type), { type, data: Uint8Array.from(data) }],
  }))
const mutual = {
  client: { identity: clientIdentity },
  server: { clientAuthentication: { mode: 'require', verifyCertificate } as const },
}

const toServers: Readonly<Record<string, Case>> = {
  'no null compression': {
    client: shapedHello(() => ({ legacyCompressionMethods: Uint8Array.of(1) })),
    expected: illegal,
  },
  'no uncompressed points': { client: offering(Type.ec_point_formats, [1, 1]), expected: illegal },
  'a renegotiation_info that is not empty': {
    client: offering(Type.renegotiation_info, [1, 7]),
    expected: ['ERR_ILLEGAL_PARAMETER', 'handshake_failure'],
  },
  'no renegotiation_info, where it is required': {
    client: shapedHello(({ extensions }) => ({
      extensions: without(extensions, Type.renegotiation_info),
    })),
    server: { requireSecureRenegotiation: true },
    expected: weak('handshake_failure'),
  },
  'no extended_master_secret, where it is required': {
    client: shapedHello(({ extensions }) => ({
      extensions: without(extensions, Type.extended_master_secret),
    })),
    server: { requireExtendedMasterSecret: true },
    expected: weak('handshake_failure'),
  },
  'a max_fragment_length that does not exist': {
    client: offering(Type.max_fragment_length, [5]),
    expected: illegal,
  },
  'suites that are not enabled': {
    client: dheConfig,
    expected: ['ERR_NO_COMMON_CIPHER_SUITE', 'handshake_failure'],
  },
  'suites that go with no certificate': {
    client: rsaConfig,
    server: rsaConfig,
    expected: ['ERR_NO_COMMON_CIPHER_SUITE', 'handshake_failure'],
  },
  'no signature algorithms': {
    client: shapedHello(({ extensions }) => ({
      extensions: without(extensions, Type.signature_algorithms),
    })),
    expected: ['ERR_NO_COMMON_CIPHER_SUITE', 'handshake_failure'],
  },
  'a name that has no certificate': {
    server: { identity: () => undefined },
    expected: ['ERR_UNRECOGNIZED_NAME', 'unrecognized_name'],
  },
  'a point off the curve': {
    server: { groups: [23] },
    changes: {
      [HandshakeType.client_key_exchange]: changed(ClientKeyExchangeECDHE, () => ({
        ecdhYc: offCurve,
      })),
    },
    expected: badShare,
  },
  'a point of low order': {
    changes: {
      [HandshakeType.client_key_exchange]: changed(ClientKeyExchangeECDHE, () => ({
        ecdhYc: new Uint8Array(32),
      })),
    },
    expected: badShare,
  },
  ...Object.fromEntries(
    [Uint8Array.of(0), Uint8Array.of(1), primeLess1, prime, new Uint8Array(257).fill(1)].map(
      (dhYc, i) => [
        `a bad public key of DHE (${i})`,
        {
          client: dheConfig,
          server: { ...dheConfig, identity: rsaIdentity },
          changes: {
            [HandshakeType.client_key_exchange]: changed(ClientKeyExchangeDHE, () => ({ dhYc })),
          },
          expected: badShare,
        } satisfies Case,
      ],
    ),
  ),
  'no certificate, where one is required': {
    server: mutual.server,
    expected: ['ERR_CERTIFICATE_REQUIRED', 'handshake_failure'],
  },
  'a certificate without its CertificateVerify': {
    ...mutual,
    changes: { [HandshakeType.certificate_verify]: () => [] },
    expected: unexpected,
  },
  'a CertificateVerify of something else': {
    ...mutual,
    changes: { [HandshakeType.certificate_verify]: flipLast },
    expected: ['ERR_BAD_SIGNATURE', 'decrypt_error'],
  },
  'a CertificateVerify with a scheme that was not offered': {
    ...mutual,
    changes: {
      [HandshakeType.certificate_verify]: changed(CertificateVerify12, (value) => ({
        ...value,
        algorithm: 0x0203,
      })),
    },
    expected: illegal,
  },
  'a certificate that nobody asked for': {
    changes: {
      [HandshakeType.client_key_exchange]: (bytes) => [
        encodeMessage(HandshakeType.certificate, Certificate12, { certificateList: [] }).bytes,
        bytes,
      ],
    },
    expected: unexpected,
  },
  'a wrong Finished': {
    changes: { [HandshakeType.finished]: flipLast },
    expected: ['ERR_BAD_FINISHED', 'decrypt_error'],
  },
  'an identity that has no key': {
    client: { ...pskConfig, preSharedKey: () => psk },
    server: { ...pskConfig, findPreSharedKey: () => undefined },
    changes: {
      [HandshakeType.client_key_exchange]: changed(ClientKeyExchangePSK, (value) => value),
    },
    expected: ['ERR_UNKNOWN_PSK_IDENTITY', 'unknown_psk_identity'],
  },
  'another key of the same identity': {
    client: { ...pskConfig, preSharedKey: () => psk },
    server: { ...pskConfig, findPreSharedKey: () => Uint8Array.of(7) },
    expected: badMac,
  },
}

describe('a server is sent', () => {
  it.each(Object.entries(toServers))('%s', (_, { client, server, changes, expected }) => {
    const pair = pair12(client, server, { client: [hostileClient(changes ?? {})] })
    exchange(pair)
    expectFailure(pair, 'server', expected)
  })
})

describe('RSA key transport gives no oracle (Bleichenbacher, ROBOT, Marvin)', () => {
  const { signingKey, certificateChain } = rsaIdentity
  const encrypt = async (message: Uint8Array) => {
    const { X509Certificate } = await import('node:crypto')
    const spki = new X509Certificate(certificateChain[0]!).publicKey
    return nodeProvider.rsaEncrypt?.(
      new Uint8Array(spki.export({ format: 'der', type: 'spki' })),
      message,
    ) as Uint8Array
  }
  const premaster = Uint8Array.from({ length: 48 }, (_, i) => (i < 2 ? 3 : i))
  const badOnes: [string, () => Promise<Uint8Array>][] = [
    ['a padding that is none', async () => new Uint8Array(256).fill(1)],
    ['zeros', async () => new Uint8Array(256)],
    ['a number above the modulus', async () => new Uint8Array(256).fill(0xff)],
    ['too few bytes', async () => new Uint8Array(255).fill(1)],
    ['too many bytes', async () => new Uint8Array(257).fill(1)],
    ['no bytes', async () => new Uint8Array(0)],
    ['a secret of 47 bytes', () => encrypt(premaster.subarray(1))],
    ['a secret of 49 bytes', () => encrypt(Uint8Array.of(3, ...premaster))],
    ['an empty secret', () => encrypt(new Uint8Array(0))],
    ['another version', () => encrypt(Uint8Array.from([3, 2, ...premaster.subarray(2)]))],
    ['a good one, of another secret', () => encrypt(premaster)],
  ]

  it.each(badOnes)('%s: the same steps, the same alert', async (_, make) => {
    const encryptedPreMasterSecret = await make()
    const changes = {
      [HandshakeType.client_key_exchange]: changed(ClientKeyExchangeRSA, () => ({
        encryptedPreMasterSecret,
      })),
    }
    const server = { ...rsaConfig, identity: rsaIdentity }
    const pair = pair12(rsaConfig, server, { client: [hostileClient(changes)] })
    exchange(pair)
    expectFailure(pair, 'server', badMac)
    const steps = pair.server.trace.map((event) =>
      event.type === 'state' ? event.step : event.type === 'keySchedule' ? event.name : event.type,
    )
    expect(steps.slice(-9)).toMatchInlineSnapshot(`
      [
        "client_write_iv",
        "server_write_iv",
        "waiting for ChangeCipherSpec",
        "record",
        "keys",
        "waiting for Finished",
        "alert",
        "record",
        "failure",
      ]
    `)
  })

  it.each(badOnes.slice(0, -1))('%s: 48 other bytes', async (_, make) => {
    const otherwise = new Uint8Array(48).fill(0xaa)
    const answer = signingKey.decryptPremaster?.(await make(), 0x0303, otherwise)
    expect(answer).toEqual(otherwise)
  })

  it('a good one is decrypted', async () => {
    const otherwise = new Uint8Array(48)
    const answer = signingKey.decryptPremaster?.(await encrypt(premaster), 0x0303, otherwise)
    expect(answer).toEqual(premaster)
  })
})

describe('after the handshake', () => {
  const ask = (hs: HandshakeContext, times: number, type: number) => {
    for (let i = 0; i < times; i++) hs.sendMessage({ type, bytes: Uint8Array.of(type, 0, 0, 0) })
    hs.flush()
  }
  const started = () => {
    const contexts: Partial<Record<'client' | 'server', HandshakeContext>> = {}
    const client: ClientProtocol = {
      ...tls12Client,
      handshake(hs, ...rest) {
        contexts.client = hs
        return tls12Client.handshake(hs, ...rest)
      },
    }
    const server: ServerProtocol = {
      ...tls12Server,
      handshake(hs, ...rest) {
        contexts.server = hs
        return tls12Server.handshake(hs, ...rest)
      },
    }
    const pair = pair12({}, {}, { client: [client], server: [server] })
    exchange(pair)
    return { pair, client: contexts.client!, server: contexts.server! }
  }

  it.each([
    ['server', HandshakeType.hello_request, 'client'],
    ['client', HandshakeType.client_hello, 'server'],
  ] as const)(
    'a renegotiation that the %s asks for is refused with a warning',
    (asker, type, refuser) => {
      const { pair, ...contexts } = started()
      ask(contexts[asker], 2, type)
      exchange(pair)
      const alerts = pair[asker].trace.filter((event) => event.type === 'alert')
      expect(alerts.map(({ level, description }) => [level, description])).toEqual([
        ['warning', 'no_renegotiation'],
        ['warning', 'no_renegotiation'],
      ])
      pair.client.connection.write(Uint8Array.of(1))
      exchange(pair)
      expect(eventsOf(pair.server, 'data')).toHaveLength(1)
      ask(contexts[asker], 10, type)
      exchange(pair)
      expect(pair[refuser].connection.error).toMatchObject({ code: 'ERR_TOO_MUCH' })
      reached.push(pair[refuser].connection.error!)
    },
  )

  it('a record holds more than there may be in one', () => {
    const { pair, client } = started()
    client.records.maxFragment = 17_000
    pair.client.connection.write(new Uint8Array(17_000))
    exchange(pair)
    expectFailure(pair, 'server', ['ERR_RECORD_OVERFLOW', 'record_overflow'])
  })

  it('any other message is out of place', () => {
    const { pair, client } = started()
    ask(client, 1, HandshakeType.key_update)
    exchange(pair)
    expectFailure(pair, 'server', unexpected)
  })
})

it('keys that have protected as many records as they may end the connection', () => {
  const limited = (crypto: CryptoProvider, confidentialityLimit: number): CryptoProvider => ({
    ...crypto,
    classicCipherSuites: (crypto.classicCipherSuites ?? []).map((suite) =>
      suite.protection.kind === 'block'
        ? suite
        : {
            ...suite,
            protection: {
              ...suite.protection,
              aead: { ...suite.protection.aead, confidentialityLimit },
            },
          },
    ),
  })
  const pair = pair12({ crypto: limited(nodeProvider, 3) })
  exchange(pair)
  // Finished was the first.
  for (let i = 0; i < 3; i++) pair.client.connection.write(Uint8Array.of(i))
  exchange(pair)
  reached.push(pair.client.connection.error!)
  expect(pair.client.connection.error).toMatchObject({
    code: 'ERR_KEYS_EXHAUSTED',
    message: 'The keys have protected 3 records, and this version cannot change them',
  })
  expect(Buffer.concat(eventsOf(pair.server, 'data').map(({ data }) => data))).toEqual(
    Buffer.from([0, 1]),
  )
  expect(pair.server.connection.error?.received).toBe('internal_error')
})

it('a client without a key for the hint is the one at fault', () => {
  const pair = pair12(
    { ...pskConfig, preSharedKey: () => undefined },
    { ...pskConfig, findPreSharedKey: () => psk.key },
  )
  exchange(pair)
  expect(pair.client.connection.error).toMatchObject({ code: 'ERR_CONFIGURATION', blame: 'caller' })
})

it('a keeper of keys may answer with the bytes that it was given', () => {
  const signingKey = {
    ...rsaIdentity.signingKey,
    decryptPremaster: (_: Uint8Array, __: number, otherwise: Uint8Array) => otherwise,
  }
  const secrets: string[] = []
  const keyLog = (line: string) => secrets.push(line)
  const server = { ...rsaConfig, identity: { ...rsaIdentity, signingKey }, keyLog }
  const runs = [1, 2].map(() => {
    const pair = pair12(rsaConfig, { ...server, traceSecrets: true })
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_BAD_RECORD_MAC')
    return pair
  })
  expect(runs).toHaveLength(2)
  expect(new Set(secrets.map((line) => line.split(' ')[2])).size).toBe(2)
})

it('maxFragmentLength is one of four', () => {
  const { connection } = client12({ maxFragmentLength: 1000 })
  expect(connection.nextEvent()).toMatchObject({
    error: { code: 'ERR_CONFIGURATION', blame: 'caller' },
  })
  expect(server12().connection.error).toBeUndefined()
})

/** What no test here reaches, by its message, and why. */
const notReached = [
  // The test authority issues no certificate with such a keyUsage.
  'keyUsage has no',
  // A provider that refuses a key that is one of RSA, and in range.
  'cannot encrypt a premaster secret',
]

afterAll(() => {
  const sites = failureSites((file) => file.endsWith('12.ts'))
  const missing = sites.filter(
    ({ code, pattern }) =>
      !notReached.some((text) => pattern.source.includes(text)) &&
      !reached.some((error) => error.code === code && pattern.test(error.message)),
  )
  expect(missing.map(({ file, line, pattern }) => `${file}:${line} ${pattern}`)).toEqual([])
})

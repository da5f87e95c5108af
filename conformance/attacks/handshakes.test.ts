/** Attacks on negotiation, key exchange and resumption. The list is in list.ts. */
import { describe, expect, it } from 'vitest'
import { ServerKeyExchangeDHE } from '../../packages/handfast/src/codec/messages12.ts'
import { CipherSuiteId, ExtensionType } from '../../packages/handfast/src/codec/registry.ts'
import { decode } from '../../packages/handfast/src/codec/wire.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import {
  ClassicCipherSuiteId,
  certificateVerifier,
  clientConnection,
  memoryStore,
  NamedGroup,
  type Session,
  sessionCache,
  statelessTickets,
  tls12Client,
  tls12Server,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { replacing, run, without } from '../../packages/handfast/test/engine/hostile/peer.ts'
import {
  clientConfig,
  clientIdentity,
  eventsOf,
  exchange,
  identityFor,
  pairOf,
  trust,
} from '../../packages/handfast/test/engine/pair.ts'
import { pair12 } from '../../packages/handfast/test/tls12/pair12.ts'

const aead = nodeProvider.cipherSuites[0]!.aead
const newTickets = () => statelessTickets({ crypto: nodeProvider, aead, clock: Date.now })
const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
const sessionsOf = (pair: ReturnType<typeof pairOf>): readonly Session[] =>
  eventsOf(pair.client, 'session').map(({ session }) => session)

describe('randomness', () => {
  it('CVE-2020-11501: each random of each hello is fresh', () => {
    const randoms = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const pair = i % 2 === 0 ? pairOf() : pair12()
      exchange(pair, (_, record) => {
        const type = record[5]
        if (record[0] === 22 && (type === 1 || type === 2))
          randoms.add(Buffer.from(record.subarray(11, 43)).toString('hex'))
        return [record]
      })
    }
    expect(randoms.size).toBe(80)
    expect(randoms).not.toContain('00'.repeat(32))
  })

  it('CVE-2022-30629: no ticket_age_add says anything of another', () => {
    const seen: number[] = []
    while (seen.length < 64) {
      const pair = pairOf({}, { tickets: newTickets(), ticketCount: 4 })
      exchange(pair)
      seen.push(...sessionsOf(pair).map(({ ageAdd }) => ageAdd))
    }
    expect(new Set(seen).size).toBe(seen.length)
    // Each of the 32 bits is set in some and clear in others.
    expect(seen.reduce((all, value) => (all | value) >>> 0, 0)).toBe(0xffff_ffff)
    expect(seen.reduce((all, value) => (all & value) >>> 0, 0xffff_ffff)).toBe(0)
  })

  it('CVE-2020-13777: the first ticket key is no key of zeros', async () => {
    const ticket = await newTickets().issue({
      version: 0x0304,
      cipherSuite: 0x1301,
      psk: new Uint8Array(32).fill(1),
      issuedAt: Date.now(),
      lifetime: 100,
      ageAdd: 0,
      serverName: undefined,
      alpnProtocol: undefined,
      peerCertificates: [],
    })
    const name = ticket.subarray(0, 16)
    const key = new Uint8Array(16 + aead.keyLength)
    key.set(name)
    const zeros = statelessTickets({ crypto: nodeProvider, aead, clock: Date.now, key })
    expect(await zeros.redeem(ticket)).toBeUndefined()
    expect([...name]).not.toEqual([...new Uint8Array(16)])
  })

  it('CVE-2020-1968 (Raccoon): no Diffie-Hellman key of a server is used twice', async () => {
    const identity = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
    const cipherSuites = [ClassicCipherSuiteId.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256]
    const shares = new Set<string>()
    for (let i = 0; i < 4; i++) {
      const pair = pair12({ cipherSuites }, { cipherSuites, identity })
      exchange(pair)
      for (const event of pair.client.trace)
        if (event.type === 'message' && event.name === 'ServerKeyExchange') {
          const { params } = decode(ServerKeyExchangeDHE, event.bytes.subarray(4))
          shares.add(Buffer.from(params.dhYs).toString('hex'))
        }
    }
    expect(shares.size).toBe(4)
  })
})

describe('resumption', () => {
  it('CVE-2025-68121, CVE-2025-23419: a ticket of one configuration is no door into another', async () => {
    const tickets = newTickets()
    const authentication = { mode: 'require', verifyCertificate } as const
    const open = pairOf({}, { tickets })
    exchange(open)
    const [session] = sessionsOf(open)
    // The same keys, in a configuration that demands a client certificate.
    const closed = pairOf({ session: session! }, { tickets, clientAuthentication: authentication })
    exchange(closed)
    expect(closed.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
    // And the certificate of a client whose authority is not trusted any more.
    const known = pairOf(
      { identity: clientIdentity },
      { tickets, clientAuthentication: authentication },
    )
    exchange(known)
    const [authenticated] = sessionsOf(known)
    const distrusting = certificateVerifier({ crypto: nodeProvider, trust: [] })
    const later = pairOf(
      { session: authenticated! },
      { tickets, clientAuthentication: { mode: 'require', verifyCertificate: distrusting } },
    )
    exchange(later)
    expect(later.server.connection.info).toBeUndefined()
    // A client that trusts nobody any more does not resume either.
    const client = clientConnection(
      clientConfig({ session: authenticated!, verifyCertificate: distrusting }),
    )
    client.nextEvent()
    const [hello] = client.takeOutput()
    expect(Buffer.from(hello!).includes(Buffer.from(authenticated!.ticket))).toBe(false)
  })

  it('CVE-2019-11873: a binder in part is refused, also where all bytes that are there agree', () => {
    const cipherSuites = [CipherSuiteId.TLS_AES_256_GCM_SHA384]
    const tickets = newTickets()
    const first = pairOf({ cipherSuites }, { cipherSuites, tickets })
    exchange(first)
    const crypto = {
      ...nodeProvider,
      equal: (a: Uint8Array, b: Uint8Array) => a.length === b.length,
    }
    const offered = (binder: number) =>
      run({
        victim: 'server',
        client: { cipherSuites, session: sessionsOf(first)[0]! },
        server: { cipherSuites, tickets, crypto },
        hello: replacing(ExtensionType.pre_shared_key, (psk) =>
          Uint8Array.of(
            ...psk.subarray(0, psk.length - 51),
            0,
            binder + 1,
            binder,
            ...psk.subarray(-48).subarray(0, binder),
          ),
        ),
      }).victim.connection
    // The binders of SHA-384 have 48 bytes; the least that may be sent are 32.
    for (const length of [32, 47])
      expect(offered(length).error?.code, `${length} bytes`).toBe('ERR_BAD_BINDER')
    expect(offered(48).error?.code).not.toBe('ERR_BAD_BINDER')
  })

  it('CVE-2026-34873: a ticket of TLS 1.3, a HelloRetryRequest, then a ClientHello of TLS 1.2', () => {
    const tickets = newTickets()
    const first = pairOf({}, { tickets })
    exchange(first)
    const { victim } = run({
      victim: 'server',
      client: {
        session: sessionsOf(first)[0]!,
        keyShares: [NamedGroup.x25519],
        grease: false,
      },
      server: { tickets, groups: [NamedGroup.secp256r1] },
      messages: { ClientHello: without(ExtensionType.supported_versions) },
    })
    expect(victim.connection.error?.blame).toBe('peer')
    expect(victim.connection.info).toBeUndefined()
  })

  it('CVE-2024-2511: what is remembered of endless sessions is bounded', () => {
    const kept = new Map<string, Uint8Array>()
    const store = memoryStore(50)
    const set = store.set.bind(store)
    const sessionIds = sessionCache({
      crypto: nodeProvider,
      clock: Date.now,
      store: {
        set: (id, session, lifetime) => {
          kept.set(id, session)
          return set(id, session, lifetime)
        },
        take: (id) => store.take(id),
      },
    })
    for (let i = 0; i < 120; i++) exchange(pair12({}, { sessionIds }))
    expect(kept.size).toBe(120)
    expect([...kept.keys()].filter((id) => store.take(id) !== undefined)).toHaveLength(50)
  })

  it('a session cache whose store holds something else goes on in full', () => {
    const garbage = { set: () => {}, take: () => Uint8Array.of(9, 9, 9) }
    const sessionIds = sessionCache({ crypto: nodeProvider, clock: Date.now, store: garbage })
    const first = pair12({}, { sessionIds })
    exchange(first)
    const [session] = sessionsOf(first)
    const second = pair12({ session: session! }, { sessionIds })
    exchange(second)
    expect(second.server.connection.error).toBeUndefined()
    expect(second.client.connection.info?.resumed).toBe(false)
  })
})

describe('negotiation', () => {
  it('FREAK, Logjam, DROWN, SWEET32: no suite of export, NULL, RC4, DES or 3DES is known at all', () => {
    for (const { name } of nodeProvider.classicCipherSuites ?? [])
      expect(name).not.toMatch(/EXPORT|NULL|RC4|DES|MD5|anon/)
  })

  it('CVE-2020-1967: signature_algorithms_cert of schemes that nobody knows', () => {
    for (const schemes of [[0xfefe], [0x0000, 0xffff], [0x0403, 0x0403]]) {
      const data = Uint8Array.from([
        0,
        schemes.length * 2,
        ...schemes.flatMap((scheme) => [scheme >> 8, scheme & 255]),
      ])
      const pair = pairOf({
        shapeClientHello: (hello) => ({
          ...hello,
          extensions: [
            ...hello.extensions.filter(
              ({ type }) => type !== ExtensionType.signature_algorithms_cert,
            ),
            { type: ExtensionType.signature_algorithms_cert, data },
          ],
        }),
      })
      exchange(pair)
      expect(pair.server.connection.error?.blame).not.toBe('library')
    }
  })

  it('CVE-2021-3449: a renegotiating ClientHello without signature_algorithms is no second handshake', () => {
    const contexts: { records?: { send(type: number, content: Uint8Array): void } } = {}
    const client = {
      ...tls12Client,
      handshake(...args: Parameters<typeof tls12Client.handshake>) {
        contexts.records = args[0].records
        return tls12Client.handshake(...args)
      },
    }
    const pair = pair12({}, {}, { client: [client] })
    let hello: Uint8Array | undefined
    exchange(pair, (from, record) => {
      if (from === 'client') hello ??= record.slice(5)
      return [record]
    })
    const at = 34 + 1 + hello![38]! + 4
    const suites = (hello![at]! << 8) | hello![at + 1]!
    const cut = hello!.slice(0, at + 2 + suites + 2)
    cut[3] = cut.length - 4
    cut[2] = (cut.length - 4) >> 8
    contexts.records!.send(22, cut)
    exchange(pair)
    expect(pair.server.connection.error).toBeUndefined()
    expect(pair.client.trace).toContainEqual(
      expect.objectContaining({ direction: 'received', description: 'no_renegotiation' }),
    )
  })

  it('a NUL in a PSK identity ends nothing', () => {
    const cipherSuites = [ClassicCipherSuiteId.TLS_PSK_WITH_AES_128_GCM_SHA256]
    const key = Uint8Array.of(1, 2, 3)
    const seen: Uint8Array[] = []
    const identity = Uint8Array.from(Buffer.from('admin\0.evil'))
    const pair = pair12(
      { cipherSuites, preSharedKey: () => ({ identity, key }) },
      {
        cipherSuites,
        findPreSharedKey: (found) => {
          seen.push(found.slice())
          return Buffer.from(found).equals(Buffer.from('admin')) ? key : undefined
        },
      },
    )
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_UNKNOWN_PSK_IDENTITY')
    expect(seen.map((bytes) => [...bytes])).toEqual([[...identity]])
    expect(pair.server.connection.error?.message).not.toContain('evil')
  })
})

describe("CVE-2025-58189: an error's text holds nothing that the peer made to act on a terminal or fill a log", () => {
  // Terminal escapes, C1 controls, a change of direction in UTF-8, and a name of the longest length.
  const nasty = [
    '\x1b[31mred',
    '\x9b31mred',
    '\r\nINFO all is well',
    '\xe2\x80\xae',
    'a'.repeat(255),
  ]
  const printable = /^[\x20-\x7e]*$/

  it('offered protocols', () => {
    for (const offer of [nasty, Array.from({ length: 200 }, (_, i) => `${i}${'x'.repeat(250)}`)]) {
      for (const pair of [
        pairOf({ alpnProtocols: offer }, { alpnProtocols: ['h2'] }),
        pair12({ alpnProtocols: offer }, { alpnProtocols: ['h2'] }),
      ]) {
        exchange(pair)
        const { error } = pair.server.connection
        expect(error?.code).toBe('ERR_NO_COMMON_PROTOCOL')
        expect(error?.message).toMatch(printable)
        expect(error?.message.length).toBeLessThan(5000)
      }
    }
  })

  it('the name of a server', () => {
    for (const name of nasty) {
      const data = Uint8Array.from([
        0,
        name.length + 3,
        0,
        0,
        name.length,
        ...Buffer.from(name, 'latin1'),
      ])
      const pair = pairOf(
        {
          shapeClientHello: (hello) => ({
            ...hello,
            extensions: hello.extensions.map((extension) =>
              extension.type === ExtensionType.server_name ? { ...extension, data } : extension,
            ),
          }),
        },
        { identity: () => undefined },
      )
      exchange(pair)
      const { error } = pair.server.connection
      expect(error).toBeDefined()
      expect(error?.message).toMatch(printable)
      expect(error?.message.length).toBeLessThan(1000)
    }
  })

  it('the names in a certificate', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `${i}.${'y'.repeat(40)}.test`)
    for (const options of [
      { names: ['server.test'], subject: { commonName: nasty.slice(0, 4).join('').slice(0, 60) } },
      { names: many },
    ]) {
      const identity = await identityFor(options)
      const pair = pairOf({ serverName: 'another.test' }, { identity })
      exchange(pair)
      const { error } = pair.client.connection
      expect(error?.code).toBe('ERR_CERTIFICATE_REFUSED')
      expect(error?.message).toMatch(/^[^\p{Cc}\p{Cf}]*$/u)
      expect(error?.message.length).toBeLessThan(5000)
    }
  })
})

it('a peer that has both versions is not brought down: the sentinel is in every random that it could be in', () => {
  const pair = pair12(
    { versions: [0x0303] },
    {},
    { client: [tls12Client], server: [tls13Server, tls12Server] },
  )
  let random: Uint8Array | undefined
  exchange(pair, (from, record) => {
    if (from === 'server') random ??= record.slice(11, 43)
    return [record]
  })
  expect(pair.server.connection.info?.version).toBe(0x0303)
  expect(Buffer.from(random!.subarray(24)).toString('latin1')).toBe('DOWNGRD\x01')
})

/** When a session is resumed, and when not (RFC 8446 §2.2, §4.2.11, §4.6.1). */
import { createAuthority } from '@handfast/ca'
import { createTrustStore } from '@handfast/x509'
import { describe, expect, it } from 'vitest'
import { CipherSuiteId } from '../../src/codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  certificateVerifier,
  parseSession,
  type Session,
  serializeSession,
  statelessTickets,
} from '../../src/index.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import {
  clientIdentity,
  eventsOf,
  exchange,
  identityFor,
  type Pair,
  pairOf,
  textOf,
  trust,
} from '../engine/pair.ts'

const crypto = nodeProvider
const { aead } = crypto.cipherSuites[0]!
const second = 1000
const start = Date.now()
const at = (offset: number) => () => start + offset * second

/** Tickets of one server, whose clock can be set. */
function service(lifetime = 3600) {
  const time = { now: start }
  const tickets = statelessTickets({ crypto, aead, clock: () => time.now, lifetime })
  return { tickets, time }
}

interface Ends {
  readonly client?: Partial<ClientConfig>
  readonly server?: Partial<ServerConfig>
}

function connect({ client, server }: Ends): Pair {
  const pair = pairOf({ clock: at(0), ...client }, { clock: at(0), ...server })
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(new TextEncoder().encode('ping'))
  exchange(pair)
  expect(textOf(pair.server)).toBe('ping')
  return pair
}

function sessionOf(ends: Ends): Session {
  return eventsOf(connect(ends).client, 'session')[0]!.session
}

/** Whether both ends resumed; they must agree. */
function resumes(ends: Ends): boolean {
  const { client, server } = connect(ends)
  const { resumed } = client.connection.info!
  expect(server.connection.info?.resumed).toBe(resumed)
  return resumed
}

const why = ({ trace }: { readonly trace: readonly TraceEvent[] }) =>
  trace.flatMap((event) =>
    event.type === 'decision' && event.what === 'resumption' ? [event.why] : [],
  )

/** Whether the ClientHello carried a PSK at all. */
const offered = (pair: Pair) =>
  pair.client.trace.some((event) => event.type === 'keySchedule' && event.name === 'binder_key')

describe('a session is resumed', () => {
  it('after it was stored and read again', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    expect(
      resumes({
        client: { session: parseSession(serializeSession(session)) },
        server: { tickets },
      }),
    ).toBe(true)
  })

  it('with another suite of the same hash', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const pair = connect({
      client: { session },
      server: { tickets, cipherSuites: [CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256] },
    })
    expect(pair.client.connection.info).toMatchObject({
      resumed: true,
      cipherSuiteName: 'TLS_CHACHA20_POLY1305_SHA256',
    })
  })

  it('with another application protocol, which is agreed anew', () => {
    const { tickets } = service()
    const session = sessionOf({
      client: { alpnProtocols: ['h2'] },
      server: { tickets, alpnProtocols: ['h2'] },
    })
    expect(session.alpnProtocol).toBe('h2')
    const pair = connect({
      client: { session, alpnProtocols: ['http/1.1'] },
      server: { tickets, alpnProtocols: ['http/1.1'] },
    })
    expect(pair.client.connection.info).toMatchObject({ resumed: true, alpnProtocol: 'http/1.1' })
    expect(pair.server.connection.info?.alpnProtocol).toBe('http/1.1')
  })

  it('and resumed again from the ticket of the resumption', () => {
    const { tickets } = service()
    let session = sessionOf({ server: { tickets } })
    for (let i = 0; i < 4; i++) {
      const pair = connect({ client: { session }, server: { tickets } })
      expect(pair.client.connection.info?.resumed).toBe(true)
      const [event, ...more] = eventsOf(pair.client, 'session')
      expect(more).toEqual([])
      expect(Buffer.from(event!.session.psk).equals(Buffer.from(session.psk))).toBe(false)
      session = event!.session
    }
  })

  it('with fresh keys: the same PSK never makes the same secrets', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const lines: string[] = []
    const keyLog = (line: string) => lines.push(line)
    for (let i = 0; i < 3; i++) connect({ client: { session, keyLog }, server: { tickets } })
    const secrets = lines.map((line) => line.split(' ')[2])
    expect(secrets).toHaveLength(15)
    expect(new Set(secrets).size).toBe(15)
  })
})

describe('a client does not offer a session', () => {
  const { tickets } = service()
  const session = sessionOf({ server: { tickets } })
  const cases: readonly [string, Partial<ClientConfig>, RegExp][] = [
    [
      'of another server name',
      { session: { ...session, serverName: 'other.test' } },
      /another server name/,
    ],
    [
      'of no server name',
      { session: { ...session, serverName: undefined } },
      /another server name/,
    ],
    [
      'of another version',
      { session: { ...session, version: 0x0303 }, versions: [0x0304] },
      /another version/,
    ],
    ['that has expired', { session, clock: at(3600) }, /expired/],
    ['of the future', { session, clock: at(-1) }, /expired/],
    ['without a certificate', { session: { ...session, peerCertificates: [] } }, /does not hold/],
    [
      'whose certificate cannot be read',
      { session: { ...session, peerCertificates: [Uint8Array.of(1, 2, 3)] } },
      /not accepted any more/,
    ],
    [
      'of a suite that is not enabled',
      { session, cipherSuites: [CipherSuiteId.TLS_AES_256_GCM_SHA384] },
      /not enabled/,
    ],
  ]
  for (const [what, client, reason] of cases)
    it(what, () => {
      const pair = connect({ client, server: { tickets, clock: client.clock ?? at(0) } })
      expect(pair.client.connection.info?.resumed).toBe(false)
      expect(offered(pair)).toBe(false)
      expect(why(pair.client)[0]).toMatch(reason)
    })

  it('whose certificate it would not accept now', async () => {
    const strangers = await createAuthority()
    const pair = pairOf(
      {
        session,
        clock: at(0),
        verifyCertificate: certificateVerifier({
          crypto,
          trust: createTrustStore([strangers.certificateDer]),
        }),
      },
      { tickets, clock: at(0) },
    )
    exchange(pair)
    expect(offered(pair)).toBe(false)
    expect(why(pair.client)[0]).toMatch(/not accepted any more/)
    // Nor is the same certificate accepted when the server shows it.
    expect(pair.client.connection.error?.alert).toBe('unknown_ca')
  })
})

describe('a server does not resume', () => {
  it('a ticket that has died by its own clock', () => {
    const { tickets, time } = service()
    const session = sessionOf({ server: { tickets } })
    time.now = start + 3600 * second
    expect(resumes({ client: { session }, server: { tickets } })).toBe(false)
  })

  it('a ticket of the future', () => {
    const { tickets, time } = service()
    const session = sessionOf({ server: { tickets } })
    time.now = start - second
    expect(resumes({ client: { session }, server: { tickets } })).toBe(false)
  })

  it('a ticket for another name than the client asks for now', async () => {
    const { tickets } = service()
    const identity = await identityFor({ names: ['server.test', 'other.test'] })
    const session = sessionOf({ server: { tickets, identity } })
    const pair = connect({
      client: { session: { ...session, serverName: 'other.test' }, serverName: 'other.test' },
      server: { tickets, identity },
    })
    expect(offered(pair)).toBe(true)
    expect(pair.server.connection.info?.resumed).toBe(false)
    expect(why(pair.server)).toContain('The ticket is for another server name.')
  })

  it('a ticket of another hash than the suite that it chooses', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const pair = connect({
      client: { session },
      server: { tickets, cipherSuites: [CipherSuiteId.TLS_AES_256_GCM_SHA384] },
    })
    expect(offered(pair)).toBe(true)
    expect(pair.client.connection.info?.resumed).toBe(false)
    expect(why(pair.server)).toContain('The ticket is of a cipher suite with another hash.')
  })

  it('anything without a ticket service', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const pair = connect({ client: { session } })
    expect(pair.server.connection.info?.resumed).toBe(false)
    expect(why(pair.server)).toContain('This server keeps no sessions.')
  })

  it('a ticket whose service fails, and the connection fails with it', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const broken = {
      ...tickets,
      redeem() {
        throw new Error('the store is gone')
      },
    }
    const pair = pairOf({ session }, { tickets: broken })
    exchange(pair)
    expect(pair.server.connection.error).toMatchObject({ code: 'ERR_INTERNAL' })
    expect(pair.client.connection.error?.received).toBe('internal_error')
  })
})

describe("a client's certificate", () => {
  const verifyCertificate = certificateVerifier({ crypto, trust })
  const requiring = { clientAuthentication: { mode: 'require' as const, verifyCertificate } }
  const client = { identity: clientIdentity }

  it('is carried into the resumed connection, and judged again', () => {
    const { tickets } = service()
    let judged = 0
    const counting = {
      clientAuthentication: {
        mode: 'require' as const,
        verifyCertificate: (peer: Parameters<typeof verifyCertificate>[0]) => {
          judged++
          return verifyCertificate(peer)
        },
      },
    }
    const session = sessionOf({ client, server: { tickets, ...counting } })
    expect(judged).toBe(1)
    const pair = connect({ client: { session }, server: { tickets, ...counting } })
    expect(judged).toBe(2)
    expect(pair.server.connection.info).toMatchObject({ resumed: true })
    expect(pair.server.connection.info?.peerCertificates).toEqual(clientIdentity.certificateChain)
    expect(pair.server.connection.info?.verdict?.valid).toBe(true)
  })

  it('that is not trusted any more is asked for again', async () => {
    const { tickets } = service()
    const session = sessionOf({ client, server: { tickets, ...requiring } })
    const strangers = await createAuthority()
    const changed = {
      clientAuthentication: {
        mode: 'require' as const,
        verifyCertificate: certificateVerifier({
          crypto,
          trust: createTrustStore([strangers.certificateDer]),
        }),
      },
    }
    const pair = pairOf({ ...client, session }, { tickets, ...changed })
    exchange(pair)
    expect(why(pair.server)[0]).toMatch(/not accepted any more/)
    expect(pair.server.connection.error).toMatchObject({
      code: 'ERR_CERTIFICATE_REFUSED',
      alert: 'unknown_ca',
    })
  })

  it('that has expired since is asked for again', async () => {
    const { tickets } = service(200_000)
    const short = await identityFor({
      names: ['client.test'],
      client: true,
      notBefore: new Date(start - 1000 * second),
      notAfter: new Date(start + 1000 * second),
    })
    const session = sessionOf({ client: { identity: short }, server: { tickets, ...requiring } })
    const pair = pairOf(
      { identity: clientIdentity, session, clock: at(2000) },
      { tickets, ...requiring, clock: at(2000) },
    )
    exchange(pair)
    expect(pair.server.connection.info?.resumed).toBe(false)
    expect(pair.server.connection.info?.peerCertificates).toEqual(clientIdentity.certificateChain)
  })

  it('is not skipped by a ticket from before the server asked for one', () => {
    const { tickets } = service()
    const session = sessionOf({ server: { tickets } })
    const pair = pairOf({ session }, { tickets, ...requiring })
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
    expect(resumes({ client: { ...client, session }, server: { tickets, ...requiring } })).toBe(
      false,
    )
  })

  it('is not carried into a server that does not ask for one', () => {
    const { tickets } = service()
    const session = sessionOf({ client, server: { tickets, ...requiring } })
    const pair = connect({ client: { session }, server: { tickets } })
    expect(pair.server.connection.info).toMatchObject({ resumed: false, peerCertificates: [] })
  })
})

it('no trace tells the PSK, or any secret that nobody asked for', () => {
  const { tickets } = service()
  const session = sessionOf({ server: { tickets } })
  const lines: string[] = []
  const pair = connect({
    client: { session, keyLog: (line) => lines.push(line) },
    server: { tickets },
  })
  const told = JSON.stringify([pair.client.trace, pair.server.trace], (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
  const secrets = lines.map((line) => line.split(' ')[2]!)
  expect(secrets).toHaveLength(5)
  for (const secret of [...secrets, Buffer.from(session.psk).toString('hex')])
    expect(told.includes(secret)).toBe(false)
})

/**
 * RFC 8448 §3 to §7, through the whole engine, in both roles: an engine that is given a side's randoms,
 * ephemeral keys and signatures, and the recorded bytes of the other side, must send that side's records byte for byte.
 */
import { describe, expect, it } from 'vitest'
import { findExtension } from '../../src/codec/extension.ts'
import { earlyData } from '../../src/codec/extensions/early_data.ts'
import { preSharedKey } from '../../src/codec/extensions/pre_shared_key.ts'
import {
  Certificate,
  ClientHello,
  EncryptedExtensions,
  NewSessionTicket,
  ServerHello,
} from '../../src/codec/messages.ts'
import {
  CipherSuiteId,
  ExtensionType,
  NamedGroup,
  ProtocolVersion,
} from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import { dangerousAcceptAnyCertificate } from '../../src/index.ts'
import type { SessionState } from '../../src/session/session.ts'
import { body, follow, hex, identityOf, inTheOrderOf, type Replay } from './replay.ts'
import { expectSchedule } from './schedule.ts'
import { block, haveVectors, messageOf, recordsOf, stepsOf, traceOf } from './vectors.ts'

const section3 = () => {
  const trace = traceOf('3')
  const message = messageOf(trace, 'server', 'NewSessionTicket')
  const ticket = decode(NewSessionTicket, body(message))
  const ageAdd = new Uint8Array(4)
  new DataView(ageAdd.buffer).setUint32(0, ticket.ticketAgeAdd)
  return {
    section: '3',
    serverRandoms: [ageAdd],
    server: {
      ticketCount: 1,
      tickets: {
        lifetime: ticket.ticketLifetime,
        issue: () => ticket.ticket,
        redeem: () => undefined,
      },
    },
    // NSS counts its nonces in two bytes and allows early data; ours has one byte and takes no early data.
    serverMessages: (ours: Uint8Array) => {
      if (ours[0] !== message[0]) return ours
      const expected = { ...ticket, ticketNonce: Uint8Array.of(0), extensions: [] }
      expect(decode(NewSessionTicket, body(ours))).toEqual(expected)
      return message
    },
  }
}

/** The session of §3, resumed with early data. */
const section4 = () => {
  const trace = traceOf('4')
  const [hello, early] = recordsOf(trace)
  const { identities } = findExtension(
    decode(ClientHello, body(hello!.payload)).extensions,
    preSharedKey,
    'ClientHello',
  )!
  const { identity, obfuscatedTicketAge } = identities[0]!
  const issued = decode(
    NewSessionTicket,
    body(messageOf(traceOf('3'), 'server', 'NewSessionTicket')),
  )
  expect(hex(identity)).toBe(hex(issued.ticket))
  const certificate = decode(Certificate, body(messageOf(traceOf('3'), 'server', 'Certificate')))
  const state: SessionState = {
    version: ProtocolVersion.TLS13,
    cipherSuite: CipherSuiteId.TLS_AES_128_GCM_SHA256,
    psk: block(stepsOf(trace, 'client', /^extract secret "early"/)[0]!, 'IKM').slice(),
    // The replayed clock stands at 1,000,000 ms.
    issuedAt: 1_000_000 - ((obfuscatedTicketAge - issued.ticketAgeAdd) >>> 0),
    lifetime: issued.ticketLifetime,
    ageAdd: issued.ticketAgeAdd,
    serverName: 'server',
    alpnProtocol: undefined,
    peerCertificates: [certificate.certificateList[0]!.certData],
    maxEarlyData: findExtension(issued.extensions, earlyData, 'NewSessionTicket') as number,
  }
  const serverHello = messageOf(trace, 'server', 'ServerHello')
  const encryptedExtensions = messageOf(trace, 'server', 'EncryptedExtensions')
  return {
    section: '4',
    client: { session: { ...state, ticket: identity }, earlyData: early!.payload },
    server: {
      // NSS gives no new ticket here.
      ticketCount: 0,
      tickets: {
        lifetime: issued.ticketLifetime,
        issue: () => new Uint8Array(1),
        redeem: (ticket: Uint8Array) =>
          hex(ticket) === hex(identity) ? { ...state, peerCertificates: [] } : undefined,
      },
      earlyData: { maxBytes: 1024, replayGuard: { firstUse: () => true } },
    },
    // NSS has its extensions in another order, and acknowledges server_name where no name chose a certificate, too.
    serverMessages: (ours: Uint8Array) => {
      const theirs = [serverHello, encryptedExtensions].find(([type]) => type === ours[0])
      if (theirs === undefined) return ours
      const contentOf = (message: Uint8Array) => {
        const { extensions, ...rest } = decode<Pick<ServerHello, 'extensions'>>(
          theirs === serverHello ? ServerHello : EncryptedExtensions,
          body(message),
        )
        const kept = extensions.filter(({ type }) => type !== ExtensionType.server_name)
        return { ...rest, extensions: kept.sort((a, b) => a.type - b.type) }
      }
      expect(contentOf(ours)).toEqual(contentOf(theirs))
      return theirs
    },
  }
}

const section5 = () => {
  const trace = traceOf('5')
  const second = messageOf(trace, 'client', 'ClientHello', 1)
  const retry = decode(ServerHello, body(messageOf(trace, 'server', 'ServerHello')))
  const cookie = retry.extensions.find(({ type }) => type === ExtensionType.cookie)!.data.slice(2)
  return {
    section: '5',
    client: {
      groups: [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1],
      shapeSecondClientHello: inTheOrderOf(second),
    },
    server: {
      groups: [NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.x25519],
      retryForGroups: [NamedGroup.secp256r1],
      cookie: () => cookie,
    },
  }
}

const section6 = () => {
  const trace = traceOf('6')
  const request = messageOf(trace, 'server', 'CertificateRequest')
  return {
    section: '6',
    client: { identity: identityOf(trace, 'client') },
    server: {
      clientAuthentication: {
        mode: 'require' as const,
        verifyCertificate: dangerousAcceptAnyCertificate,
      },
    },
    // NSS asks for schemes with SHA-1 and DSA too, which this library cannot verify and so cannot be made to announce.
    serverMessages: (ours: Uint8Array) => (ours[0] === request[0] ? request : ours),
  }
}

describe.skipIf(!haveVectors)('RFC 8448, needs ../shared/vectors/rfc8448.json', () => {
  const replays: readonly [string, () => Replay][] = [
    ['§3: a simple 1-RTT handshake', section3],
    ['§4: a resumed handshake with early data', section4],
    ['§5: HelloRetryRequest', section5],
    ['§6: client authentication', section6],
    ['§7: compatibility mode', () => ({ section: '7' })],
  ]
  for (const [title, replay] of replays)
    describe(title, () => {
      for (const role of ['client', 'server'] as const)
        it(`the ${role}'s records and key schedule are the recorded ones`, () => {
          const { section } = replay()
          const { connection, events, trace, hmacs } = follow(replay(), role)
          expect(events.map(({ type }) => type)).toContain('handshakeComplete')
          expect(events.at(-1)).toEqual({ type: 'closeNotify' })
          expect(connection.closed).toBe(true)
          const compared = expectSchedule(traceOf(section), trace, hmacs, (step) => {
            // The server's own ticket has another nonce, and so another PSK; the client reads the recorded one.
            return !(role === 'server' && step.action.startsWith('generate resumption'))
          })
          expect(compared).toBeGreaterThanOrEqual(21)
        })
    })

  it('§4: the server hears of the early data as such, before the handshake is complete', () => {
    const { events, connection } = follow(section4(), 'server')
    expect(events[0]).toEqual({ type: 'earlyData', data: recordsOf(traceOf('4'))[1]!.payload })
    expect(events[1]?.type).toBe('handshakeComplete')
    expect(connection.info).toMatchObject({ resumed: true, earlyData: 'accepted' })
    expect(follow(section4(), 'client').connection.info).toMatchObject({
      resumed: true,
      earlyData: 'accepted',
    })
  })

  it('§3: the client makes the recorded session of the ticket, and reads the data', () => {
    const { events, connection } = follow(section3(), 'client')
    const session = events.find((event) => event.type === 'session')!.session
    const trace = traceOf('3')
    const { ticket, ticketAgeAdd } = decode(
      NewSessionTicket,
      body(messageOf(trace, 'server', 'NewSessionTicket')),
    )
    const psk = trace.steps.find(({ action }) => action.startsWith('generate resumption'))!
    expect(session).toMatchObject({
      ticket,
      ageAdd: ticketAgeAdd,
      lifetime: 30,
      issuedAt: 1_000_000,
    })
    expect(hex(session.psk)).toBe(hex(psk.blocks.find(({ label }) => label === 'expanded')!.bytes))
    const data = events.find((event) => event.type === 'data')!.data
    expect(hex(data)).toBe(hex(Uint8Array.from({ length: 50 }, (_, i) => i)))
    expect(connection.info).toMatchObject({ groupName: 'x25519', resumed: false })
  })
})

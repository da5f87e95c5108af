/** What two honest ends do with each other, whether their provider answers at once or later. */
import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import { certificateVerifier } from '../../src/index.ts'
import { memoryStore, statefulTickets, statelessTickets } from '../../src/session/tickets.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { clientIdentity, collect, eventsOf, type Pair, pairOf, textOf, trust } from './pair.ts'
import { worlds } from './worlds.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

for (const { name, make } of worlds)
  describe(name, () => {
    const world = make()
    const { crypto } = world
    const pair = (
      client: Parameters<typeof pairOf>[0] = {},
      server: Parameters<typeof pairOf>[1] = {},
    ) => pairOf({ crypto, ...client }, { crypto, ...server })

    async function connected(pair: Pair): Promise<Pair> {
      await world.settle(pair)
      expect(pair.client.connection.error).toBeUndefined()
      expect(pair.server.connection.error).toBeUndefined()
      expect(eventsOf(pair.client, 'handshakeComplete')).toHaveLength(1)
      expect(eventsOf(pair.server, 'handshakeComplete')).toHaveLength(1)
      return pair
    }

    async function talk(pair: Pair): Promise<void> {
      pair.client.connection.write(bytes('ping'))
      pair.server.connection.write(bytes('pong'))
      await world.settle(pair)
      expect(textOf(pair.server)).toContain('ping')
      expect(textOf(pair.client)).toContain('pong')
    }

    describe('a full handshake', () => {
      it('agrees, talks and closes', async () => {
        const ends = await connected(
          pair({ alpnProtocols: ['h2', 'http/1.1'] }, { alpnProtocols: ['http/1.1'] }),
        )
        await talk(ends)
        expect(ends.client.connection.info).toMatchObject({
          cipherSuiteName: 'TLS_AES_128_GCM_SHA256',
          groupName: 'X25519MLKEM768',
          alpnProtocol: 'http/1.1',
          resumed: false,
          helloRetried: false,
        })
        ends.client.connection.close()
        await world.settle(ends)
        expect(eventsOf(ends.server, 'closeNotify')).toHaveLength(1)
        ends.server.connection.write(bytes('the rest'))
        ends.server.connection.close()
        await world.settle(ends)
        expect(textOf(ends.client)).toBe('pongthe rest')
        expect(eventsOf(ends.client, 'closeNotify')).toHaveLength(1)
      })

      it('gives both ends the same exported keying material', async () => {
        const { client, server } = await connected(pair())
        const context = bytes('context')
        const [ours, theirs, ourBinding, theirBinding] = await Promise.all([
          exported(client.connection.exportKeyingMaterial('EXPERIMENTAL', context, 77)),
          exported(server.connection.exportKeyingMaterial('EXPERIMENTAL', context, 77)),
          exported(client.connection.channelBinding()),
          exported(server.connection.channelBinding()),
        ])
        expect(ours).toHaveLength(77)
        expect(ours).toEqual(theirs)
        expect(ourBinding).toEqual(theirBinding)
      })

      /** Waits for an answer that the world still holds back. */
      async function exported(answer: Uint8Array | PromiseLike<Uint8Array>): Promise<Uint8Array> {
        let value: Uint8Array | undefined
        const taken = Promise.resolve(answer).then((bytes) => {
          value = bytes
          return bytes
        })
        while (value === undefined) {
          await world.settle()
          await new Promise((resolve) => setImmediate(resolve))
        }
        return taken
      }

      it('sends what was written before it was complete, and closes after that', async () => {
        const ends = pair()
        ends.client.connection.write(bytes('early '))
        ends.client.connection.write(bytes('bird'))
        ends.client.connection.close()
        await connected(ends)
        expect(textOf(ends.server)).toBe('early bird')
        expect(eventsOf(ends.server, 'closeNotify')).toHaveLength(1)
      })
    })

    describe('HelloRetryRequest', () => {
      it('asks for a share of the group that both have', async () => {
        const ends = await connected(
          pair({ keyShares: [NamedGroup.secp256r1] }, { groups: [NamedGroup.x25519] }),
        )
        expect(ends.client.connection.info).toMatchObject({
          helloRetried: true,
          groupName: 'x25519',
        })
        await talk(ends)
      })

      it('carries a cookie back', async () => {
        const ends = await connected(pair({}, { cookie: () => bytes('a cookie') }))
        expect(ends.server.connection.info?.helloRetried).toBe(true)
        await talk(ends)
      })
    })

    describe('resumption', () => {
      const clock = () => Date.now()
      const { aead } = crypto.cipherSuites[0]!
      const services = {
        stateless: () => statelessTickets({ crypto, aead, clock }),
        stateful: () => statefulTickets({ crypto, store: memoryStore(), clock }),
      }
      for (const [kind, makeTickets] of Object.entries(services))
        it(`works with ${kind} tickets`, async () => {
          const tickets = makeTickets()
          const first = await connected(pair({}, { tickets }))
          const sessions = eventsOf(first.client, 'session')
          expect(sessions).toHaveLength(2)
          const second = await connected(pair({ session: sessions[0]!.session }, { tickets }))
          expect(second.client.connection.info?.resumed).toBe(true)
          expect(second.server.connection.info?.resumed).toBe(true)
          expect(second.client.connection.info?.peerCertificates).toEqual(
            first.client.connection.info?.peerCertificates,
          )
          await talk(second)
          // With a HelloRetryRequest between.
          const third = await connected(
            pair(
              { session: sessions[1]!.session, keyShares: [NamedGroup.x25519] },
              { tickets, groups: [NamedGroup.secp256r1] },
            ),
          )
          expect(third.client.connection.info).toMatchObject({ resumed: true, helloRetried: true })
          await talk(third)
        })
    })

    describe('client authentication', () => {
      const verifyCertificate = certificateVerifier({ crypto, trust })
      it('in the handshake', async () => {
        const clientAuthentication = { mode: 'require' as const, verifyCertificate }
        const ends = await connected(pair({ identity: clientIdentity }, { clientAuthentication }))
        expect(ends.server.connection.info?.peerCertificates).toEqual(
          clientIdentity.certificateChain,
        )
        await talk(ends)
        const refused = pair({}, { clientAuthentication })
        await world.settle(refused)
        expect(refused.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
        expect(refused.client.connection.error?.received).toBe('certificate_required')
      })

      it('after the handshake', async () => {
        const clientAuthentication = { mode: 'request' as const, verifyCertificate }
        const ends = await connected(
          pair({ identity: clientIdentity, postHandshakeAuth: true }, { clientAuthentication }),
        )
        ends.server.connection.requestClientCertificate()
        ends.server.connection.requestClientCertificate()
        await talk(ends)
        const answers = eventsOf(ends.server, 'clientCertificate')
        expect(answers.map(({ chain }) => chain)).toEqual([
          clientIdentity.certificateChain,
          clientIdentity.certificateChain,
        ])
        expect(answers[0]?.verdict?.valid).toBe(true)
      })

      it('cannot be asked of a client that did not offer it', async () => {
        const clientAuthentication = { mode: 'request' as const, verifyCertificate }
        const ends = await connected(pair({ identity: clientIdentity }, { clientAuthentication }))
        expect(() => ends.server.connection.requestClientCertificate()).toThrow('did not offer')
      })
    })

    describe('KeyUpdate', () => {
      it('in both directions, on request', async () => {
        const ends = await connected(pair())
        ends.client.connection.updateKeys({ requestPeer: true })
        await world.settle(ends)
        const updates = (trace: readonly TraceEvent[]) =>
          trace.filter((event) => event.type === 'keys' && event.generation === 1)
        // The answer is due before the next data, not before (RFC 8446 §4.6.3).
        expect(updates(ends.server.trace)).toHaveLength(1)
        await talk(ends)
        expect(updates(ends.client.trace)).toHaveLength(2)
        expect(updates(ends.server.trace)).toHaveLength(2)
        await talk(ends)
      })

      it('once, however often a silent side was asked', async () => {
        const ends = await connected(pair())
        for (let i = 0; i < 5; i++) ends.client.connection.updateKeys({ requestPeer: true })
        await world.settle(ends)
        await talk(ends)
        const generations = ends.server.trace.flatMap((event) =>
          event.type === 'keys' && event.generation > 0
            ? [`${event.direction} ${event.generation}`]
            : [],
        )
        expect(generations).toEqual([
          ...[1, 2, 3, 4, 5].map((generation) => `received ${generation}`),
          'sent 1',
        ])
      })

      it('before the AEAD has protected too much', async () => {
        const ends = await connected(pair({ keyUpdateAfterRecords: 3 }))
        for (let i = 0; i < 10; i++) ends.client.connection.write(bytes(`record ${i} `))
        await world.settle(ends)
        expect(textOf(ends.server)).toBe([...Array(10).keys()].map((i) => `record ${i} `).join(''))
      })
    })

    it('reads one byte at a time', async () => {
      const ends = pair()
      let moved = true
      // What a driver does: it looks again when an answer came.
      for (const end of [ends.client, ends.server])
        end.connection.onProgress = () => {
          moved = true
          collect(end)
        }
      while (moved) {
        moved = false
        for (const [from, to] of [
          [ends.client, ends.server],
          [ends.server, ends.client],
        ] as const) {
          collect(from)
          for (const record of from.connection.takeOutput())
            for (const byte of record) {
              to.connection.receive(Uint8Array.of(byte))
              collect(to)
              moved = true
            }
        }
        await world.settle()
      }
      expect(eventsOf(ends.client, 'handshakeComplete')).toHaveLength(1)
      expect(eventsOf(ends.server, 'handshakeComplete')).toHaveLength(1)
    })
  })

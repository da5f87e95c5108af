/** What nobody thought of: random bytes, random records, random orders of right messages, at each point. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NamedGroup } from '../../src/codec/registry.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../src/index.ts'
import { bytes as anyBytes } from '../codec/arbitraries.ts'
import { flipped, messageWith, recordOf, run } from './hostile/peer.ts'
import { seeded } from './late.ts'
import { clientIdentity, collect, type End, eventsOf, exchange, pairOf, trust } from './pair.ts'

const quick = { groups: [NamedGroup.x25519] }

/** Whatever came: no bug of ours, one last event, and silence after it. */
function expectSound({ connection, events }: End): void {
  const { error } = connection
  if (error === undefined) return
  expect(error.blame, error.message).not.toBe('library')
  expect(error.code).not.toBe('ERR_INTERNAL')
  expect(events.filter(({ type }) => type === 'failed')).toHaveLength(1)
  expect(events.at(-1)?.type).toBe('failed')
}

/** Connections at each point: before anything, with a hello sent, with keys, connected. */
const points: readonly { readonly name: string; readonly make: () => End }[] = [
  { name: 'a server before anything', make: () => pairOf(quick, quick).server },
  {
    name: 'a client that has sent its hello',
    make: () => {
      const { client } = pairOf(quick, quick)
      collect(client)
      return client
    },
  },
  {
    name: 'a server that waits for Finished',
    make: () => {
      const { client, server } = pairOf(quick, quick)
      collect(client)
      for (const record of client.connection.takeOutput()) server.connection.receive(record)
      collect(server)
      return server
    },
  },
  {
    name: 'a client that waits for EncryptedExtensions',
    make: () => {
      const { client, server } = pairOf(quick, quick)
      collect(client)
      for (const record of client.connection.takeOutput()) server.connection.receive(record)
      collect(server)
      client.connection.receive(server.connection.takeOutput()[0]!)
      collect(client)
      return client
    },
  },
  ...(['client', 'server'] as const).map((role) => ({
    name: `a ${role} that is connected`,
    make: () => {
      const pair = pairOf(quick, quick)
      exchange(pair)
      return pair[role]
    },
  })),
]

/** Records with a right header and any content. */
const anyRecord = fc
  .tuple(fc.constantFrom(20, 21, 22, 23, 24, 0, 255), anyBytes(0, 60))
  .map(([type, content]) => recordOf(type, content))
/** Handshake messages with a right header and any body, in a record. */
const anyMessage = fc
  .tuple(fc.constantFrom(0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254), anyBytes(0, 60))
  .map(([type, body]) => recordOf(22, messageWith(type, body)))

describe('noise', () => {
  for (const { name, make } of points)
    it(`does no harm to ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof(anyBytes(0, 60), anyRecord, anyMessage), { maxLength: 6 }),
          (pieces) => {
            const end = make()
            const wasComplete = eventsOf(end, 'handshakeComplete').length
            for (const piece of pieces) {
              end.connection.receive(piece)
              collect(end)
              end.connection.takeOutput()
            }
            end.connection.receiveEnd()
            collect(end)
            expect(end.connection.error).toBeDefined()
            expectSound(end)
            expect(eventsOf(end, 'handshakeComplete')).toHaveLength(wasComplete)
            expect(eventsOf(end, 'data')).toEqual([])
          },
        ),
        { numRuns: 30 },
      )
    })
})

describe('right messages in a wrong order', () => {
  const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })

  for (const victim of ['client', 'server'] as const)
    it(`are completed by no ${victim}`, () => {
      const seen = new Set<string>()
      for (let seed = 0; seed < 80; seed++) {
        const choose = seeded(seed)
        const kept: Uint8Array[] = []
        const sent: Uint8Array[] = []
        let untouched = true
        const chosen = (message: Uint8Array): readonly Uint8Array[] => {
          const other = kept[Math.floor(choose() * kept.length)]!
          const what = choose()
          if (what < 0.7) return [message]
          if (what < 0.76) return []
          if (what < 0.82) return [message, message]
          if (what < 0.88) return [other, message]
          if (what < 0.94) return [message, other]
          // A message with a flipped bit may still be a right one: of another random, say.
          const at = 4 + Math.floor(choose() * Math.max(1, message.length - 4))
          return [at < message.length ? flipped(message, at, seed & 7) : message]
        }
        const change = (message: Uint8Array) => {
          kept.push(message)
          const out = chosen(message)
          sent.push(...out)
          untouched &&= out.length === 1 && out[0] === message
          return out
        }
        const names = [
          'ServerHello',
          'EncryptedExtensions',
          'CertificateRequest',
          'Certificate',
          'CertificateVerify',
          'Finished',
        ]
        const result = run({
          victim,
          client: { ...quick, identity: clientIdentity },
          server: { ...quick, clientAuthentication: { mode: 'require', verifyCertificate } },
          messages: Object.fromEntries(names.map((name) => [name, change])),
        })
        expectSound(result.victim)
        const complete = eventsOf(result.victim, 'handshakeComplete').length === 1
        const order = (messages: readonly Uint8Array[]) => messages.map(([type]) => type).join()
        // A server may do without a CertificateRequest.
        const allowed = [order(kept), order(kept.filter(([type]) => type !== 13))]
        if (!allowed.includes(order(sent))) expect(complete, `${seed}: ${order(sent)}`).toBe(false)
        // What was left out may have been put in again behind, and be signed wrongly.
        else if (untouched) expect(complete, `${seed}`).toBe(true)
        seen.add(result.victim.connection.error?.code ?? 'none')
      }
      for (const code of ['ERR_UNEXPECTED_MESSAGE', 'none']) expect(seen.has(code), code).toBe(true)
    })
})

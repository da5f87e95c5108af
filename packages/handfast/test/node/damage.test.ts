/** A transport that damages, cuts or repeats what it carries: the socket fails or ends, and never hangs or throws. */
import { Duplex, Transform } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'

type Damage = 'flip' | 'cut' | 'repeat' | 'insert'

/** Does its damage at the `at`-th byte. */
function damaging(damage: Damage | undefined, at: number): Transform {
  let passed = 0
  let done = damage === undefined
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      const here = at - passed
      passed += chunk.length
      if (done || here >= chunk.length) return callback(null, chunk)
      done = true
      const bytes = Buffer.from(chunk)
      if (damage === 'flip') bytes[here]! ^= 1 << (at % 8)
      if (damage === 'cut') {
        this.push(bytes.subarray(0, here))
        this.push(null)
        return callback()
      }
      if (damage === 'repeat') return callback(null, Buffer.concat([bytes, bytes.subarray(here)]))
      if (damage === 'insert')
        return callback(
          null,
          Buffer.concat([bytes.subarray(0, here), Buffer.of(0x17), bytes.subarray(here)]),
        )
      callback(null, bytes)
    },
  })
}

it('ends in order, whatever happens to the bytes', async () => {
  const secureContext = handfast.createSecureContext({ ...(await files('good')), groups: 'X25519' })
  const ca = (await authority()).root
  const outcomes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Damage>('flip', 'cut', 'repeat', 'insert'),
      fc.boolean(),
      fc.nat(2500),
      async (damage, toServer, at) => {
        const there = damaging(toServer ? damage : undefined, at)
        const back = damaging(toServer ? undefined : damage, at)
        const server = new handfast.TLSSocket(Duplex.from({ readable: there, writable: back }), {
          isServer: true,
          secureContext,
          handshakeTimeout: 1000,
          // Without it an end in the middle of a record is an end like any other, as in node:tls.
          requireCloseNotify: true,
        })
        const client = handfast.connect({
          socket: Duplex.from({ readable: back, writable: there }),
          ca,
          groups: 'X25519',
          handshakeTimeout: 1000,
          requireCloseNotify: true,
        })
        let received = ''
        const errors: string[] = []
        const closed = [client, server].map(
          (socket) =>
            new Promise<void>((resolve) => {
              // What stalls after the handshake is the program's to notice.
              socket.setTimeout(1000, () => socket.destroy(new Error('idle')))
              socket.on('error', (error: { code?: string }) => errors.push(error.code ?? 'none'))
              socket.once('close', () => resolve())
            }),
        )
        server.on('data', (data) => server.write(data))
        server.on('end', () => server.end())
        client.on('data', (data) => {
          received += data
        })
        client.end('some data to carry')
        await Promise.all(closed)
        // Either all of it came, or somebody was told.
        expect(received === 'some data to carry' || errors.length > 0).toBe(true)
        outcomes.add(errors[0] ?? 'intact')
      },
    ),
    // The length of the record that carries the data, which then never becomes whole.
    { numRuns: 120, examples: [['flip', true, 276]] },
  )
  expect(outcomes.size).toBeGreaterThan(4)
}, 120_000)

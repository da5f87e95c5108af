/** What is written by hand or kept for speed, against its plain twin. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromText } from '../../src/codec/bytes.ts'
import { handshakeMemory } from '../../src/codec/handshakeMemory.ts'
import { encodeMessage } from '../../src/codec/messages.ts'
import { encode, opaque, rest, struct, uint16, type Wire } from '../../src/codec/wire.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { HashFunction } from '../../src/crypto/provider.ts'
import { hkdfLabel } from '../../src/keys/hkdf.ts'
import { Transcript } from '../../src/keys/transcript.ts'
import { HandshakeJoiner } from '../../src/record/handshakeJoiner.ts'

const HkdfLabel = struct('HkdfLabel', 'RFC 8446 §7.1', {
  length: uint16,
  label: opaque(7, 255),
  context: opaque(0, 255),
})

describe('HkdfLabel', () => {
  test('is what its description makes', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ -~]{0,249}$/),
        fc.uint8Array({ maxLength: 255 }),
        fc.nat(0xffff),
        (label, context, length) => {
          const described = { length, label: fromText(`tls13 ${label}`), context }
          expect(hkdfLabel(label, context, length)).toEqual(encode(HkdfLabel, described))
        },
      ),
    )
  })

  test('refuses what does not fit its lengths', () => {
    const none = new Uint8Array(0)
    expect(() => hkdfLabel('x'.repeat(250), none, 1)).toThrow(RangeError)
    expect(() => hkdfLabel('x', new Uint8Array(256), 1)).toThrow(RangeError)
    expect(() => hkdfLabel('x', none, 0x1_0000)).toThrow(RangeError)
  })
})

describe('the writer that stays', () => {
  test('gives each structure its own bytes, also where one is encoded within another, or fails', () => {
    const within: Wire<Uint8Array> = {
      ...rest,
      encode: (writer, value) => writer.put(encode(rest, value)),
    }
    const failing: Wire<Uint8Array> = {
      ...rest,
      encode: (writer, value) => {
        writer.put(value)
        throw new RangeError('no')
      },
    }
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 8 }), (bodies) => {
        const made = bodies.map((body) => {
          expect(() => encode(failing, body)).toThrow('no')
          return [encode(within, body), encodeMessage(20, within, body).bytes] as const
        })
        for (const [i, body] of bodies.entries()) {
          expect(made[i]![0]).toEqual(body)
          expect(made[i]![1]).toEqual(
            Uint8Array.of(20, 0, body.length >> 8, body.length & 0xff, ...body),
          )
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('the transcript', () => {
  const message = (fill: number) => ({ type: 1, bytes: new Uint8Array(40).fill(fill) })
  const digestOf = (...fills: readonly number[]) => {
    const hash = createHash('sha256')
    for (const fill of fills) hash.update(message(fill).bytes)
    return new Uint8Array(hash.digest())
  }

  test('is hashed once for the same messages, and anew for others', () => {
    let digests = 0
    const sha256: HashFunction = {
      ...nodeProvider.hashes.sha256,
      digest: (data) => {
        digests++
        return nodeProvider.hashes.sha256.digest(data)
      },
    }
    const transcript = new Transcript()
    transcript.add(message(1), 'a')
    expect(transcript.hash(sha256)).toEqual(digestOf(1))
    expect(transcript.hash(sha256)).toEqual(digestOf(1))
    expect(digests).toBe(1)
    const fork = transcript.fork()
    transcript.add(message(2), 'b')
    fork.add(message(3), 'c')
    expect(transcript.hash(sha256)).toEqual(digestOf(1, 2))
    expect(fork.hash(sha256)).toEqual(digestOf(1, 3))
    expect(transcript.hash(nodeProvider.hashes.sha384)).toHaveLength(48)
    transcript.clear()
    transcript.add(message(4), 'd')
    transcript.add(message(5), 'e')
    expect(transcript.hash(sha256)).toEqual(digestOf(4, 5))
  })

  test('takes memory that another has left, and never that of one under way', () => {
    const { sha256 } = nodeProvider.hashes
    const first = new Transcript()
    first.add(message(1), 'a')
    const { content } = first
    first.clear()
    const next = [new Transcript(), new Transcript()]
    for (const [i, transcript] of next.entries()) transcript.add(message(2 + i), 'b')
    // The test can fail: the memory of the first is among them.
    expect(next.some((transcript) => transcript.content.buffer === content.buffer)).toBe(true)
    for (const [i, transcript] of next.entries())
      expect(transcript.hash(sha256)).toEqual(digestOf(2 + i))
  })

  test('forgets the hash of a first ClientHello that a hash replaces', () => {
    const { sha256 } = nodeProvider.hashes
    const transcript = new Transcript()
    transcript.add(message(1), 'ClientHello')
    const digest = transcript.hash(sha256) as Uint8Array
    transcript.replaceWithMessageHash(digest)
    const replaced = Uint8Array.of(254, 0, 0, 32, ...digest)
    expect(transcript.hash(sha256)).toEqual(
      new Uint8Array(createHash('sha256').update(replaced).digest()),
    )
  })
})

describe('the memory of messages', () => {
  test('is never that of another message', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }), (lengths) => {
        const pieces = lengths.map((length, i) => handshakeMemory(length).fill(i))
        for (const [i, piece] of pieces.entries()) {
          expect(piece).toHaveLength(lengths[i]!)
          expect(piece.every((byte) => byte === i)).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('the joiner of messages', () => {
  const content = fc.uint8Array({ maxLength: 300 })
  const framed = (body: Uint8Array) =>
    Uint8Array.of(20, 0, body.length >> 8, body.length & 0xff, ...body)

  test('hands out what was sent, however it is cut, and keeps it when the records are gone', () => {
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
        (bodies, cuts, lasting) => {
          const joiner = new HandshakeJoiner(400)
          const sent = Buffer.concat(bodies.map(framed))
          const got: Uint8Array[] = []
          for (let at = 0, i = 0; at < sent.length; i++) {
            const record = new Uint8Array(sent.subarray(at, at + cuts[i % cuts.length]!))
            const lasts = lasting[i % lasting.length]!
            joiner.add(record, lasts)
            // What the transport lent is used again at once.
            for (let next = joiner.next(); next !== undefined; next = joiner.next())
              got.push(next.bytes)
            if (!lasts) record.fill(0xee)
            at += record.length
          }
          expect(joiner.empty).toBe(true)
          expect(got).toEqual(bodies.map(framed))
        },
      ),
      { numRuns: 60 },
    )
  })
})

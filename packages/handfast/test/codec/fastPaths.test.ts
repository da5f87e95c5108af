/** What is written by hand or kept for speed, against its plain twin. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromText } from '../../src/codec/bytes.ts'
import { encodeMessage } from '../../src/codec/messages.ts'
import { encode, opaque, rest, struct, uint16, type Wire } from '../../src/codec/wire.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { HashFunction } from '../../src/crypto/provider.ts'
import { hkdfLabel } from '../../src/keys/hkdf.ts'
import { Transcript } from '../../src/keys/transcript.ts'

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

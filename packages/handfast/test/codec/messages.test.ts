/**
 * The wire descriptions as properties: what is encoded decodes to itself, and of all other bytes each is either refused
 * with a decode error or is exactly what its decoding encodes to.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extensionOf, findExtension } from '../../src/codec/extension.ts'
import { knownExtension } from '../../src/codec/extensions/index.ts'
import { bodyOf, encodeMessage, messageBodies } from '../../src/codec/messages.ts'
import { forms10, formsSSL3 } from '../../src/codec/messages10.ts'
import { classicBodies, forms12, type KeyExchange } from '../../src/codec/messages12.ts'
import { ExtensionType, extensionTypes, nameOf } from '../../src/codec/registry.ts'
import { decode, encode, list, opaque, uint16, Writer } from '../../src/codec/wire.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { TlsError } from '../../src/errors.ts'
import { haveVectors, stepsOf, traceOf } from '../rfc8448/vectors.ts'
import { bytes, extensionBodies, messageFields, messageFields12 } from './arbitraries.ts'
import { plain, refusedOrCanonical } from './canonical.ts'

const runs = { numRuns: 150 }

for (const { name, type, wire, fields } of [...messageFields, ...messageFields12])
  describe(name, () => {
    const encoded = fields.map((value) => bodyOf(encodeMessage(type, wire, value)))

    it('decodes to what was encoded', () => {
      fc.assert(
        fc.property(fields, (value) => {
          const message = encodeMessage(type, wire, value)
          const { length } = message.bytes
          expect([...message.bytes.subarray(0, 4)]).toEqual([
            type,
            (length - 4) >> 16,
            ((length - 4) >> 8) & 255,
            (length - 4) & 255,
          ])
          expect(plain(decode(wire, bodyOf(message)))).toBe(plain(value))
        }),
        runs,
      )
    })

    it('is refused or canonical at each cut, and with each bit flipped', () => {
      for (const body of fc.sample(encoded, { numRuns: 3, seed: 1 })) {
        const { length } = body
        // Of a long one not every byte: what follows the lengths is opaque.
        const step = Math.max(1, Math.floor(length / 400))
        for (let at = 0; at < length; at += step) {
          refusedOrCanonical(wire, body.subarray(0, at))
          for (let bit = 0; bit < 8; bit++)
            refusedOrCanonical(
              wire,
              body.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
            )
        }
      }
    })

    it('is refused or canonical when it is cut', () => {
      fc.assert(
        fc.property(encoded, fc.nat(), (body, cut) =>
          refusedOrCanonical(wire, body.subarray(0, cut % (body.length + 1))),
        ),
        runs,
      )
    })

    it('is refused or canonical when a bit is flipped', () => {
      fc.assert(
        fc.property(encoded, fc.nat(), (body, at) => {
          if (body.length === 0) return
          const flipped = body.slice()
          flipped[(at >> 3) % body.length]! ^= 1 << (at & 7)
          refusedOrCanonical(wire, flipped)
        }),
        runs,
      )
    })

    it('is refused or canonical when bytes are put in', () => {
      fc.assert(
        fc.property(encoded, fc.nat(), bytes(1, 6), (body, at, more) => {
          const place = at % (body.length + 1)
          refusedOrCanonical(
            wire,
            Uint8Array.of(...body.subarray(0, place), ...more, ...body.subarray(place)),
          )
        }),
        runs,
      )
    })

    it('is refused or canonical where it is noise', () => {
      fc.assert(
        fc.property(bytes(0, 200), (noise) => refusedOrCanonical(wire, noise)),
        runs,
      )
    })
  })

it('each description of a message is among them', () => {
  const tested = new Set([...messageFields, ...messageFields12].map(({ wire }) => wire))
  const exchanges: readonly (KeyExchange | undefined)[] = [
    undefined,
    ...new Set((nodeProvider.classicCipherSuites ?? []).map(({ keyExchange }) => keyExchange)),
  ]
  const classic = [forms12, forms10, formsSSL3].flatMap((forms) =>
    exchanges.map((keyExchange) => classicBodies(forms, keyExchange)),
  )
  const described = [messageBodies, ...classic].flatMap((bodies) => [...bodies.values()])
  expect(described.length).toBeGreaterThan(60)
  for (const wire of described) expect(tested.has(wire), wire.type).toBe(true)
})

describe('extension', () => {
  const described = Object.values(ExtensionType).flatMap((type) =>
    Object.keys(knownExtension(type)?.in ?? {}).map((context) => ({ type, context })),
  )

  it('the arbitrary bodies are of extensions that are known', () => {
    for (const { type, context } of extensionBodies)
      expect(described).toContainEqual({ type, context })
    // And of each of them there are.
    for (const { type, context } of described)
      expect(
        extensionBodies.some((body) => body.type === type && body.context === context),
        `${nameOf(extensionTypes, type)} in ${context}`,
      ).toBe(true)
  })

  it('each body is refused or canonical where it is noise', () => {
    for (const { type, context } of described)
      fc.assert(
        fc.property(bytes(0, 40), (data) => refusedOrCanonicalBody(type, context, data)),
        { numRuns: 100 },
      )
  })

  function refusedOrCanonicalBody(type: number, context: string, data: Uint8Array): void {
    const extension = knownExtension(type)!
    let decoded: unknown
    try {
      decoded = findExtension([{ type, data }], extension, context as never)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_DECODE', alert: 'decode_error' })
      return
    }
    const again = extensionOf(extension, context as never, decoded as never)
    expect([...again.data]).toEqual([...data])
  }

  for (const { type, context, value } of extensionBodies)
    it(`${nameOf(extensionTypes, type)} in ${context}`, () => {
      const extension = knownExtension(type)!
      fc.assert(
        fc.property(value, fc.nat(), (body, at) => {
          const raw = extensionOf(extension, context as never, body as never)
          expect(raw.type).toBe(type)
          expect(plain(findExtension([raw], extension, context as never))).toBe(plain(body))
          if (raw.data.length === 0) return
          for (const changed of [
            raw.data.subarray(0, at % raw.data.length),
            raw.data.map((byte, i) => (i === at % raw.data.length ? byte ^ (1 << (at % 8)) : byte)),
            Uint8Array.of(...raw.data, at & 255),
          ])
            refusedOrCanonicalBody(type, context, changed)
        }),
        { numRuns: 60 },
      )
    })
})

describe('lengths', () => {
  it('are believed only as far as there are bytes: nothing is allocated for what is announced', () => {
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 1000; i++)
      for (const { type } of messageFields)
        expect(() =>
          decode(
            messageBodies.get(type)!,
            Uint8Array.from({ length: 60 }, () => 0xff),
          ),
        ).toSatisfy((act: () => unknown) => {
          try {
            act()
            // Finished takes any bytes.
            return type === 20
          } catch (error) {
            return error instanceof TlsError
          }
        })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
  })

  it('of many elements are read in a time that grows with them', () => {
    const wire = list(uint16, 2, 0xff_ffff)
    const values = Array.from({ length: 500_000 }, (_, i) => i & 0xffff)
    const encoded = encode(wire, values)
    const start = performance.now()
    expect(decode(wire, encoded)).toHaveLength(values.length)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('that do not fit are our own mistake, not the wire’s', () => {
    expect(() => encode(opaque(0, 255), new Uint8Array(256))).toThrow(RangeError)
    expect(() => encode(opaque(0, 65_535), new Uint8Array(65_536))).toThrow(RangeError)
    expect(() =>
      encode(list(opaque(0, 255), 0, 255), [new Uint8Array(255), new Uint8Array(1)]),
    ).toThrow(RangeError)
    const writer = new Writer()
    const mark = writer.open(1)
    writer.put(new Uint8Array(256))
    expect(() => writer.close(mark, 1)).toThrow(RangeError)
  })

  it('say in an error which field they are of', () => {
    const hello = messageBodies.get(1)!
    const body = encode(hello, {
      legacyVersion: 0x0303,
      random: new Uint8Array(32),
      legacySessionId: new Uint8Array(32),
      cipherSuites: [0x1301],
      legacyCompressionMethods: Uint8Array.of(0),
      extensions: [],
    })
    const changed = body.slice()
    changed[34] = 33
    expect(() => decode(hello, changed)).toThrow(
      'ClientHello.legacy_session_id: a length of 33 is outside of 0..32 (at byte 35)',
    )
  })
})

describe.skipIf(!haveVectors)('RFC 8448, needs ../shared/vectors/rfc8448.json', () => {
  for (const section of ['3', '4', '5', '6', '7'])
    it(`§${section}: each message encodes to the bytes that it was decoded from`, () => {
      const steps = stepsOf(traceOf(section), undefined, /^construct an? \w+ handshake message/)
      expect(steps.length).toBeGreaterThan(4)
      for (const { action, blocks } of steps) {
        const [message] = blocks
        const [type = 0] = message!.bytes
        const wire = messageBodies.get(type)
        // EndOfEarlyData is empty; §4 shows its ClientHello without the binder, which is not whole.
        if (wire === undefined || (section === '4' && type === 1)) continue
        const value = decode(wire, message!.bytes.subarray(4))
        const again = encodeMessage(type, wire, value)
        expect(Buffer.from(again.bytes).toString('hex'), action).toBe(
          Buffer.from(message!.bytes).toString('hex'),
        )
      }
    })
})

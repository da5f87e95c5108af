/** Sessions as a client keeps them: their bytes, and what becomes of damaged ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import {
  parseSession,
  parseState,
  type Session,
  type SessionState,
  serializeSession,
  serializeState,
} from '../../src/session/session.ts'
import { bytes } from '../codec/arbitraries.ts'

const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
const state: fc.Arbitrary<SessionState> = fc.record({
  version: fc.constantFrom(0x0303, 0x0304),
  cipherSuite: fc.integer({ min: 0, max: 0xffff }),
  psk: bytes(32, 48),
  issuedAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  lifetime: fc.integer({ min: 0, max: 604_800 }),
  ageAdd: fc.integer({ min: 0, max: 0xffff_ffff }),
  serverName: fc.option(text, { nil: undefined }),
  alpnProtocol: fc.option(text, { nil: undefined }),
  peerCertificates: fc.array(bytes(1, 300), { maxLength: 4 }),
})
const session: fc.Arbitrary<Session> = fc
  .tuple(state, bytes(1, 300))
  .map(([common, ticket]) => ({ ...common, ticket }))

describe('a session', () => {
  it('is parsed to what was serialized', () => {
    fc.assert(
      fc.property(session, (value) => {
        expect(parseSession(serializeSession(value))).toEqual(value)
      }),
    )
    fc.assert(
      fc.property(state, (value) => {
        expect(parseState(serializeState(value))).toEqual(value)
      }),
    )
  })

  it('is copied out of its bytes', () => {
    fc.assert(
      fc.property(session, (value) => {
        // As a file is read: the slices of a Buffer would be views.
        const stored = Buffer.from(serializeSession(value))
        const parsed = parseSession(stored)
        stored.fill(0)
        parsed.psk.slice().fill(0)
        expect(parsed).toEqual(value)
      }),
      { numRuns: 20 },
    )
  })

  it('keeps the time of a clock that counts fractions', () => {
    const [value] = fc.sample(session, { numRuns: 1, seed: 1 })
    const issuedAt = 1_700_000_000_000.75
    expect(parseSession(serializeSession({ ...value!, issuedAt })).issuedAt).toBe(
      Math.floor(issuedAt),
    )
  })

  it('is refused with one error where its bytes are damaged, whatever the damage', () => {
    fc.assert(
      fc.property(session, fc.nat(), fc.integer({ min: 0, max: 2 }), (value, at, kind) => {
        const whole = serializeSession(value)
        const place = at % whole.length
        const damaged = [
          whole.subarray(0, place),
          whole.map((byte, i) => (i === place ? byte ^ (1 << (at & 7)) : byte)),
          Uint8Array.of(...whole, at & 255),
        ][kind]!
        let parsed: Session
        try {
          // A changed byte of a secret or a name cannot be seen in the bytes alone.
          parsed = parseSession(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError)
          expect(error).toMatchObject({ code: 'ERR_BAD_SESSION' })
          return
        }
        expect(serializeSession(parsed)).toEqual(Uint8Array.from(damaged))
      }),
      { numRuns: 300 },
    )
  })

  it('of another form, or of no bytes, is refused', () => {
    const [value] = fc.sample(session, { numRuns: 1, seed: 2 })
    const other = serializeSession(value!)
    other[0] = 0xff
    for (const stored of [other, new Uint8Array(0), new Uint8Array(1000)])
      expect(() => parseSession(stored)).toThrow(ConfigurationError)
  })
})

/** Every description of the codec has its properties: this finds them by what the sources export, and tests those that no message has. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PskBinders } from '../../src/codec/extensions/pre_shared_key.ts'
import { CertificateStatus } from '../../src/codec/extensions/status_request.ts'
import { HandshakeHeader, messageBodies } from '../../src/codec/messages.ts'
import { forms10, formsSSL3 } from '../../src/codec/messages10.ts'
import * as messages12 from '../../src/codec/messages12.ts'
import {
  Alert,
  ChangeCipherSpec,
  CiphertextHeader,
  PlaintextHeader,
} from '../../src/codec/record.ts'
import { type AnyWire, decode, encode } from '../../src/codec/wire.ts'
import { bytes, messageFields, messageFields12 } from './arbitraries.ts'
import { plain, refusedOrCanonical } from './canonical.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const header = (type: string) => fc.record({ [type]: u8, legacyRecordVersion: u16, length: u16 })
const dhParams = fc.record({ dhP: bytes(1, 260), dhG: bytes(1, 4), dhYs: bytes(1, 260) })

/** What stands in messages, and around them. */
const parts: readonly (readonly [AnyWire, fc.Arbitrary<unknown>])[] = [
  [PlaintextHeader, header('type')],
  [CiphertextHeader, header('opaqueType')],
  [Alert, fc.record({ level: u8, description: u8 })],
  [ChangeCipherSpec, fc.record({ type: u8 })],
  [HandshakeHeader, fc.record({ msgType: u8, length: fc.nat(0xff_ffff) })],
  [PskBinders, fc.array(bytes(32, 255), { minLength: 1, maxLength: 4 })],
  [CertificateStatus, fc.record({ statusType: u8, response: bytes(1, 200) })],
  [
    messages12.ServerECDHParams,
    fc.record({ curveType: u8, namedCurve: u16, public: bytes(1, 97) }),
  ],
  [messages12.ServerDHParams, dhParams],
  [messages12.certificateTypes, fc.array(u8, { minLength: 1, maxLength: 8 })],
  [messages12.certificateAuthorities, fc.array(bytes(1, 40), { maxLength: 3 })],
]

describe.each(parts.map(([wire, values]) => ({ type: wire.type, wire, values })))(
  '$type',
  ({ wire, values }) => {
    it('decodes to what was encoded', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(plain(decode(wire, encode(wire, value)))).toBe(plain(value))
        }),
      )
    })

    it('is refused or canonical at each cut, and with each bit flipped', () => {
      fc.assert(
        fc.property(values, (value) => {
          const body = encode(wire, value)
          for (let at = 0; at < body.length; at++) {
            refusedOrCanonical(wire, body.subarray(0, at))
            const flipped = body.slice()
            flipped[at]! ^= 1 << (at % 8)
            refusedOrCanonical(wire, flipped)
          }
        }),
        { numRuns: 20 },
      )
    })

    it('is refused or canonical where it is noise', () => {
      fc.assert(fc.property(bytes(0, 60), (noise) => refusedOrCanonical(wire, noise)))
    })
  },
)

it('no description of the codec is without', async () => {
  const tested = new Set<unknown>([
    ...[...messageFields, ...messageFields12].map(({ wire }) => wire),
    ...parts.map(([wire]) => wire),
    ...messageBodies.values(),
  ])
  const folder = join(import.meta.dirname, '..', '..', 'src', 'codec')
  // wire.ts and fields.ts hold what all others are made of; an extension is tested in each message in which it may stand.
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !/^(wire|fields)\.ts$/.test(file))
  const isWire = (value: unknown): value is AnyWire =>
    typeof value === 'object' && value !== null && 'decode' in value && 'encode' in value
  let found = 0
  for (const file of files)
    for (const [name, value] of Object.entries(await import(join(folder, file))))
      if (isWire(value)) {
        found++
        expect(tested.has(value), `${name} of ${file}`).toBe(true)
      }
  expect(found).toBeGreaterThan(30)
  for (const [name, wire] of Object.entries({ ...messages12.forms12, ...forms10, ...formsSSL3 }))
    expect(tested.has(wire), name).toBe(true)
})

/** What holds of the bytes of any description. */
import { expect } from 'vitest'
import { type AnyWire, decode, encode } from '../../src/codec/wire.ts'
import { TlsError } from '../../src/errors.ts'

/** Plain arrays of numbers: a subarray equals a copy of it. */
export const plain = (value: unknown) =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part))

/** The bytes of a body are refused, or mean what they say and nothing else. */
export function refusedOrCanonical(wire: AnyWire, body: Uint8Array): void {
  let value: { readonly extensions?: readonly unknown[] }
  try {
    value = decode(wire, body)
  } catch (error) {
    expect(error).toBeInstanceOf(TlsError)
    expect(error).toMatchObject({ code: 'ERR_DECODE', alert: 'decode_error', blame: 'peer' })
    return
  }
  const again = encode(wire, value)
  // RFC 5246 §7.4.1.2: a hello may end before its extensions, or have none of them; both mean the same.
  const [shorter, longer] = again.length < body.length ? [again, body] : [body, again]
  const none = value.extensions?.length === 0 && longer.length === shorter.length + 2
  expect([...(none ? shorter : again), ...(none ? [0, 0] : [])]).toEqual([
    ...(none ? longer : body),
  ])
}

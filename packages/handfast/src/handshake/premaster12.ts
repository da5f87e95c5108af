/** What key exchanges give: the premaster secret (RFC 5246 §8.1, RFC 4279 §2, RFC 5489 §2). */
import { concat } from '../codec/bytes.ts'
import { encode, opaque } from '../codec/wire.ts'

/** RFC 5246 §8.1.2: without the zeros that it begins with, unlike in TLS 1.3. Our keys are never used twice (RFC 9325 §7.4). */
export function withoutLeadingZeros(secret: Uint8Array): Uint8Array {
  const start = secret.findIndex((byte) => byte !== 0)
  return start <= 0 ? secret : secret.subarray(start)
}

const Part = opaque(0, 65_535)

/** @param other the secret of ECDHE; of PSK alone, as many zeros as the key has bytes */
export function pskPremaster(
  key: Uint8Array,
  other: Uint8Array = new Uint8Array(key.length),
): Uint8Array {
  return concat(encode(Part, other), encode(Part, key))
}

/** A number, big-endian, is below another; both are public. */
function below(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return a.length < b.length
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

/** True for a number x with 1 < x < p - 1, where p is odd. */
function isWithin(x: Uint8Array, p: Uint8Array): boolean {
  const last = p.slice()
  last[last.length - 1]! -= 1
  const number = withoutLeadingZeros(x)
  return below(Uint8Array.of(1), number) && below(number, last)
}

/** Of the prime of a finite field, in bits: 2048 is what Logjam leaves; more than 8192 only costs us time. */
const fieldBits = { least: 2048, most: 8192 }

/** Why the server's numbers of DHE are refused; undefined where they are in range. */
export function problemOfField(
  p: Uint8Array,
  g: Uint8Array,
  share: Uint8Array,
): { readonly problem: string; readonly weak: boolean } | undefined {
  const prime = withoutLeadingZeros(p)
  const bits = prime.length * 8 - Math.clz32(prime[0] ?? 0) + 24
  if (bits < fieldBits.least)
    return { problem: `its prime has ${bits} bits, ${fieldBits.least} are the least`, weak: true }
  if (bits > fieldBits.most)
    return { problem: `its prime has ${bits} bits, ${fieldBits.most} are the most`, weak: false }
  if (prime[prime.length - 1]! % 2 === 0) return { problem: 'its prime is even', weak: false }
  if (!isWithin(g, prime)) return { problem: 'its generator is out of range', weak: false }
  if (!isWithin(share, prime)) return { problem: 'its public key is out of range', weak: false }
  return undefined
}

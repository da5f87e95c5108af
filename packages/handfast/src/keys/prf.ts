/** The PRF of TLS 1.2 (RFC 5246 §5), made of the provider's HMAC. */
import { type Steps, settle } from '@handfast/x509'
import { concat, fromText } from '../codec/bytes.ts'
import type { HashFunction } from '../crypto/provider.ts'

/** P_hash: as many bytes as are asked for. */
export function* expand(
  hash: HashFunction,
  secret: Uint8Array,
  seed: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  const output = new Uint8Array(length)
  let a = seed
  for (let at = 0; at < length; at += hash.outputLength) {
    const next = yield* settle(hash.hmac(secret, a))
    if (a !== seed) a.fill(0)
    a = next
    const input = concat(a, seed)
    const block = yield* settle(hash.hmac(secret, input))
    output.set(block.subarray(0, length - at), at)
    for (const bytes of [block, input]) bytes.fill(0)
  }
  if (a !== seed) a.fill(0)
  return output
}

/** PRF(secret, label, seed) of TLS 1.2. @param length bytes */
export function prf12(
  hash: HashFunction,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  return expand(hash, secret, concat(fromText(label), seed), length)
}

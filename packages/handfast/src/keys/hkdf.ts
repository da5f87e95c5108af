/** HKDF (RFC 5869) and its labels (RFC 8446 §7.1), made of the provider's HMAC. */
import { type Steps, settle } from '@handfast/x509'
import { concat, fromText } from '../codec/bytes.ts'
import { encode, opaque, struct, uint16 } from '../codec/wire.ts'
import type { HashFunction } from '../crypto/provider.ts'

const HkdfLabel = struct('HkdfLabel', 'RFC 8446 §7.1', {
  length: uint16,
  label: opaque(7, 255),
  context: opaque(0, 255),
})

/** RFC 5869 §2.2 */
export function* hkdfExtract(
  hash: HashFunction,
  salt: Uint8Array,
  inputKeyingMaterial: Uint8Array,
): Steps<Uint8Array> {
  return yield* settle(hash.hmac(salt, inputKeyingMaterial))
}

/** RFC 5869 §2.3. @param length bytes, at the most 255 times the hash's output */
export function* hkdfExpand(
  hash: HashFunction,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  let block = yield* settle(hash.hmac(secret, concat(info, Uint8Array.of(1))))
  if (length <= block.length) return length === block.length ? block : block.slice(0, length)
  const output = new Uint8Array(length)
  output.set(block)
  for (let at = block.length, i = 2; at < length; i++) {
    block = yield* settle(hash.hmac(secret, concat(block, info, Uint8Array.of(i))))
    output.set(block.subarray(0, length - at), at)
    at += block.length
  }
  return output
}

/** RFC 8446 §7.1. @param label without its "tls13 " */
export function hkdfExpandLabel(
  hash: HashFunction,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  const info = encode(HkdfLabel, { length, label: fromText(`tls13 ${label}`), context })
  return hkdfExpand(hash, secret, info, length)
}

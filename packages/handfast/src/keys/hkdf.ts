/** HKDF (RFC 5869) and its labels (RFC 8446 §7.1), made of the provider's HMAC. */
import { type MaybePromise, runSteps, type Steps, settle, whenKnown } from '@handfast/x509'
import { concat } from '../codec/bytes.ts'
import type { HashFunction } from '../crypto/provider.ts'

const nothing = new Uint8Array(0)

/** Before every label (RFC 8446 §7.1). */
const labelPrefix = 'tls13 '

/**
 * HkdfLabel (RFC 8446 §7.1), written by hand: a handshake needs some thirty of them, and describing each by the
 * presentation language took as long as its HMAC. A test compares it with that description.
 *
 * ```
 *   uint16 length; opaque label<7..255>; opaque context<0..255>;
 * ```
 * @param label without its "tls13 ", in ASCII
 * @throws RangeError where label or context is longer than its length can say
 */
export function hkdfLabel(label: string, context: Uint8Array, length: number): Uint8Array {
  return writeLabel(label, context, length, 0)
}

/** @param behind further bytes behind the structure */
function writeLabel(
  label: string,
  context: Uint8Array,
  length: number,
  behind: number,
): Uint8Array {
  const labelLength = labelPrefix.length + label.length
  if (labelLength > 255 || context.length > 255 || length > 0xffff)
    throw new RangeError('a label, its context or the length wanted does not fit an HkdfLabel')
  const info = new Uint8Array(4 + labelLength + context.length + behind)
  info[0] = length >> 8
  info[1] = length & 0xff
  info[2] = labelLength
  for (let i = 0; i < labelPrefix.length; i++) info[3 + i] = labelPrefix.charCodeAt(i)
  const at = 3 + labelPrefix.length
  for (let i = 0; i < label.length; i++) info[at + i] = label.charCodeAt(i)
  info[3 + labelLength] = context.length
  info.set(context, 4 + labelLength)
  return info
}

/** RFC 5869 §2.2 */
export function hkdfExtract(
  hash: HashFunction,
  salt: Uint8Array,
  inputKeyingMaterial: Uint8Array,
): MaybePromise<Uint8Array> {
  return hash.hmac(salt, inputKeyingMaterial)
}

/** RFC 5869 §2.3. @param length bytes, at the most 255 times the hash's output */
export function* hkdfExpand(
  hash: HashFunction,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  let block = yield* settle(hash.hmac(secret, concat(info, Uint8Array.of(1))))
  if (length === block.length) return block
  // A key is a part of what HMAC gave: the rest of the bytes are as secret, and nobody else will wipe them.
  const output = new Uint8Array(length)
  output.set(block.subarray(0, length))
  for (let at = block.length, i = 2; at < length; i++) {
    const input = concat(block, info, Uint8Array.of(i))
    block.fill(0)
    block = yield* settle(hash.hmac(secret, input))
    input.fill(0)
    output.set(block.subarray(0, length - at), at)
    at += block.length
  }
  block.fill(0)
  return output
}

/**
 * RFC 8446 §7.1. No generator: a handshake asks some forty times.
 * @param label without its "tls13 "
 */
export function hkdfExpandLabel(
  hash: HashFunction,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): MaybePromise<Uint8Array> {
  if (length > hash.outputLength)
    return runSteps(hkdfExpand(hash, secret, hkdfLabel(label, context, length), length))
  // All that a handshake asks for: one block, whose number stands behind the label.
  const info =
    context.length === 0 ? constantInfo(label, length) : blockInfo(label, context, length)
  return whenKnown(hash.hmac(secret, info), (block) => cut(block, length))
}

/** What HMAC takes for the first block: HkdfLabel, and the block's number. */
function blockInfo(label: string, context: Uint8Array, length: number): Uint8Array {
  const info = writeLabel(label, context, length, 1)
  info[info.length - 1] = 1
  return info
}

/** Without a context the labels are the protocol's own, which are few: key, iv, finished. By label, then by length. */
const constantInfos = new Map<string, Uint8Array[]>()

function constantInfo(label: string, length: number): Uint8Array {
  const known = constantInfos.get(label)?.[length]
  if (known !== undefined) return known
  const info = blockInfo(label, nothing, length)
  const infos = constantInfos.get(label) ?? []
  infos[length] = info
  constantInfos.set(label, infos)
  return info
}

/** The rest of the bytes are as secret as those that are wanted, and nobody else will wipe them. */
function cut(block: Uint8Array, length: number): Uint8Array {
  if (length === block.length) return block
  const output = block.slice(0, length)
  block.fill(0)
  return output
}

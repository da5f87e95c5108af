/**
 * Hashes and HMAC over node:crypto.
 *
 * The inputs of a handshake are so short that the call costs more than the hash. The one-shot `crypto.hash` (Node
 * 20.12) is twice as fast as `createHash`, and HMAC made of two of them is faster than `createHmac` on every version
 * measured, six times on Node 24. A digest comes back as a Latin-1 string, because a string is cheaper to make than
 * a Buffer; a MAC, which may be a secret, comes back as bytes. The numbers are in bench/NOTES.md.
 */
import * as crypto from 'node:crypto'
import type { HashFunction } from '../provider.ts'
import { plain } from './bytes.ts'

type HashName = HashFunction['name']

/** `crypto.hash`, which the type definitions of Node 20 lack. */
interface OneShotHash {
  (algorithm: string, data: Uint8Array, outputEncoding: 'latin1'): string
  (algorithm: string, data: Uint8Array, outputEncoding: 'buffer'): Uint8Array
}

const oneShotHash = (crypto as unknown as { readonly hash?: OneShotHash }).hash

/** Longer messages than the schedule's get an array of their own, in bytes. */
const scratchMessageLength = 512

function writeLatin1(target: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i)
}

function oneShot(
  hash: OneShotHash,
  name: HashName,
  outputLength: number,
  blockLength: number,
): HashFunction {
  // Used and wiped within one call, which nothing can interrupt.
  const innerScratch = new Uint8Array(blockLength + scratchMessageLength)
  const outer = new Uint8Array(blockLength + outputLength)
  /** Of the inner scratch, by length: a view is made once. */
  const views: Uint8Array[] = []

  return {
    name,
    outputLength,
    digest(data) {
      const digest = new Uint8Array(outputLength)
      writeLatin1(digest, 0, hash(name, data, 'latin1'))
      return digest
    },
    hmac(key, data) {
      // RFC 2104 §2: H(K XOR opad, H(K XOR ipad, data)), with K hashed first where it is longer than a block.
      const k = key.length > blockLength ? hash(name, key, 'buffer') : key
      const length = blockLength + data.length
      let inner: Uint8Array
      if (data.length > scratchMessageLength) inner = new Uint8Array(length)
      else inner = views[length] ??= innerScratch.subarray(0, length)
      for (let i = 0; i < k.length; i++) {
        const byte = k[i]!
        inner[i] = byte ^ 0x36
        outer[i] = byte ^ 0x5c
      }
      inner.fill(0x36, k.length, blockLength)
      outer.fill(0x5c, k.length, blockLength)
      inner.set(data, blockLength)
      const innerDigest = hash(name, inner, 'latin1')
      writeLatin1(outer, blockLength, innerDigest)
      const mac = plain(hash(name, outer, 'buffer'))
      inner.fill(0)
      outer.fill(0)
      return mac
    },
  }
}

function streaming(name: HashName, outputLength: number): HashFunction {
  return {
    name,
    outputLength,
    digest: (data) => plain(crypto.createHash(name).update(data).digest()),
    hmac: (key, data) => plain(crypto.createHmac(name, key).update(data).digest()),
  }
}

/** @param blockLength B of RFC 2104 in bytes: what the hash works on at a time */
export function hashFunction(
  name: HashName,
  outputLength: number,
  blockLength: number,
): HashFunction {
  return oneShotHash === undefined
    ? streaming(name, outputLength)
    : oneShot(oneShotHash, name, outputLength, blockLength)
}

export const sha1: HashFunction = /* @__PURE__ */ hashFunction('sha1', 20, 64)
export const sha256: HashFunction = /* @__PURE__ */ hashFunction('sha256', 32, 64)
export const sha384: HashFunction = /* @__PURE__ */ hashFunction('sha384', 48, 128)
export const sha512: HashFunction = /* @__PURE__ */ hashFunction('sha512', 64, 128)

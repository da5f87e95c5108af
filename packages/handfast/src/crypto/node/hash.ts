/**
 * Hashes and HMAC over node:crypto.
 *
 * The short inputs of a key schedule make the call cost more than the hash. Where the platform has the one-shot
 * `crypto.hash` (Node 20.12), a digest takes 0.8 µs instead of 1.4 µs, and HMAC as two one-shot hashes beats
 * `createHmac` (on OpenSSL 3.5, several times). Elsewhere the streaming objects do. See bench/NOTES.md.
 */
import * as crypto from 'node:crypto'
import type { HashFunction } from '../provider.ts'
import { plain } from './bytes.ts'

type HashName = HashFunction['name']

/** `crypto.hash`, which the type definitions of older Nodes lack. */
type OneShot = (algorithm: string, data: Uint8Array, encoding: 'buffer') => Uint8Array
const oneShot = (crypto as unknown as { hash?: OneShot }).hash

/** A hash of RFC 6234 (or SHA-1) and its HMAC; `blockLength` is B of RFC 2104 in bytes. */
function hashFunction(name: HashName, outputLength: number, blockLength: number): HashFunction {
  if (oneShot === undefined) {
    return {
      name,
      outputLength,
      digest: (data) => plain(crypto.createHash(name).update(data).digest()),
      hmac: (key, data) => plain(crypto.createHmac(name, key).update(data).digest()),
    }
  }
  const hash = oneShot
  return {
    name,
    outputLength,
    digest: (data) => plain(hash(name, data, 'buffer')),
    hmac(key, data) {
      const inner = new Uint8Array(blockLength + data.length)
      const outer = new Uint8Array(blockLength + outputLength)
      inner.set(key.length > blockLength ? hash(name, key, 'buffer') : key)
      for (let i = 0; i < blockLength; i++) {
        const byte = inner[i]!
        inner[i] = byte ^ 0x36
        outer[i] = byte ^ 0x5c
      }
      inner.set(data, blockLength)
      outer.set(hash(name, inner, 'buffer'), blockLength)
      const mac = plain(hash(name, outer, 'buffer'))
      inner.fill(0, 0, blockLength)
      outer.fill(0)
      return mac
    },
  }
}

export const sha1: HashFunction = /* @__PURE__ */ hashFunction('sha1', 20, 64)
export const sha256: HashFunction = /* @__PURE__ */ hashFunction('sha256', 32, 64)
export const sha384: HashFunction = /* @__PURE__ */ hashFunction('sha384', 48, 128)
export const sha512: HashFunction = /* @__PURE__ */ hashFunction('sha512', 64, 128)

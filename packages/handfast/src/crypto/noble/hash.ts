/** Hashes and HMAC over @noble/hashes. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import {
  sha256 as nobleSha256,
  sha384 as nobleSha384,
  sha512 as nobleSha512,
} from '@noble/hashes/sha2.js'
import type { CHash } from '@noble/hashes/utils.js'
import type { HashFunction } from '../provider.ts'

function hashFunction(name: HashFunction['name'], hash: CHash): HashFunction {
  return {
    name,
    outputLength: hash.outputLen,
    digest: (data) => hash(data),
    hmac: (key, data) => hmac(hash, key, data),
  }
}

export const sha1: HashFunction = /* @__PURE__ */ hashFunction('sha1', nobleSha1)
export const sha256: HashFunction = /* @__PURE__ */ hashFunction('sha256', nobleSha256)
export const sha384: HashFunction = /* @__PURE__ */ hashFunction('sha384', nobleSha384)
export const sha512: HashFunction = /* @__PURE__ */ hashFunction('sha512', nobleSha512)

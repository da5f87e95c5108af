/** The digests of TLS 1.1 and TLS 1.0, and their PRF: MD5 and SHA-1 at once, in case one of them broke (RFC 4346 §5, RFC 2246 §5). */
import type { Steps } from '@handfast/x509'
import { concat, fromText } from '../codec/bytes.ts'
import { sha1 } from '../crypto/node/hash.ts'
import { md5 } from '../crypto/node/legacy.ts'
import type { HashFunction } from '../crypto/provider.ts'
import { expand } from '../keys/prf.ts'

/** MD5 and SHA-1, one after the other: of transcripts, and of what RSA keys sign. Nothing makes a MAC of it. */
export const md5Sha1: HashFunction = {
  name: 'md5-sha1',
  outputLength: md5.outputLength + sha1.outputLength,
  digest: (data) => concat(md5.digest(data) as Uint8Array, sha1.digest(data) as Uint8Array),
  hmac() {
    throw new TypeError('HMAC is of one hash')
  },
}

/** PRF(secret, label, seed): P_MD5 of the first half of the secret, XOR P_SHA-1 of the second. @param length bytes */
export function* prf10(
  _hash: HashFunction,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  // A secret of an odd length has its middle byte in both halves.
  const half = Math.ceil(secret.length / 2)
  const labelled = concat(fromText(label), seed)
  const output = yield* expand(md5, secret.subarray(0, half), labelled, length)
  const other = yield* expand(sha1, secret.subarray(secret.length - half), labelled, length)
  for (let i = 0; i < length; i++) output[i]! ^= other[i]!
  other.fill(0)
  return output
}

/** What versions before TLS 1.2 need of node:crypto, and nothing else does: only `handfast/legacy` imports it. */
import { constants, publicDecrypt } from 'node:crypto'
import type { BlockCipher, HashFunction } from '../provider.ts'
import { cbc } from './cbc.ts'
import { hashFunction } from './hash.ts'
import { publicKeys } from './publicKeys.ts'

export const md5: HashFunction = /* @__PURE__ */ hashFunction('md5', 16, 64)

/** Its blocks have 64 bits: after some gigabytes under one key two of them are alike by chance, and betray something (Sweet32). */
export const tripleDesCbc: BlockCipher = /* @__PURE__ */ cbc('3DES-EDE-CBC', 'des-ede3-cbc', 24, 8)

/**
 * A signature by RSASSA-PKCS1-v1_5 over bytes without a DigestInfo around them (RFC 4346 §4.7).
 * @returns false for a bad one, and for a key that is not RSA's
 */
export function verifyBareRsa(
  spki: Uint8Array,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const { object } = publicKeys.find(spki)
    const found = publicDecrypt({ key: object, padding: constants.RSA_PKCS1_PADDING }, signature)
    return found.equals(signed)
  } catch {
    return false
  }
}

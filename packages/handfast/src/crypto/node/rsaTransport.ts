/**
 * RSA key transport of TLS 1.2 (RFC 5246 §7.4.7.1) over node:crypto: a client encrypts, a server decrypts and tells nobody
 * whether it could. Who learns from a server whether a ciphertext was well padded can decrypt recorded connections
 * (Bleichenbacher 1998, ROBOT 2017, Marvin 2023).
 *
 * Two ways, since what Node allows differs (CVE-2023-46809):
 * - where OpenSSL rejects implicitly (3.2 and later), it answers random bytes for bad padding, in the time of good padding;
 *   what is checked here of such an answer says nothing about the padding;
 * - before that Node refuses this padding. The number is then taken as it is, which OpenSSL computes in constant time, and
 *   the padding is checked here, without a branch or an index that depends on a byte of it. That is as much as JavaScript
 *   can do: its engine promises nothing about time.
 */
import {
  constants,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto'
import { readElement } from '../der.ts'
import { plain } from './bytes.ts'

/** Of a premaster secret, in bytes (RFC 5246 §7.4.7.1). */
const premasterLength = 48

export function rsaEncrypt(spki: Uint8Array, message: Uint8Array): Uint8Array | undefined {
  try {
    readElement(spki, 0x30)
    const key = createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' })
    if (key.asymmetricKeyType !== 'rsa') return undefined
    return plain(publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, message))
  } catch {
    return undefined
  }
}

/** Whether this Node decrypts with PKCS #1 padding and never fails: found out once, with whatever key comes first. */
let rejectsImplicitly: boolean | undefined

function findOut(key: KeyObject, modulusLength: number): boolean {
  try {
    // Two numbers that are no encryption of anything: a decryption that fails loudly would fail for one of them.
    for (const value of [1, 2]) {
      const number = new Uint8Array(modulusLength)
      number[modulusLength - 1] = value
      privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, number)
    }
    return true
  } catch {
    return false
  }
}

/** See `SigningKey.decryptPremaster`. @param key an RSA key. @param ciphertext public */
export function decryptPremaster(
  key: KeyObject,
  ciphertext: Uint8Array,
  version: number,
  otherwise: Uint8Array,
): Uint8Array {
  const modulusLength = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  rejectsImplicitly ??= findOut(key, modulusLength)
  return rejectsImplicitly
    ? byImplicitRejection(key, ciphertext, version, otherwise)
    : byRawDecryption(key, modulusLength, ciphertext, version, otherwise)
}

function byImplicitRejection(
  key: KeyObject,
  ciphertext: Uint8Array,
  version: number,
  otherwise: Uint8Array,
): Uint8Array {
  let decrypted: Uint8Array = new Uint8Array(0)
  try {
    decrypted = plain(privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, ciphertext))
  } catch {
    // A number that is not below the modulus, or of another length: anybody can see that of the ciphertext.
  }
  // A length that is another than 48 may be the one of a random answer, too.
  const padded = new Uint8Array(premasterLength)
  padded.set(decrypted.subarray(0, premasterLength))
  return choose(equal(decrypted.length, premasterLength), padded, version, otherwise)
}

function byRawDecryption(
  key: KeyObject,
  modulusLength: number,
  ciphertext: Uint8Array,
  version: number,
  otherwise: Uint8Array,
): Uint8Array {
  let block: Uint8Array = new Uint8Array(modulusLength)
  try {
    block = plain(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext))
  } catch {
    // As above.
  }
  // RFC 8017 §7.2.2: 00 02, bytes that are not zero, 00, and the message, whose length is known here.
  const start = modulusLength - premasterLength
  let good = equal(block[0]!, 0) & equal(block[1]!, 2) & equal(block[start - 1]!, 0)
  for (let i = 2; i < start - 1; i++) good &= ~equal(block[i]!, 0)
  const chosen = choose(good, block.subarray(start), version, otherwise)
  block.fill(0)
  return chosen
}

/** The premaster secret where it is good and begins with the version, else the other; both are read in full. */
function choose(
  good: number,
  premaster: Uint8Array,
  version: number,
  otherwise: Uint8Array,
): Uint8Array {
  const mask = good & equal(premaster[0]!, version >> 8) & equal(premaster[1]!, version & 0xff)
  const chosen = new Uint8Array(premasterLength)
  for (let i = 0; i < premasterLength; i++)
    chosen[i] = (premaster[i]! & mask) | (otherwise[i]! & ~mask)
  return chosen
}

/** All ones where a and b, both below 2^31, are equal, else zero; without a branch. */
function equal(a: number, b: number): number {
  const difference = a ^ b
  return ~((difference | -difference) >> 31)
}

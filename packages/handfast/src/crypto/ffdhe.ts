/**
 * The finite-field groups of RFC 7919 (Appendix A.1 and A.2), and what a share must be, whoever computes with it. The
 * larger ones are left out: they cost a multiple for no security that a curve does not give.
 */
import { NamedGroup } from '../codec/registry.ts'

export interface FfdheParameters {
  readonly id: number
  readonly name: 'ffdhe2048' | 'ffdhe3072'
  /** The safe prime p, big-endian, in hexadecimal. The generator is 2. */
  readonly primeHex: string
  /** Of p, of a share and of the secret, in bytes. */
  readonly length: number
  /** Of a private exponent, in bytes: what RFC 7919 §5.2 asks for (225 and 275 bits), and some more. */
  readonly exponentLength: number
}

export const ffdhe2048Parameters: FfdheParameters = {
  id: NamedGroup.ffdhe2048,
  name: 'ffdhe2048',
  length: 256,
  exponentLength: 32,
  primeHex:
    'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fb' +
    'cc939dce249b3ef97d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0' +
    '856365553ded1af3b557135e7f57c935984f0c70e0e68b77e2a689daf3efe8721df158a136ade735' +
    '30acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4' +
    'ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f619172fe9ce98583ff' +
    '8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa' +
    '886b423861285c97ffffffffffffffff',
}

export const ffdhe3072Parameters: FfdheParameters = {
  id: NamedGroup.ffdhe3072,
  name: 'ffdhe3072',
  length: 384,
  exponentLength: 40,
  primeHex:
    'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fb' +
    'cc939dce249b3ef97d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0' +
    '856365553ded1af3b557135e7f57c935984f0c70e0e68b77e2a689daf3efe8721df158a136ade735' +
    '30acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4' +
    'ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f619172fe9ce98583ff' +
    '8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa' +
    '886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee' +
    '598cb0fac186d91caefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff' +
    '5cae82ab9c9df69ee86d2bc522363a0dabc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef' +
    '3c1b20ee3fd59d7c25e41d2b66c62e37ffffffffffffffff',
}

/** RFC 8446 §4.2.8.1: a share is as long as p, padded on the left, and 1 < Y < p - 1. */
export function isValidFfdheShare(share: Uint8Array, prime: Uint8Array): boolean {
  if (share.length !== prime.length) return false
  const last = share.length - 1
  let isSmall = share[last]! <= 1
  for (let i = 0; i < last && isSmall; i++) isSmall = share[i] === 0
  if (isSmall) return false
  for (let i = 0; i < last; i++) {
    if (share[i] !== prime[i]) return share[i]! < prime[i]!
  }
  // p is odd, so that p - 1 differs in the last byte only.
  return share[last]! < prime[last]! - 1
}

/** What this Node can do beyond Node 20.20: detected, never assumed of a version. What it does fast has to be. */
import * as crypto from 'node:crypto'
import { createPublicKey } from 'node:crypto'

/** Keys as bare bytes in and out of KeyObjects (`format: 'raw-public'`), which needs no DER around them. */
let rawKeys: boolean | undefined

export function hasRawKeys(): boolean {
  if (rawKeys === undefined) {
    try {
      const input = {
        key: Uint8Array.of(9, ...new Uint8Array(31)),
        format: 'raw-public',
        asymmetricKeyType: 'x25519',
      }
      createPublicKey(input as unknown as crypto.PublicKeyInput)
      rawKeys = true
    } catch {
      rawKeys = false
    }
  }
  return rawKeys
}

/** `crypto.encapsulate` and `crypto.decapsulate`, which the type definitions of Node 20 lack. */
export interface PlatformKem {
  encapsulate(publicKey: crypto.KeyObject): { sharedKey: Uint8Array; ciphertext: Uint8Array }
  decapsulate(privateKey: crypto.KeyObject, ciphertext: Uint8Array): Uint8Array
}

let mlKem: PlatformKem | null | undefined

/** ML-KEM needs both a Node that has the calls (24.7) and an OpenSSL that has the algorithm (3.5). */
export function platformMlKem(): PlatformKem | undefined {
  if (mlKem === undefined) {
    mlKem = null
    const calls = crypto as unknown as Partial<PlatformKem>
    if (calls.encapsulate !== undefined && calls.decapsulate !== undefined) {
      try {
        crypto.generateKeyPairSync('ml-kem-768' as 'x25519')
        mlKem = { encapsulate: calls.encapsulate, decapsulate: calls.decapsulate }
      } catch {
        // OpenSSL is older than 3.5.
      }
    }
  }
  return mlKem ?? undefined
}

/** ML-DSA came to node:crypto a release before ML-KEM (24.6), and needs the same OpenSSL. */
export const hasMlDsa: boolean = /* @__PURE__ */ (() => {
  const [major = 0, minor = 0] = (process.versions.openssl ?? '').split('.').map(Number)
  return 'encapsulate' in crypto && (major > 3 || (major === 3 && minor >= 5))
})()

/**
 * From Node 24 on a cipher begins with a KeyObject ten times as fast as with bytes. Before, it makes no difference, and the
 * KeyObject itself takes longer to make than the cipher.
 */
export const prefersKeyObjects: boolean = /* @__PURE__ */ (() =>
  Number(process.versions.node?.split('.')[0]) >= 24)()

/**
 * Makes a call without a stack trace for the errors within it. Node 24 finds out by an exception whether an argument is a
 * KeyObject or a description of one, and its stack trace takes longer than reading a key (20 µs to 6, bench/NOTES.md). For
 * calls whose errors nobody sees.
 */
export function withoutStackTraces<T>(call: () => T): T {
  const { stackTraceLimit } = Error
  // A program may have frozen it.
  Reflect.set(Error, 'stackTraceLimit', 0)
  try {
    return call()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

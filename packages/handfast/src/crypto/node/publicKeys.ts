/**
 * Public keys that verified something, kept as KeyObjects: having OpenSSL 3.0 read a SubjectPublicKeyInfo costs more
 * than an ECDSA verification (110 µs to 70 µs), and the same few authorities and servers come again and again.
 *
 * Only public data is kept, only for keys under which a signature was good (so that garbage displaces nothing), and
 * only so many of them.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { DerTag, readElement } from '../der.ts'

export interface PublicKey {
  readonly object: KeyObject
  /** Node's `asymmetricKeyType`. */
  readonly type: string | undefined
  /** OpenSSL's name of the named curve; empty for other keys and for curves given by their parameters. */
  readonly curve: string
}

export interface PublicKeys {
  /** @throws where the key is not one */
  find(spki: Uint8Array): PublicKey
  keep(spki: Uint8Array, key: PublicKey): void
}

function readKey(spki: Uint8Array): PublicKey {
  // OpenSSL overlooks bytes that follow; a SubjectPublicKeyInfo is one SEQUENCE and nothing else.
  readElement(spki, DerTag.sequence)
  const object = createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' })
  return {
    object,
    type: object.asymmetricKeyType,
    curve: object.asymmetricKeyDetails?.namedCurve ?? '',
  }
}

/** @param capacity how many keys are kept; the one that was used longest ago goes first */
export function createPublicKeys(capacity: number): PublicKeys {
  // A Map remembers the order of insertion: the first is the oldest.
  const kept = new Map<string, PublicKey>()
  return {
    find: (spki) => kept.get(nameOf(spki)) ?? readKey(spki),
    keep(spki, key) {
      const name = nameOf(spki)
      kept.delete(name)
      kept.set(name, key)
      if (kept.size > capacity) {
        for (const oldest of kept.keys()) {
          kept.delete(oldest)
          break
        }
      }
    },
  }
}

function nameOf(spki: Uint8Array): string {
  return Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString('latin1')
}

export const publicKeys: PublicKeys = /* @__PURE__ */ createPublicKeys(256)

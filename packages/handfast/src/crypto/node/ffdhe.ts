/**
 * ffdhe2048 and ffdhe3072 (RFC 7919; RFC 8446 §4.2.8.1, §7.4.1) over KeyObjects.
 *
 * Not over `createDiffieHellman`: from Node 24 on it tests p for primality at each call, a quarter of a second, which
 * a peer could ask for as often as it likes. Key generation knows the groups of RFC 7919, and so their short exponents.
 */

import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { padLeft } from '../../codec/bytes.ts'
import { DerTag, derElement, derInteger, readElement, readElements } from '../der.ts'
import {
  type FfdheParameters,
  ffdhe2048Parameters,
  ffdhe3072Parameters,
  isValidFfdheShare,
} from '../ffdhe.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { fromHex } from './bytes.ts'

/** dhKeyAgreement, 1.2.840.113549.1.3.1 (PKCS #3). */
const dhKeyAgreement = '06092a864886f70d010301'

/** Of the kind that the type definitions leave out. */
const generateDhKeyPair = generateKeyPairSync as unknown as (
  type: 'dh',
  options: { prime: Uint8Array; generator: number },
) => { privateKey: KeyObject; publicKey: KeyObject }

interface FiniteField {
  readonly id: number
  readonly name: string
  /** Of p, in bytes. */
  readonly length: number
  readonly newPrime: () => Uint8Array
  readonly generator: number
}

function group({ id, name, length, newPrime, generator }: FiniteField): KeyExchangeGroup {
  let made: { prime: Uint8Array; algorithm: Uint8Array } | undefined

  /** The prime, and the AlgorithmIdentifier of a SubjectPublicKeyInfo that carries it. */
  function constants() {
    if (made === undefined) {
      const prime = newPrime()
      const parameters = derElement(
        DerTag.sequence,
        derInteger(prime),
        derInteger(bytesOf(generator)),
      )
      made = {
        prime,
        algorithm: derElement(DerTag.sequence, fromHex(dhKeyAgreement), parameters),
      }
    }
    return made
  }

  function newKey(): { privateKey: KeyObject; share: Uint8Array } {
    const { privateKey, publicKey } = generateDhKeyPair('dh', {
      prime: constants().prime,
      generator,
    })
    const spki = readElement(publicKey.export({ format: 'der', type: 'spki' }), DerTag.sequence)
    const [, bits] = readElements(spki.content)
    const y = readElement(bits!.content.subarray(1), DerTag.integer)
    return { privateKey, share: padLeft(y.content, length) }
  }

  function agree(privateKey: KeyObject, share: Uint8Array): Uint8Array | undefined {
    const { prime, algorithm } = constants()
    if (!isValidFfdheShare(share, prime)) return undefined
    const bits = derElement(DerTag.bitString, Uint8Array.of(0), derInteger(share))
    const spki = derElement(DerTag.sequence, algorithm, bits)
    try {
      const publicKey = createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' })
      return padLeft(diffieHellman({ privateKey, publicKey }), length)
    } catch {
      // OpenSSL 3.0 also refuses what is outside of the subgroup of prime order.
      return undefined
    }
  }

  return {
    id,
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate() {
      const own = newKey()
      let privateKey: KeyObject | undefined = own.privateKey
      return {
        share: own.share,
        decapsulate(serverShare) {
          if (privateKey === undefined) throw new Error(`${name}: the key was destroyed`)
          return agree(privateKey, serverShare)
        },
        destroy() {
          privateKey = undefined
        },
      }
    },
    encapsulate(clientShare) {
      if (!isValidFfdheShare(clientShare, constants().prime)) return undefined
      const { privateKey, share } = newKey()
      const secret = agree(privateKey, clientShare)
      return secret === undefined ? undefined : { share, secret }
    },
  }
}

function bytesOf(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

function ffdheGroup({ primeHex, ...shape }: FfdheParameters): KeyExchangeGroup {
  return group({ ...shape, newPrime: () => fromHex(primeHex), generator: 2 })
}

/** A group that a server names by its numbers. node:crypto takes generators below 2^31 only; all in use are. */
export function finiteFieldGroup(
  prime: Uint8Array,
  generator: Uint8Array,
): KeyExchangeGroup | undefined {
  const g = generator.reduce((value, byte) => value * 256 + byte, 0)
  if (g >= 2 ** 31) return undefined
  const copy = prime.slice()
  return group({
    id: 0,
    name: `a finite field of ${prime.length * 8} bits`,
    length: prime.length,
    newPrime: () => copy,
    generator: g,
  })
}

export const ffdhe2048: KeyExchangeGroup = /* @__PURE__ */ ffdheGroup(ffdhe2048Parameters)
export const ffdhe3072: KeyExchangeGroup = /* @__PURE__ */ ffdheGroup(ffdhe3072Parameters)

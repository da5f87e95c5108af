/** The groups over @noble/curves and @noble/post-quantum (RFC 8446 §4.2.8, §7.4). */

import { pow } from '@noble/curves/abstract/modular.js'
import { x448 as nobleX448 } from '@noble/curves/ed448.js'
import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { NamedGroup } from '../../codec/registry.ts'
import {
  type FfdheParameters,
  ffdhe2048Parameters,
  ffdhe3072Parameters,
  isValidFfdheShare,
} from '../ffdhe.ts'
import { mlKemGroup, secP256r1MlKem768, secP384r1MlKem1024, x25519MlKem768 } from '../hybrid.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { nobleMlKem768, nobleMlKem1024 } from './mlKem.ts'
import { random } from './random.ts'

/** What differs between the groups of Diffie-Hellman: everything else follows. */
interface DiffieHellman {
  readonly id: number
  readonly name: string
  readonly length: number
  newPrivateKey(): Uint8Array
  publicKey(privateKey: Uint8Array): Uint8Array
  /** @returns undefined, or throws, where the share is not valid; its length was checked */
  agree(privateKey: Uint8Array, share: Uint8Array): Uint8Array | undefined
}

function group(dh: DiffieHellman): KeyExchangeGroup {
  const { id, name, length } = dh

  function agree(privateKey: Uint8Array, share: Uint8Array): Uint8Array | undefined {
    if (share.length !== length) return undefined
    try {
      return dh.agree(privateKey, share)
    } catch {
      return undefined
    }
  }

  return {
    id,
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate() {
      const privateKey = dh.newPrivateKey()
      let destroyed = false
      return {
        share: dh.publicKey(privateKey),
        decapsulate(serverShare) {
          if (destroyed) throw new Error(`${name}: the key was destroyed`)
          return agree(privateKey, serverShare)
        },
        destroy() {
          destroyed = true
          privateKey.fill(0)
        },
      }
    },
    encapsulate(clientShare) {
      const privateKey = dh.newPrivateKey()
      const secret = agree(privateKey, clientShare)
      const share = secret === undefined ? undefined : dh.publicKey(privateKey)
      privateKey.fill(0)
      return secret === undefined || share === undefined ? undefined : { share, secret }
    },
  }
}

function montgomery(name: 'x25519' | 'x448', curve: typeof nobleX25519): KeyExchangeGroup {
  return group({
    id: NamedGroup[name],
    name,
    length: curve.lengths.publicKey!,
    newPrivateKey: () => curve.utils.randomSecretKey(),
    publicKey: (privateKey) => curve.getPublicKey(privateKey),
    // noble throws where the secret is all zeros (RFC 7748 §6.1).
    agree: (privateKey, share) => curve.getSharedSecret(privateKey, share),
  })
}

function weierstrass(
  name: 'secp256r1' | 'secp384r1' | 'secp521r1',
  curve: typeof p256,
): KeyExchangeGroup {
  return group({
    id: NamedGroup[name],
    name,
    length: curve.lengths.publicKeyUncompressed!,
    newPrivateKey: () => curve.utils.randomSecretKey(),
    publicKey: (privateKey) => curve.getPublicKey(privateKey, false),
    agree(privateKey, share) {
      // RFC 8446 §4.2.8.2: the uncompressed form only.
      if (share[0] !== 4) return undefined
      // noble answers the point, compressed: a prefix and the X coordinate, which is the secret (RFC 8446 §7.4.2).
      return curve.getSharedSecret(privateKey, share, true).slice(1)
    },
  })
}

/** The prime is made a number once; the rest is noble's modular exponentiation, whose time depends on the exponent. */
function ffdhe({ primeHex, ...shape }: FfdheParameters): KeyExchangeGroup {
  return finiteField({ ...shape, newPrime: () => BigInt(`0x${primeHex}`), generator: 2n })
}

/** A group that a server names by its numbers. */
export function finiteFieldGroup(prime: Uint8Array, generator: Uint8Array): KeyExchangeGroup {
  const number = bytesToNumberBE(prime)
  return finiteField({
    id: 0,
    name: `a finite field of ${prime.length * 8} bits`,
    length: prime.length,
    // Of a group whose order is not known: as long as the largest that RFC 7919 §5.2 asks for, and some more.
    exponentLength: 64,
    newPrime: () => number,
    generator: bytesToNumberBE(generator),
  })
}

interface FiniteField {
  readonly id: number
  readonly name: string
  /** Of p, and of a private exponent, in bytes. */
  readonly length: number
  readonly exponentLength: number
  readonly newPrime: () => bigint
  readonly generator: bigint
}

function finiteField(field: FiniteField): KeyExchangeGroup {
  const { id, name, length, exponentLength, newPrime, generator } = field
  let made: { bytes: Uint8Array; number: bigint } | undefined
  function prime() {
    if (made === undefined) {
      const number = newPrime()
      made = { number, bytes: numberToBytesBE(number, length) }
    }
    return made
  }
  function power(base: bigint, exponent: Uint8Array): Uint8Array {
    return numberToBytesBE(pow(base, bytesToNumberBE(exponent), prime().number), length)
  }
  return group({
    id,
    name,
    length,
    newPrivateKey() {
      const exponent = random(exponentLength)
      // The top bit set: never zero, and never short.
      exponent[0] = exponent[0]! | 0x80
      return exponent
    },
    publicKey: (privateKey) => power(generator, privateKey),
    agree: (privateKey, share) =>
      isValidFfdheShare(share, prime().bytes)
        ? power(bytesToNumberBE(share), privateKey)
        : undefined,
  })
}

export const x25519: KeyExchangeGroup = /* @__PURE__ */ montgomery('x25519', nobleX25519)
export const x448: KeyExchangeGroup = /* @__PURE__ */ montgomery('x448', nobleX448)

export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp256r1', p256)
export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp384r1', p384)
export const secp521r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp521r1', p521)

export const ffdhe2048: KeyExchangeGroup = /* @__PURE__ */ ffdhe(ffdhe2048Parameters)
export const ffdhe3072: KeyExchangeGroup = /* @__PURE__ */ ffdhe(ffdhe3072Parameters)

export const MLKEM768: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM768', nobleMlKem768)
export const MLKEM1024: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM1024', nobleMlKem1024)

export const X25519MLKEM768: KeyExchangeGroup = /* @__PURE__ */ x25519MlKem768(
  nobleMlKem768,
  x25519,
)
export const SecP256r1MLKEM768: KeyExchangeGroup = /* @__PURE__ */ secP256r1MlKem768(
  secp256r1,
  nobleMlKem768,
)
export const SecP384r1MLKEM1024: KeyExchangeGroup = /* @__PURE__ */ secP384r1MlKem1024(
  secp384r1,
  nobleMlKem1024,
)

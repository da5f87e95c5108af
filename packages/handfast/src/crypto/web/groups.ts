/** The curves over WebCrypto (RFC 8446 §4.2.8, §7.4), whose private keys never leave the platform. */
import { NamedGroup } from '../../codec/registry.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { isNotSupported, type PlatformKey, type PlatformKeyPair, subtle } from '../webCrypto.ts'

/** What differs between the curves. */
interface Curve {
  readonly name: 'secp256r1' | 'secp384r1' | 'secp521r1' | 'x25519'
  /** WebCrypto's name and parameters. */
  readonly algorithm: { readonly name: 'ECDH' | 'X25519'; readonly namedCurve?: string }
  /** Of a share and of the secret, in bytes. */
  readonly shareLength: number
  readonly secretLength: number
}

/** @param otherwise what stands in where the platform has no such curve */
function group(curve: Curve, otherwise?: KeyExchangeGroup): KeyExchangeGroup {
  const { name, algorithm, shareLength, secretLength } = curve

  async function agree(
    privateKey: PlatformKey,
    share: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    if (share.length !== shareLength) return undefined
    // RFC 8446 §4.2.8.2: the uncompressed form only.
    if (algorithm.name === 'ECDH' && share[0] !== 4) return undefined
    try {
      const platform = subtle()
      const publicKey = await platform.importKey('raw', share, algorithm, false, [])
      const parameters = { name: algorithm.name, public: publicKey }
      const bits = await platform.deriveBits(parameters, privateKey, secretLength * 8)
      const secret = new Uint8Array(bits)
      return algorithm.name === 'X25519' && isZero(secret) ? undefined : secret
    } catch {
      return undefined
    }
  }

  /** @returns undefined where `otherwise` is to stand in */
  async function newKeyPair(): Promise<(PlatformKeyPair & { share: Uint8Array }) | undefined> {
    const platform = subtle()
    try {
      const pair = await platform.generateKey(algorithm, false, ['deriveBits'])
      const share = new Uint8Array(await platform.exportKey('raw', pair.publicKey))
      return { ...pair, share }
    } catch (error) {
      if (otherwise !== undefined && isNotSupported(error)) return undefined
      throw error
    }
  }

  return {
    id: NamedGroup[name],
    name,
    clientShareLength: shareLength,
    serverShareLength: shareLength,
    async generate() {
      const pair = await newKeyPair()
      if (pair === undefined) return otherwise!.generate()
      let privateKey: PlatformKey | undefined = pair.privateKey
      return {
        share: pair.share,
        decapsulate(serverShare) {
          if (privateKey === undefined) throw new Error(`${name}: the key was destroyed`)
          return agree(privateKey, serverShare)
        },
        destroy() {
          privateKey = undefined
        },
      }
    },
    async encapsulate(clientShare) {
      // Theirs may be wiped or used again before our key is there.
      const theirs = Uint8Array.from(clientShare)
      const pair = await newKeyPair()
      if (pair === undefined) return otherwise!.encapsulate(theirs)
      const secret = await agree(pair.privateKey, theirs)
      return secret && { share: pair.share, secret }
    },
  }
}

/** RFC 7748 §6.1: not every platform refuses such a secret. The time depends on the length alone. */
function isZero(secret: Uint8Array): boolean {
  let any = 0
  for (const byte of secret) any |= byte
  return any === 0
}

function nist(
  name: 'secp256r1' | 'secp384r1' | 'secp521r1',
  namedCurve: 'P-256' | 'P-384' | 'P-521',
  secretLength: number,
): Curve {
  const algorithm = { name: 'ECDH', namedCurve } as const
  return { name, algorithm, shareLength: 1 + 2 * secretLength, secretLength }
}

export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ group(
  /* @__PURE__ */ nist('secp256r1', 'P-256', 32),
)
export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ group(
  /* @__PURE__ */ nist('secp384r1', 'P-384', 48),
)

/** @param otherwise for platforms without P-521 */
export function secp521r1Or(otherwise: KeyExchangeGroup): KeyExchangeGroup {
  return group(nist('secp521r1', 'P-521', 66), otherwise)
}

/** @param otherwise for platforms without X25519, which came late to WebCrypto */
export function x25519Or(otherwise?: KeyExchangeGroup): KeyExchangeGroup {
  const algorithm = { name: 'X25519' } as const
  return group({ name: 'x25519', algorithm, shareLength: 32, secretLength: 32 }, otherwise)
}

export const x25519: KeyExchangeGroup = /* @__PURE__ */ x25519Or()

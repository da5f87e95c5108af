/**
 * ECDH on the NIST curves (RFC 8446 §4.2.8.2, §7.4.2) over `crypto.ECDH`, which takes and gives points as bytes:
 * KeyObjects would pay for a DER structure in each direction (see bench/NOTES.md).
 */
import { createECDH, type ECDH } from 'node:crypto'
import { NamedGroup } from '../../codec/registry.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { plain } from './bytes.ts'

function ecdhGroup(
  name: 'secp256r1' | 'secp384r1' | 'secp521r1',
  curve: string,
  coordinateLength: number,
): KeyExchangeGroup {
  const shareLength = 1 + 2 * coordinateLength

  /** OpenSSL checks that the point is on the curve; the form is ours to check: uncompressed only (RFC 8446 §4.2.8.2). */
  function agree(own: ECDH, share: Uint8Array): Uint8Array | undefined {
    if (share.length !== shareLength || share[0] !== 4) return undefined
    try {
      return plain(own.computeSecret(share))
    } catch {
      return undefined
    }
  }

  return {
    id: NamedGroup[name],
    name,
    clientShareLength: shareLength,
    serverShareLength: shareLength,
    generate() {
      let own: ECDH | undefined = createECDH(curve)
      const share = plain(own.generateKeys())
      return {
        share,
        decapsulate(serverShare) {
          if (own === undefined) throw new Error(`${name}: the key was destroyed`)
          return agree(own, serverShare)
        },
        destroy() {
          own = undefined
        },
      }
    },
    encapsulate(clientShare) {
      const own = createECDH(curve)
      const share = plain(own.generateKeys())
      const secret = agree(own, clientShare)
      return secret === undefined ? undefined : { share, secret }
    },
  }
}

export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup('secp256r1', 'prime256v1', 32)
export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup('secp384r1', 'secp384r1', 48)
export const secp521r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup('secp521r1', 'secp521r1', 66)

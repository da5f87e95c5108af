/**
 * ML-KEM (FIPS 203) over @noble/post-quantum. Its own `ml_kem768_x25519` is X-Wing, another thing than TLS's
 * X25519MLKEM768, which `crypto/hybrid.ts` composes.
 */
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import type { Kem } from '../kem.ts'

interface NobleKem {
  keygen(): { publicKey: Uint8Array; secretKey: Uint8Array }
  encapsulate(publicKey: Uint8Array): { cipherText: Uint8Array; sharedSecret: Uint8Array }
  decapsulate(cipherText: Uint8Array, secretKey: Uint8Array): Uint8Array
}

function mlKem(
  name: string,
  encapsulationKeyLength: number,
  ciphertextLength: number,
  noble: NobleKem,
): Kem {
  return {
    name,
    clientShareLength: encapsulationKeyLength,
    serverShareLength: ciphertextLength,
    generate() {
      const { publicKey, secretKey } = noble.keygen()
      let destroyed = false
      return {
        share: publicKey,
        decapsulate(ciphertext) {
          if (destroyed) throw new Error(`${name}: the key was destroyed`)
          if (ciphertext.length !== ciphertextLength) return undefined
          return noble.decapsulate(ciphertext, secretKey)
        },
        destroy() {
          destroyed = true
          secretKey.fill(0)
        },
      }
    },
    encapsulate(encapsulationKey) {
      if (encapsulationKey.length !== encapsulationKeyLength) return undefined
      try {
        const { cipherText, sharedSecret } = noble.encapsulate(encapsulationKey)
        return { share: cipherText, secret: sharedSecret }
      } catch {
        // noble makes the check of FIPS 203 §7.2: a coefficient was not below q.
        return undefined
      }
    },
  }
}

export const nobleMlKem768: Kem = /* @__PURE__ */ mlKem('ML-KEM-768', 1184, 1088, ml_kem768)
export const nobleMlKem1024: Kem = /* @__PURE__ */ mlKem('ML-KEM-1024', 1568, 1568, ml_kem1024)

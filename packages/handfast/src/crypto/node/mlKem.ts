/**
 * ML-KEM (FIPS 203) for the hybrid groups: the platform's where it has one (Node 24.7 with OpenSSL 3.5), else
 * @noble/post-quantum's, which costs about a millisecond for each operation.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Kem } from '../kem.ts'
import { nobleMlKem768, nobleMlKem1024 } from '../noble/mlKem.ts'
import { fromHex, plain } from './bytes.ts'
import { type PlatformKem, platformMlKem } from './platform.ts'
import { exportRaw, importRaw, type RawKeyKind } from './rawKey.ts'

function overPlatform(shape: Kem, kind: RawKeyKind, calls: PlatformKem): Kem {
  const { name, clientShareLength, serverShareLength } = shape
  return {
    name,
    clientShareLength,
    serverShareLength,
    generate() {
      const made = generateKeyPairSync(kind.type as 'x25519')
      let privateKey: KeyObject | undefined = made.privateKey
      return {
        share: exportRaw(kind, made.publicKey),
        decapsulate(ciphertext) {
          if (privateKey === undefined) throw new Error(`${name}: the key was destroyed`)
          if (ciphertext.length !== serverShareLength) return undefined
          return plain(calls.decapsulate(privateKey, ciphertext))
        },
        destroy() {
          privateKey = undefined
        },
      }
    },
    encapsulate(encapsulationKey) {
      if (encapsulationKey.length !== clientShareLength) return undefined
      let publicKey: KeyObject
      try {
        // OpenSSL makes the check of FIPS 203 §7.2 here: every coefficient below q.
        publicKey = importRaw(kind, encapsulationKey)
      } catch {
        return undefined
      }
      const { ciphertext, sharedKey } = calls.encapsulate(publicKey)
      return { share: plain(ciphertext), secret: plain(sharedKey) }
    },
  }
}

/** Decides at the first use, so that importing this module asks nothing of the platform. */
function mlKem(noble: Kem, kind: RawKeyKind): Kem {
  let chosen: Kem | undefined
  function choose(): Kem {
    const calls = platformMlKem()
    return calls === undefined ? noble : overPlatform(noble, kind, calls)
  }
  return {
    name: noble.name,
    clientShareLength: noble.clientShareLength,
    serverShareLength: noble.serverShareLength,
    generate() {
      chosen ??= choose()
      return chosen.generate()
    },
    encapsulate(encapsulationKey) {
      chosen ??= choose()
      return chosen.encapsulate(encapsulationKey)
    },
  }
}

// The headers: AlgorithmIdentifier by RFC 9935 §3, then the BIT STRING's tag, length and count of unused bits.

export const mlKem768: Kem = /* @__PURE__ */ mlKem(nobleMlKem768, {
  type: 'ml-kem-768',
  spkiHeader: /* @__PURE__ */ fromHex('308204b2300b0609608648016503040402038204a100'),
})

export const mlKem1024: Kem = /* @__PURE__ */ mlKem(nobleMlKem1024, {
  type: 'ml-kem-1024',
  spkiHeader: /* @__PURE__ */ fromHex('30820632300b06096086480165030404030382062100'),
})

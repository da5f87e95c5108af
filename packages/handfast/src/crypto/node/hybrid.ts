/** The groups with ML-KEM, of this provider's own parts. */
import { mlKemGroup, secP256r1MlKem768, secP384r1MlKem1024, x25519MlKem768 } from '../hybrid.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { secp256r1, secp384r1 } from './ecdh.ts'
import { mlKem768, mlKem1024 } from './mlKem.ts'
import { x25519 } from './xdh.ts'

export const X25519MLKEM768: KeyExchangeGroup = /* @__PURE__ */ x25519MlKem768(mlKem768, x25519)

export const MLKEM768: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM768', mlKem768)
export const MLKEM1024: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM1024', mlKem1024)

export const SecP256r1MLKEM768: KeyExchangeGroup = /* @__PURE__ */ secP256r1MlKem768(
  secp256r1,
  mlKem768,
)

export const SecP384r1MLKEM1024: KeyExchangeGroup = /* @__PURE__ */ secP384r1MlKem1024(
  secp384r1,
  mlKem1024,
)

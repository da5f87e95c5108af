/**
 * Hybrid groups: two key exchanges at once, so that the secret holds while either of them does
 * (draft-ietf-tls-ecdhe-mlkem). Shares and secrets are concatenated in the group's own order: X25519MLKEM768 puts
 * ML-KEM first, the two on NIST curves put the curve first.
 */
import type { MaybePromise } from '@handfast/x509'
import { NamedGroup } from '../codec/registry.ts'
import type { Kem } from './kem.ts'
import type { Encapsulation, KeyExchangeGroup, KeyPair } from './provider.ts'

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** The same, for two secrets that nobody needs apart. */
function joinSecrets(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = join(first, second)
  first.fill(0)
  second.fill(0)
  return whole
}

function isLater<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function'
}

/** Calls `combine` with both values: at once where both are there, later where one is not. */
function both<A, B, C>(
  first: MaybePromise<A>,
  second: MaybePromise<B>,
  combine: (first: A, second: B) => C,
): MaybePromise<C> {
  if (isLater(first) || isLater(second)) {
    return Promise.all([first, second]).then(([a, b]) => combine(a, b))
  }
  return combine(first, second)
}

/** Composes `first` and `second`. A share is valid when both of its parts are. */
export function hybridGroup(id: number, name: string, first: Kem, second: Kem): KeyExchangeGroup {
  const clientShareLength = first.clientShareLength + second.clientShareLength
  const serverShareLength = first.serverShareLength + second.serverShareLength

  function keyPair(a: KeyPair, b: KeyPair): KeyPair {
    return {
      share: join(a.share, b.share),
      decapsulate(serverShare) {
        if (serverShare.length !== serverShareLength) return undefined
        return both(
          a.decapsulate(serverShare.subarray(0, first.serverShareLength)),
          b.decapsulate(serverShare.subarray(first.serverShareLength)),
          (x, y) => (x === undefined || y === undefined ? undefined : joinSecrets(x, y)),
        )
      },
      destroy() {
        a.destroy()
        b.destroy()
      },
    }
  }

  function encapsulation(
    a: Encapsulation | undefined,
    b: Encapsulation | undefined,
  ): Encapsulation | undefined {
    if (a === undefined || b === undefined) return undefined
    return { share: join(a.share, b.share), secret: joinSecrets(a.secret, b.secret) }
  }

  return {
    id,
    name,
    clientShareLength,
    serverShareLength,
    generate: () => both(first.generate(), second.generate(), keyPair),
    encapsulate(clientShare) {
      if (clientShare.length !== clientShareLength) return undefined
      return both(
        first.encapsulate(clientShare.subarray(0, first.clientShareLength)),
        second.encapsulate(clientShare.subarray(first.clientShareLength)),
        encapsulation,
      )
    },
  }
}

/** ML-KEM alone (draft-ietf-tls-mlkem): for those who are told to trust nothing classical beside it. */
export function mlKemGroup(name: 'MLKEM768' | 'MLKEM1024', kem: Kem): KeyExchangeGroup {
  return { ...kem, id: NamedGroup[name], name }
}

export function x25519MlKem768(mlKem768: Kem, x25519: Kem): KeyExchangeGroup {
  return hybridGroup(NamedGroup.X25519MLKEM768, 'X25519MLKEM768', mlKem768, x25519)
}

export function secP256r1MlKem768(secp256r1: Kem, mlKem768: Kem): KeyExchangeGroup {
  return hybridGroup(NamedGroup.SecP256r1MLKEM768, 'SecP256r1MLKEM768', secp256r1, mlKem768)
}

export function secP384r1MlKem1024(secp384r1: Kem, mlKem1024: Kem): KeyExchangeGroup {
  return hybridGroup(NamedGroup.SecP384r1MLKEM1024, 'SecP384r1MLKEM1024', secp384r1, mlKem1024)
}

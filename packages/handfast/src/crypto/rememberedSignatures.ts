/**
 * Signatures of certificates that were found good, remembered: the same chains come again and again, and to look into a
 * table costs a hundredth of an ECDSA verification.
 *
 * Whether a signature is good is a matter of three byte strings alone (key, data, signature), never of the time or of
 * what is trusted; those are judged anew for each connection. So the answer can be kept under the three themselves: no
 * hash, whose collisions or failures would have to be thought of. Only good answers are kept, and only so many. Not for
 * CertificateVerify, whose data never come twice.
 */
import type { SignatureVerifier, SignatureVerifiers } from '@handfast/x509'
import type { CryptoProvider } from './provider.ts'

/** How many signatures are remembered; the oldest goes first. */
const capacity = 512
/** Bytes of key, data and signature: real certificates have fewer than this, and what has more is verified each time. */
const maxLength = 8192

/** By the verifiers that they stand for: whoever asks for the same gets the same table. */
const made = new WeakMap<SignatureVerifiers, SignatureVerifiers>()

/** The provider's verifiers with a memory; for verifying chains. */
export function rememberedSignatures(
  crypto: Pick<CryptoProvider, 'signatureVerifiers'>,
): SignatureVerifiers {
  const { signatureVerifiers } = crypto
  let remembering = made.get(signatureVerifiers)
  if (remembering === undefined) {
    const known = new Set<string>()
    remembering = Object.fromEntries(
      Object.entries(signatureVerifiers).map(([algorithm, verify]) => [
        algorithm,
        withMemory(algorithm, verify, known),
      ]),
    )
    made.set(signatureVerifiers, remembering)
  }
  return remembering
}

function withMemory(
  algorithm: string,
  verify: SignatureVerifier,
  known: Set<string>,
): SignatureVerifier {
  return (spki, data, signature) => {
    const whole = joined(spki, data, signature)
    if (whole.length > maxLength) return verify(spki, data, signature)
    // Not by spreading, which makes a number of each byte on the way.
    const name = algorithm + Reflect.apply(String.fromCharCode, undefined, whole)
    if (known.has(name)) return true
    const good = verify(spki, data, signature)
    // A provider that answers later is asked each time.
    if (good === true) remember(known, name)
    return good
  }
}

function remember(known: Set<string>, name: string): void {
  // A Set keeps the order of insertion.
  if (known.size >= capacity)
    for (const oldest of known) {
      known.delete(oldest)
      break
    }
  known.add(name)
}

/** Each with its length before it, in four bytes: no two different triples make the same bytes. */
function joined(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += 4 + part.length
  const whole = new Uint8Array(length)
  const view = new DataView(whole.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length)
    whole.set(part, at + 4)
    at += 4 + part.length
  }
  return whole
}

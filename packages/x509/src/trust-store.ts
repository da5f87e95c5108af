/** Trust anchors (RFC 5280 §6.1.1(d)): a name and a key that are believed without a signature. */
import { equalBytes, isBytes } from './bytes.ts'
import { toCertificate } from './certificate.ts'
import { nameKey } from './name.ts'
import type { Certificate, Name, TrustAnchor, TrustStore } from './types.ts'

class IndexedTrustStore implements TrustStore {
  readonly anchors: readonly TrustAnchor[]
  readonly rejected: readonly { readonly der: Uint8Array; readonly error: Error }[]
  readonly #bySubject = new Map<string, TrustAnchor[]>()

  constructor(inputs: readonly (TrustAnchor | Certificate | Uint8Array)[]) {
    const anchors: TrustAnchor[] = []
    const rejected: { der: Uint8Array; error: Error }[] = []
    for (const input of inputs) {
      try {
        const anchor = toAnchor(input)
        const key = nameKey(anchor.subject)
        const others = this.#bySubject.get(key)
        if (others === undefined) this.#bySubject.set(key, [anchor])
        else others.push(anchor)
        anchors.push(anchor)
      } catch (error) {
        if (!(error instanceof Error)) throw error
        const der = isBytes(input) ? input : 'der' in input ? input.der : input.subject.der
        rejected.push({ der, error })
      }
    }
    this.anchors = anchors
    this.rejected = rejected
  }

  find(subject: Name): readonly TrustAnchor[] {
    return this.#bySubject.get(nameKey(subject)) ?? []
  }

  findExact(certificate: Certificate): TrustAnchor | undefined {
    return this.find(certificate.subject).find(
      (anchor) =>
        anchor.certificate !== undefined && equalBytes(anchor.certificate.der, certificate.der),
    )
  }
}

/**
 * Makes an index of trust anchors. Make it once and use it for many verifications.
 *
 * @param certificates DER, parsed certificates, or anchors of a name and a key alone. Bytes that are no certificate
 * are not trusted and are listed in `rejected`: one odd root in a platform's store must not take the others with it.
 */
export function createTrustStore(
  certificates: readonly (TrustAnchor | Certificate | Uint8Array)[],
): TrustStore {
  return new IndexedTrustStore(certificates)
}

function toAnchor(input: TrustAnchor | Certificate | Uint8Array): TrustAnchor {
  if (!isBytes(input) && !('tbs' in input)) return input
  const certificate = toCertificate(input)
  const { subject, subjectPublicKeyInfo } = certificate
  return { subject, subjectPublicKeyInfo, certificate }
}

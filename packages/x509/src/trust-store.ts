/** Trust anchors (RFC 5280 §6.1.1(d)): a name and a key that are believed without a signature. */
import { equalBytes, isBytes } from './bytes.ts'
import { readSubject, toCertificate } from './certificate.ts'
import { nameKey } from './name.ts'
import type { Certificate, Name, TrustAnchor, TrustStore } from './types.ts'

type Input = TrustAnchor | Certificate | Uint8Array

/** What was given, and what it is found to be when a path, or the caller, asks for it: a platform's store has hundreds. */
class Entry {
  readonly #input: Input
  #anchor: TrustAnchor | undefined
  #error: Error | undefined

  constructor(input: Input) {
    this.#input = input
  }

  /** Of its subject; undefined where it cannot be read. */
  get key(): string | undefined {
    try {
      return nameKey(isBytes(this.#input) ? readSubject(this.#input) : this.#input.subject)
    } catch {
      return undefined
    }
  }

  get anchor(): TrustAnchor | undefined {
    if (this.#error !== undefined) return undefined
    try {
      this.#anchor ??= toAnchor(this.#input)
      // What is not in the index is not trusted.
      nameKey(this.#anchor.subject)
      return this.#anchor
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#error = error
      return undefined
    }
  }

  get rejection(): { readonly der: Uint8Array; readonly error: Error } | undefined {
    if (this.anchor !== undefined || this.#error === undefined) return undefined
    const input = this.#input
    const der = isBytes(input) ? input : 'der' in input ? input.der : input.subject.der
    return { der, error: this.#error }
  }
}

class IndexedTrustStore implements TrustStore {
  readonly #entries: readonly Entry[]
  readonly #bySubject = new Map<string, Entry[]>()
  #anchors: readonly TrustAnchor[] | undefined

  constructor(inputs: readonly Input[]) {
    this.#entries = inputs.map((input) => new Entry(input))
    for (const entry of this.#entries) {
      const { key } = entry
      if (key === undefined) {
        // Known by now; and what is no input at all is an error here.
        void entry.rejection
        continue
      }
      const others = this.#bySubject.get(key)
      if (others === undefined) this.#bySubject.set(key, [entry])
      else others.push(entry)
    }
  }

  get anchors(): readonly TrustAnchor[] {
    this.#anchors ??= this.#entries.flatMap(({ anchor }) => anchor ?? [])
    return this.#anchors
  }

  get rejected(): readonly { readonly der: Uint8Array; readonly error: Error }[] {
    return this.#entries.flatMap(({ rejection }) => rejection ?? [])
  }

  find(subject: Name): readonly TrustAnchor[] {
    return (this.#bySubject.get(nameKey(subject)) ?? []).flatMap(({ anchor }) => anchor ?? [])
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
export function createTrustStore(certificates: readonly Input[]): TrustStore {
  return new IndexedTrustStore(certificates)
}

function toAnchor(input: Input): TrustAnchor {
  if (!isBytes(input) && !('tbs' in input)) return input
  const certificate = toCertificate(input)
  const { subject, subjectPublicKeyInfo } = certificate
  return { subject, subjectPublicKeyInfo, certificate }
}

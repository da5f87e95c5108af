/**
 * Path building (RFC 4158): from the leaf up, through issuers found by name, to a trust anchor. Paths come out one at a
 * time, the most promising first; nothing is verified here but what decides whether a certificate can be an issuer.
 */
import type { WorkBudget } from './budget.ts'
import { equalBytes } from './bytes.ts'
import type { Findings } from './findings.ts'
import { briefName, equalNames, nameKey } from './name.ts'
import type { Certificate, CertificationPath, Failure, TrustAnchor, TrustStore } from './types.ts'

export interface Search {
  readonly trust: TrustStore
  readonly intermediates: IntermediateIndex
  readonly budget: WorkBudget
  /** What is wrong with a certificate as an issuer, whatever the path. */
  readonly issuerFindings: (certificate: Certificate, depth: number) => Findings
  /** True when a signature check has shown that this key (DER) did not sign this certificate. */
  readonly isKnownForgery: (certificate: Certificate, key: Uint8Array) => boolean
  /** True to go on past issuers that have something wrong: not to find a valid path, but to explain the failure. */
  readonly tolerant: boolean
  /** Told of each path whose last certificate cannot be an issuer. */
  readonly refuse: (path: readonly Certificate[], failure: Failure) => void
  /** Told of each path that leads nowhere. */
  readonly giveUp: (path: readonly Certificate[], failure: Failure) => void
}

/** Yields every path from the last certificate of `path` to an anchor. */
export function* buildPaths(
  search: Search,
  path: readonly Certificate[],
): Generator<CertificationPath, void, undefined> {
  const last = path.at(-1)!
  const anchors = search.trust.find(last.issuer)
  const candidates = search.intermediates.find(last)
  // Charged for all at once: to put many candidates in order is work too.
  search.budget.spend('candidates', anchors.length + candidates.length)
  let found = false

  for (const anchor of inOrder(last, anchors, anchorKeyIdentifier)) {
    found = true
    yield { certificates: path, anchor }
  }

  const isNextToAnchor = ({ issuer }: Certificate): boolean => search.trust.find(issuer).length > 0
  for (const candidate of inOrder(last, candidates, certificateKeyIdentifier, isNextToAnchor)) {
    if (isInPath(candidate, path)) continue
    if (search.trust.findExact(candidate) !== undefined) continue // was tried as an anchor
    if (search.isKnownForgery(last, keyBytes(candidate))) continue
    found = true
    const longer = [...path, candidate]
    if (isTooLong(longer, search.budget.depth)) {
      search.giveUp(path, tooLong(last, path.length - 1, search.budget.depth))
      return
    }
    const failure = search.issuerFindings(candidate, path.length).failures[0]
    if (failure !== undefined && !search.tolerant) {
      search.refuse(longer, { ...failure, depth: path.length })
      continue
    }
    yield* buildPaths(search, longer)
  }
  if (!found) search.giveUp(path, noIssuer(path))
}

/**
 * The most promising first (RFC 4158 §3.5): those whose key identifier is the one the certificate names, then those that
 * say nothing, then those with another one, for identifiers are a hint and not a proof; among equals those whose own
 * issuer is an anchor, so that a short way is not missed among many that lead nowhere.
 */
function inOrder<T>(
  certificate: Certificate,
  candidates: readonly T[],
  identifierOf: (candidate: T) => Uint8Array | undefined,
  isNextToAnchor: (candidate: T) => boolean = () => true,
): readonly T[] {
  if (candidates.length < 2) return candidates
  const wanted = readSafely(() => certificate.authorityKeyIdentifier?.keyIdentifier)
  const rank = (candidate: T): number => {
    const near = isNextToAnchor(candidate) ? 0 : 1
    const identifier = wanted === undefined ? undefined : identifierOf(candidate)
    if (wanted === undefined || identifier === undefined) return 2 + near
    return (equalBytes(identifier, wanted) ? 0 : 4) + near
  }
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ candidate }) => candidate)
}

function anchorKeyIdentifier(anchor: TrustAnchor): Uint8Array | undefined {
  return anchor.certificate === undefined ? undefined : certificateKeyIdentifier(anchor.certificate)
}

function certificateKeyIdentifier(certificate: Certificate): Uint8Array | undefined {
  return readSafely(() => certificate.subjectKeyIdentifier)
}

/** A malformed extension is found and told when the certificate is checked; here it is no help, and no error. */
function readSafely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** RFC 4158 §2.4.2: the same name with the same key a second time brings nothing and may go round for ever. */
function isInPath(candidate: Certificate, path: readonly Certificate[]): boolean {
  return path.some(
    (certificate) =>
      certificate === candidate ||
      (equalBytes(keyBytes(certificate), keyBytes(candidate)) &&
        equalNames(certificate.subject, candidate.subject)),
  )
}

const none = new Uint8Array()

function keyBytes(certificate: Certificate): Uint8Array {
  return readSafely(() => certificate.subjectPublicKeyInfo.der) ?? none
}

/**
 * Self-issued certificates do not count (RFC 5280 §6.1.4(l)), but there cannot be more of them than of the others: the
 * search goes as deep as the path is long.
 */
function isTooLong(path: readonly Certificate[], allowed: number): boolean {
  const intermediates = path.slice(1)
  const counted = intermediates.filter((certificate) => !certificate.isSelfIssued).length
  return counted > allowed || intermediates.length > 2 * allowed + 1
}

function tooLong(certificate: Certificate, depth: number, allowed: number): Failure {
  return {
    code: 'budget',
    message: `the path would have more than ${allowed} intermediate certificates`,
    help: 'If the chain is really meant to be so long, raise `budget.depth`.',
    section: 'RFC 5280 §6.1.1',
    certificate,
    depth,
  }
}

function noIssuer(path: readonly Certificate[]): Failure {
  const depth = path.length - 1
  const certificate = path[depth]!
  const section = 'RFC 5280 §6.1.3(a)(4)'
  const subject = briefName(certificate.subject)
  if (!certificate.isSelfIssued) {
    return {
      code: 'unknown-issuer',
      message: `the issuer of ${subject}, ${briefName(certificate.issuer)}, is neither trusted nor among the certificates given`,
      help: 'Either the server does not send its intermediate certificates, or its authority has to be added to those trusted.',
      section,
      certificate,
      depth,
    }
  }
  return {
    code: depth === 0 ? 'self-signed-leaf' : 'self-signed-in-chain',
    message:
      depth === 0
        ? `the certificate ${subject} is self-signed and not trusted`
        : `the chain ends in ${subject}, which is self-signed and not trusted`,
    help:
      depth === 0
        ? 'If this is the certificate you expect, add it to those trusted; else use one from an authority.'
        : 'If this authority is yours, add it to those trusted.',
    section,
    certificate,
    depth,
  }
}

/** The certificates given, found by subject. */
export class IntermediateIndex {
  readonly #certificates: readonly Certificate[]
  #bySubject: ReadonlyMap<string, readonly Certificate[]> | undefined

  constructor(certificates: readonly Certificate[]) {
    this.#certificates = certificates
  }

  /** Those whose subject is the issuer of `certificate`, in the order given. */
  find(certificate: Certificate): readonly Certificate[] {
    // For the few of an ordinary chain an index costs more than it saves.
    if (this.#certificates.length <= 4) {
      return this.#certificates.filter((other) => equalNames(other.subject, certificate.issuer))
    }
    this.#bySubject ??= this.#makeIndex()
    return this.#bySubject.get(nameKey(certificate.issuer)) ?? []
  }

  #makeIndex(): ReadonlyMap<string, readonly Certificate[]> {
    const index = new Map<string, Certificate[]>()
    for (const certificate of this.#certificates) {
      const key = nameKey(certificate.subject)
      const others = index.get(key)
      if (others === undefined) index.set(key, [certificate])
      else others.push(certificate)
    }
    return index
  }
}

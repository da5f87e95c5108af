/** A chain judged by the verifier, with what was fetched where that is allowed. */
import {
  type Certificate,
  checkRevocation,
  type PathCheck,
  type PolicyDemands,
  type Profile,
  type RevocationOptions,
  type TrustStore,
  type Verdict,
  verifyCertificate,
} from '@handfast/x509'
import { signatureVerifiers } from 'handfast/crypto/node'
import {
  digests,
  type Fetcher,
  fetchIssuers,
  fetchRevocation,
  type RevocationSources,
} from './fetching.ts'

export interface Question {
  /** The peer's own first. */
  readonly chain: readonly Certificate[]
  readonly trust: TrustStore
  /** Milliseconds since 1970. Default: now, which is later once something was fetched that may have been made just then. */
  readonly time?: number | undefined
  readonly name: string | undefined
  readonly usage: 'serverAuth' | 'clientAuth' | 'any'
  readonly profile?: Profile | undefined
  readonly policies?: PolicyDemands | undefined
  readonly stapled?: Uint8Array | undefined
  /** Revocation lists that were given, DER. */
  readonly crls?: readonly Uint8Array[]
  /** A status that nothing tells is a refusal, of each certificate of the path but the anchor. */
  readonly mustKnow?: boolean | undefined
  /** Present where fetching is allowed. */
  readonly fetcher?: Fetcher | undefined
}

export async function judge(question: Question): Promise<Verdict> {
  const { chain, trust, time, name, usage, profile, policies, stapled, crls = [] } = question
  const { fetcher, mustKnow = false } = question
  const fetched = fetcher === undefined ? [] : await fetchIssuers(chain, trust, fetcher)
  const ask = async (additionalChecks: readonly PathCheck[]) =>
    verifyCertificate({
      certificate: chain[0]!,
      intermediates: [...chain.slice(1), ...fetched],
      trust,
      time: time ?? Date.now(),
      usage,
      verifiers: signatureVerifiers,
      additionalChecks,
      ...(profile === undefined ? {} : { profile }),
      ...(policies === undefined ? {} : { policies }),
      ...(name === undefined ? {} : { name }),
    })
  const revocation = (policy: RevocationOptions['policy'], more: Partial<RevocationSources> = {}) =>
    checkRevocation({
      policy,
      scope: 'path',
      digests,
      ...more,
      crls: [...crls, ...(more.crls ?? [])],
      ...(stapled === undefined ? {} : { stapledOcspResponse: stapled }),
    })
  const policy = mustKnow ? 'require' : 'prefer'
  const isConcern = mustKnow || stapled !== undefined || crls.length > 0
  if (fetcher === undefined) return ask(isConcern ? [revocation(policy)] : [])
  // Who is not believed anyway need not be asked about.
  const verdict = await ask([revocation('prefer')])
  if (!verdict.valid) return verdict
  return ask([revocation(policy, await fetchRevocation(verdict.path, fetcher))])
}

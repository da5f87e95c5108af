/** A chain judged by the verifier, with what was fetched where that is allowed. */
import {
  type Certificate,
  checkRevocation,
  type PolicyDemands,
  type Profile,
  type TrustStore,
  type Verdict,
  verifyCertificate,
} from '@handfast/x509'
import { signatureVerifiers } from 'handfast/crypto/node'
import { digests, type Fetcher, fetchIssuers, fetchRevocation } from './fetching.ts'

export interface Question {
  /** The peer's own first. */
  readonly chain: readonly Certificate[]
  readonly trust: TrustStore
  /** Milliseconds since 1970. */
  readonly time: number
  readonly name: string | undefined
  readonly usage: 'serverAuth' | 'clientAuth' | 'any'
  readonly profile?: Profile | undefined
  readonly policies?: PolicyDemands | undefined
  readonly stapled?: Uint8Array | undefined
  /** Revocation lists that were given, DER. */
  readonly crls?: readonly Uint8Array[]
  /** Present where fetching is allowed. */
  readonly fetcher?: Fetcher | undefined
}

export async function judge(question: Question): Promise<Verdict> {
  const {
    chain,
    trust,
    time,
    name,
    usage,
    profile,
    policies,
    stapled,
    crls = [],
    fetcher,
  } = question
  const fetched = fetcher === undefined ? [] : await fetchIssuers(chain, trust, fetcher)
  const ask = async (...additionalChecks: ReturnType<typeof checkRevocation>[]) =>
    verifyCertificate({
      certificate: chain[0]!,
      intermediates: [...chain.slice(1), ...fetched],
      trust,
      time,
      usage,
      verifiers: signatureVerifiers,
      additionalChecks,
      ...(profile === undefined ? {} : { profile }),
      ...(policies === undefined ? {} : { policies }),
      ...(name === undefined ? {} : { name }),
    })
  const brought =
    stapled === undefined && crls.length === 0
      ? []
      : [
          checkRevocation({
            policy: 'prefer',
            digests,
            crls,
            ...(stapled === undefined ? {} : { stapledOcspResponse: stapled }),
          }),
        ]
  const verdict = await ask(...brought)
  // Who is not believed anyway need not be asked about.
  if (fetcher === undefined || !verdict.valid) return verdict
  return ask(...brought, await fetchRevocation(verdict.path, stapled, fetcher))
}

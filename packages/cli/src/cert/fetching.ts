/** With consent (`--fetch`): the missing issuers, and whether a certificate was revoked, from where it says. */
import { createHash, randomBytes } from 'node:crypto'
import { encodeOcspRequest } from '@handfast/ca'
import {
  type AnsweredRequest,
  type Certificate,
  decodePem,
  parseCertificate,
  parseOcspResponse,
  type TrustStore,
} from '@handfast/x509'
import { CommandError } from '../exit.ts'
import { fetchBytes } from '../net/fetch.ts'
import { certificatesOfBundle } from '../options/pkcs7.ts'

export interface Fetcher {
  /** Milliseconds for each. */
  readonly timeout: number
  readonly stop: AbortSignal
  /** Hears what is fetched, and what could not be. */
  readonly say: (what: string) => void
}

/** Authorities that are fetched, one above the other, at most. */
const mostIssuers = 4
const mostCertificate = 100_000
/** Certificates of a bundle that are looked at. */
const mostInBundle = 16
const mostResponse = 100_000
const mostList = 20_000_000
const nonceOid = '1.3.6.1.5.5.7.48.1.2'
const ocspMethod = '1.3.6.1.5.5.7.48.1'
const issuersMethod = '1.3.6.1.5.5.7.48.2'

/** What digests and revocation checks need. */
export const digests = {
  sha1: (data: Uint8Array) => createHash('sha1').update(data).digest(),
  sha256: (data: Uint8Array) => createHash('sha256').update(data).digest(),
}

/** The authorities between the last of the chain and one that is trusted. */
export async function fetchIssuers(
  chain: readonly Certificate[],
  trust: TrustStore,
  fetcher: Fetcher,
): Promise<readonly Certificate[]> {
  const fetched: Certificate[] = []
  let last = chain[0]!
  let fetches = 0
  for (let step = 0; step < mostIssuers + chain.length; step++) {
    if (isTrusted(last, trust)) break
    const known = issuerOf(last, [...chain, ...fetched])
    if (known !== undefined) {
      last = known
      continue
    }
    if (fetches++ === mostIssuers) break
    fetched.push(...(await fetchIssuer(last, fetcher)))
    const found = issuerOf(last, fetched)
    if (found === undefined) break
    last = found
  }
  return fetched
}

const isTrusted = (certificate: Certificate, trust: TrustStore): boolean =>
  certificate.isSelfIssued ||
  trust.findExact(certificate) !== undefined ||
  trust.find(certificate.issuer).length > 0

/** By name only: whether it really did is for the verifier to say. */
const issuerOf = (
  certificate: Certificate,
  others: readonly Certificate[],
): Certificate | undefined =>
  others.find(
    (other) =>
      other !== certificate && Buffer.compare(other.subject.der, certificate.issuer.der) === 0,
  )

/** One certificate, or a bundle of them (RFC 5280 §4.2.2.1); in PEM too, which is not as it should be. */
async function fetchIssuer(
  certificate: Certificate,
  fetcher: Fetcher,
): Promise<readonly Certificate[]> {
  for (const url of accessUrls(certificate, issuersMethod)) {
    const bytes = await tryFetch(url, mostCertificate, 'issuer', fetcher)
    if (bytes === undefined) continue
    try {
      const text = Buffer.from(bytes).toString('latin1')
      const der = (bytes[0] === 0x30 ? undefined : decodePem(text)[0]?.der) ?? bytes
      return (certificatesOfBundle(der) ?? [der]).slice(0, mostInBundle).map(parseCertificate)
    } catch (error) {
      fetcher.say(`${url} is no certificate (${(error as Error).message})`)
    }
  }
  return []
}

/** What was fetched about revocation, for `checkRevocation`. */
export interface RevocationSources {
  readonly ocspResponses: readonly (Uint8Array | AnsweredRequest)[]
  readonly crls: readonly Uint8Array[]
}

/**
 * Asks, of each certificate of the path that says where: OCSP first, then the revocation list where nobody answers, or not
 * to this request. An answer made beforehand, which does not repeat the nonce, may be as old as it says: it is used where there is
 * no list.
 * @param path leaf first, with the anchor
 */
export async function fetchRevocation(
  path: readonly Certificate[],
  fetcher: Fetcher,
): Promise<RevocationSources> {
  const ocspResponses: (Uint8Array | AnsweredRequest)[] = []
  const crls: Uint8Array[] = []
  for (const [depth, certificate] of path.entries()) {
    const issuer = path[depth + 1]
    if (issuer === undefined) continue
    const answer = await fetchOcsp(certificate, issuer, fetcher)
    if (answer !== undefined && hasNonce(answer)) ocspResponses.push(answer)
    else {
      // A list may be large: it is fetched where nobody answers for the one certificate.
      const lists = await fetchLists(certificate, fetcher)
      crls.push(...lists)
      if (answer !== undefined && lists.length === 0) {
        fetcher.say('the OCSP response does not repeat the nonce: it was made beforehand')
        ocspResponses.push(answer.response)
      }
    }
  }
  return { ocspResponses, crls }
}

/** Which one it is is for the verifier to look at. */
function hasNonce({ response }: AnsweredRequest): boolean {
  const { extensions } = readOr(() => parseOcspResponse(response)) ?? {}
  // Of what cannot be read the verifier says so.
  return extensions === undefined || extensions.some(({ oid }) => oid === nonceOid)
}

async function fetchOcsp(
  certificate: Certificate,
  issuer: Certificate,
  fetcher: Fetcher,
): Promise<AnsweredRequest | undefined> {
  for (const url of accessUrls(certificate, ocspMethod)) {
    const nonce = randomBytes(32)
    const bytes = await encodeOcspRequest(certificate, issuer, nonce)
    const body = { type: 'application/ocsp-request', bytes }
    const response = await tryFetch(url, mostResponse, 'OCSP response', fetcher, body)
    // 0: successful. What else there is says nothing of the certificate.
    if (response !== undefined && statusOf(response) === 0) return { response, nonce }
    if (response !== undefined) fetcher.say(`${url} does not answer for the certificate`)
  }
  return undefined
}

/** The responseStatus (RFC 6960 §4.2.1), after the header of the SEQUENCE. */
function statusOf(response: Uint8Array): number | undefined {
  const first = response[1] ?? 0
  const at = first < 0x80 ? 2 : 2 + (first & 0x7f)
  return response[at] === 0x0a && response[at + 1] === 1 ? response[at + 2] : undefined
}

async function fetchLists(certificate: Certificate, fetcher: Fetcher): Promise<Uint8Array[]> {
  const urls = (readOr(() => certificate.crlDistributionPoints) ?? []).flatMap(({ fullName }) =>
    fullName.flatMap((name) => (name.type === 'uri' ? [name.value] : [])),
  )
  for (const url of urls) {
    const bytes = await tryFetch(url, mostList, 'revocation list', fetcher)
    if (bytes !== undefined) return [bytes]
  }
  return []
}

function accessUrls(certificate: Certificate, method: string): readonly string[] {
  return (readOr(() => certificate.authorityInfoAccess) ?? []).flatMap(
    ({ accessMethod, accessLocation }) =>
      accessMethod === method && accessLocation.type === 'uri' ? [accessLocation.value] : [],
  )
}

/** A malformed extension is told by the verifier. */
function readOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

async function tryFetch(
  url: string,
  most: number,
  what: string,
  { timeout, stop, say }: Fetcher,
  body?: { type: string; bytes: Uint8Array },
): Promise<Uint8Array | undefined> {
  try {
    const bytes = await fetchBytes(url, { timeout, stop, most, ...(body && { body }) })
    say(`fetched the ${what}: ${url}, ${bytes.length} bytes`)
    return bytes
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    say(error.message)
    return undefined
  }
}

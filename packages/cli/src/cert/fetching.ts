/** With consent (`--fetch`): the missing issuers, and whether a certificate was revoked, from where it says. */
import { createHash, randomBytes } from 'node:crypto'
import { encodeOcspRequest } from '@handfast/ca'
import {
  type Certificate,
  checkRevocation,
  decodePem,
  type PathCheck,
  parseCertificate,
  type TrustStore,
} from '@handfast/x509'
import { CommandError } from '../exit.ts'
import { fetchBytes } from '../net/fetch.ts'

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
const mostResponse = 100_000
const mostList = 20_000_000
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
  for (let step = 0; step < mostIssuers + chain.length; step++) {
    if (isTrusted(last, trust)) break
    const known = [...chain, ...fetched].find((other) => other !== last && issued(other, last))
    if (known !== undefined) {
      last = known
      continue
    }
    const found = fetched.length < mostIssuers ? await fetchIssuer(last, fetcher) : undefined
    if (found === undefined) break
    fetched.push(found)
    last = found
  }
  return fetched
}

const isTrusted = (certificate: Certificate, trust: TrustStore): boolean =>
  certificate.isSelfIssued ||
  trust.findExact(certificate) !== undefined ||
  trust.find(certificate.issuer).length > 0

/** By name only: whether it really did is for the verifier to say. */
const issued = (issuer: Certificate, { issuer: name }: Certificate): boolean =>
  Buffer.compare(issuer.subject.der, name.der) === 0

async function fetchIssuer(
  certificate: Certificate,
  fetcher: Fetcher,
): Promise<Certificate | undefined> {
  for (const url of accessUrls(certificate, issuersMethod)) {
    const bytes = await tryFetch(url, mostCertificate, 'issuer', fetcher)
    if (bytes === undefined) continue
    try {
      const text = Buffer.from(bytes).toString('latin1')
      const der = bytes[0] === 0x30 ? bytes : decodePem(text)[0]?.der
      return parseCertificate(der ?? bytes)
    } catch (error) {
      fetcher.say(`${url} is no certificate (${(error as Error).message})`)
    }
  }
  return undefined
}

/**
 * Makes a check that asks, of each certificate of the path that says where: OCSP first, then the revocation list.
 * @param path leaf first, with the anchor. @param stapled what the server brought
 */
export async function fetchRevocation(
  path: readonly Certificate[],
  stapled: Uint8Array | undefined,
  fetcher: Fetcher,
): Promise<PathCheck> {
  const ocspResponses: Uint8Array[] = []
  const crls: Uint8Array[] = []
  for (const [depth, certificate] of path.entries()) {
    const issuer = path[depth + 1]
    if (issuer === undefined) continue
    const response = await fetchOcsp(certificate, issuer, fetcher)
    if (response !== undefined) ocspResponses.push(response)
    // A list may be large: it is fetched where nobody answers for the one certificate.
    else crls.push(...(await fetchLists(certificate, fetcher)))
  }
  return checkRevocation({
    policy: 'prefer',
    scope: 'path',
    digests,
    ocspResponses,
    crls,
    ...(stapled === undefined ? {} : { stapledOcspResponse: stapled }),
  })
}

async function fetchOcsp(
  certificate: Certificate,
  issuer: Certificate,
  fetcher: Fetcher,
): Promise<Uint8Array | undefined> {
  for (const url of accessUrls(certificate, ocspMethod)) {
    const bytes = await encodeOcspRequest(certificate, issuer, randomBytes(32))
    const body = { type: 'application/ocsp-request', bytes }
    const response = await tryFetch(url, mostResponse, 'OCSP response', fetcher, body)
    // 0: successful. What else there is says nothing of the certificate.
    if (response !== undefined && statusOf(response) === 0) return response
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

/** Service identity (RFC 9525): does a certificate speak for the name that was asked for? */
import { equalBytes } from './bytes.ts'
import { parseIpAddress } from './ip-address.ts'
import type { Certificate, GeneralName } from './types.ts'

/** The name a caller wants to reach: the "reference identifier" of RFC 9525 §1.4. */
export type ReferenceName =
  /** In lower case; `parent` is what stands after the first label, with at least two labels, or undefined. */
  | { readonly type: 'dns'; readonly name: string; readonly parent: string | undefined }
  | { readonly type: 'ip'; readonly address: Uint8Array }

/** Letters, digits, hyphens inside; underscores too, for they occur in host names and harm nothing. */
const labelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Splits a DNS name into lower-case labels.
 *
 * @returns undefined when it is no host name: an empty or too long label, characters outside ASCII letters, digits,
 * hyphens and underscores, more than 253 characters, or a last label of digits (RFC 1123 §2.1, so that nothing that
 * looks like an IPv4 address is a DNS name)
 */
export function parseDnsName(text: string): readonly string[] | undefined {
  if (text.length > 253) return undefined
  const labels = text.toLowerCase().split('.')
  return labels.every((label) => labelPattern.test(label)) && !/^[0-9]+$/.test(labels.at(-1)!)
    ? labels
    : undefined
}

/** Reads the name a caller asks for: an IP address literal, or a DNS name that may end in the root's dot. */
export function parseReferenceName(name: string): ReferenceName | undefined {
  const address = parseIpAddress(name)
  if (address !== undefined) return { type: 'ip', address }
  const labels = parseDnsName(name.endsWith('.') ? name.slice(0, -1) : name)
  if (labels === undefined) return undefined
  const parent = labels.length >= 3 ? labels.slice(1).join('.') : undefined
  return { type: 'dns', name: labels.join('.'), parent }
}

/**
 * True when a dNSName of a certificate stands for the DNS name asked for (RFC 9525 §6.3). The name asked for is known to
 * be a host name, so nothing that is equal to it, or to its parent, can be anything else.
 *
 * A wildcard is the whole left-most label, stands for exactly one label, and has at least two labels after it.
 */
function matchesDnsName(
  presented: string,
  { name, parent }: Extract<ReferenceName, { readonly type: 'dns' }>,
): boolean {
  const lower = presented.toLowerCase()
  return lower.startsWith('*.') ? lower.slice(2) === parent : lower === name
}

/** The entry of a subjectAltName that stands for the reference name. */
export function findMatch(
  names: readonly GeneralName[],
  reference: ReferenceName,
): GeneralName | undefined {
  return names.find((name) => {
    // RFC 9525 §6.1: a DNS name is never compared with an address, nor an address with a DNS name.
    if (reference.type === 'ip')
      return name.type === 'ip' && equalBytes(name.value, reference.address)
    return name.type === 'dns' && matchesDnsName(name.value, reference)
  })
}

/**
 * True when the certificate is for this DNS name or IP address literal (RFC 9525 §6). Only the subjectAltName counts;
 * the subject's common name never does. This says nothing about who issued the certificate: see `verifyCertificate`.
 *
 * @param name a DNS name, its international labels in `xn--` form, or an IP address (IPv6 with or without brackets)
 * @throws X509Error when the certificate's subjectAltName is malformed
 */
export function matchesName(
  certificate: Pick<Certificate, 'subjectAltName'>,
  name: string,
): boolean {
  const reference = parseReferenceName(name)
  return (
    reference !== undefined && findMatch(certificate.subjectAltName ?? [], reference) !== undefined
  )
}

/**
 * Names as people write them, as the GeneralNames and the distinguished names of a certificate
 * (RFC 5280 §4.1.2.4 and §4.2.1.6).
 */

import { concat, implicit, oid, sequence, set, tlv, utf8String } from './der.ts'
import { AuthorityError } from './errors.ts'

/** A subject or issuer. What is given is written in the order of the fields here. */
export interface DistinguishedName {
  /** Two letters (ISO 3166). */
  country?: string
  organization?: string
  organizationalUnit?: string
  commonName?: string
}

/** Names below which an intermediate may, or may not, issue (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  permitted?: readonly string[]
  excluded?: readonly string[]
}

const generalNameTag = { rfc822Name: 1, dNSName: 2, uniformResourceIdentifier: 6, iPAddress: 7 }
const commonNameLimit = 64 // ub-common-name, RFC 5280 appendix A.1

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * One GeneralName, DER: an IP address becomes iPAddress; what has `@`, rfc822Name; what has `://`,
 * uniformResourceIdentifier; anything else, dNSName. An internationalised host name is written in
 * its A-labels. Throws an AuthorityError for what is none of these.
 */
export function generalName(name: string): Uint8Array {
  const address = ipAddress(name)
  if (address) return implicit(generalNameTag.iPAddress, address)
  if (name.includes('://')) {
    if (!URL.canParse(name)) throw new AuthorityError(`'${name}' is not a URI`)
    return implicit(generalNameTag.uniformResourceIdentifier, ascii(new URL(name).href))
  }
  if (name.includes('@')) return implicit(generalNameTag.rfc822Name, ascii(mailbox(name)))
  const wildcard = name.startsWith('*.') ? '*.' : ''
  return implicit(generalNameTag.dNSName, ascii(wildcard + hostName(name.slice(wildcard.length))))
}

/** NameConstraints, DER. See {@link constraint} for how its names are written. */
export function nameConstraints({ permitted = [], excluded = [] }: NameConstraints): Uint8Array {
  if (permitted.length + excluded.length === 0) {
    throw new AuthorityError('name constraints need at least one permitted or excluded name')
  }
  const subtrees = (tag: number, names: readonly string[]) =>
    names.length === 0
      ? new Uint8Array()
      : tlv(tag, ...names.map((name) => sequence(constraint(name))))
  return sequence(subtrees(0xa0, permitted), subtrees(0xa1, excluded))
}

/**
 * The base of one constraint: `example.test` (that host and those below it), `192.0.2.0/24` or
 * `2001:db8::/32` (without a prefix length, the one address), `@example.test` (all mailboxes of
 * that host) or `someone@example.test`.
 */
function constraint(name: string): Uint8Array {
  const [base, prefix] = name.split('/', 2) as [string, string?]
  const address = ipAddress(base)
  if (address) {
    return implicit(generalNameTag.iPAddress, concat(...network(name, address, prefix)))
  }
  if (name.startsWith('@'))
    return implicit(generalNameTag.rfc822Name, ascii(hostName(name.slice(1))))
  if (name.includes('@')) return implicit(generalNameTag.rfc822Name, ascii(mailbox(name)))
  return implicit(generalNameTag.dNSName, ascii(hostName(name.replace(/^\./, ''))))
}

function network(name: string, address: Uint8Array, prefix: string | undefined): Uint8Array[] {
  const bits = address.length * 8
  const length = prefix === undefined ? bits : Number(prefix)
  if (prefix !== undefined && !(/^[0-9]{1,3}$/.test(prefix) && length <= bits)) {
    throw new AuthorityError(`'${name}' has no prefix length from 0 to ${bits} after its '/'`)
  }
  const mask = address.map((_, octet) => 0xff00 >> Math.max(0, Math.min(8, length - 8 * octet)))
  return [address.map((value, octet) => value & mask[octet]!), mask]
}

/** A Name, DER. Throws an AuthorityError for a country or a common name that X.520 does not admit. */
export function distinguishedName(name: DistinguishedName): Uint8Array {
  const { country, organization, organizationalUnit, commonName } = name
  if (country !== undefined && !/^[A-Z]{2}$/.test(country)) {
    throw new AuthorityError(`country '${country}' is not two capital letters`)
  }
  if (commonName !== undefined && !fitsCommonName(commonName)) {
    throw new AuthorityError(`a common name has 1 to ${commonNameLimit} characters`)
  }
  const attributes: (Uint8Array | undefined)[] = [
    country === undefined ? undefined : attribute('2.5.4.6', tlv(0x13, ascii(country))),
    organization === undefined ? undefined : attribute('2.5.4.10', utf8String(organization)),
    organizationalUnit === undefined
      ? undefined
      : attribute('2.5.4.11', utf8String(organizationalUnit)),
    commonName === undefined ? undefined : attribute('2.5.4.3', utf8String(commonName)),
  ]
  return sequence(...attributes.filter((item) => item !== undefined))
}

/** Whether a text can be a commonName at all. */
export const fitsCommonName = (text: string): boolean =>
  text.length > 0 && [...text].length <= commonNameLimit

const attribute = (type: string, value: Uint8Array): Uint8Array => set(sequence(oid(type), value))

/** The 4 or 16 octets of an IP address; `undefined` where the text is none. */
function ipAddress(text: string): Uint8Array | undefined {
  const v4 = text.split('.')
  if (v4.length === 4 && v4.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && +part < 256)) {
    return Uint8Array.from(v4, Number)
  }
  if (!/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined
  // The URL parser checks the address and leaves at most one `::` and no dotted part.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return Uint8Array.from(
    [...before, ...zeros, ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}

/** A host name in the preferred syntax (RFC 1034 §3.5 as relaxed by RFC 1123 §2.1), in A-labels. */
function hostName(name: string): string {
  const url = `http://${name}`
  const isAscii = /^[\x21-\x7e]+$/.test(name)
  const host = isAscii ? name : URL.canParse(url) ? new URL(url).hostname : ''
  const labels = host.split('.')
  const isLabel = (label: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)
  if (host.length > 253 || !labels.every(isLabel) || /^[0-9]+$/.test(labels.at(-1)!)) {
    throw new AuthorityError(
      `'${name}' is not a host name, an IP address, an e-mail address or a URI`,
    )
  }
  return host
}

function mailbox(name: string): string {
  const [local, host, ...more] = name.split('@')
  if (!local || !host || more.length > 0 || !/^[\x21-\x7e]+$/.test(local)) {
    throw new AuthorityError(`'${name}' is not an e-mail address of ASCII characters`)
  }
  return `${local}@${hostName(host)}`
}

/**
 * The extensions of the certificates that an authority issues, with the criticality that RFC 5280
 * §4.2 and the CA/Browser Forum's Baseline Requirements §7.1.2 ask for.
 */

import {
  booleanTrue,
  concat,
  explicit,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
} from './der.ts'
import { AuthorityError } from './errors.ts'
import { generalName, type NameConstraints, nameConstraints } from './names.ts'

/** One extension, ready to be put into a certificate. */
export interface Extension {
  /** Object identifier, dotted. */
  oid: string
  /** Left out: not critical. */
  critical?: boolean
  /** The DER that goes into `extnValue`. */
  value: Uint8Array
}

/** The purposes with a name here; any other is given as a dotted object identifier. */
const purposes: Readonly<Record<string, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
}

const keyUsageBits = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyCertSign: 5,
  cRLSign: 6,
} as const

export const subjectKeyIdentifier = (keyId: Uint8Array): Extension => ({
  oid: '2.5.29.14',
  value: octetString(keyId),
})

export const keyUsage = (...usages: readonly (keyof typeof keyUsageBits)[]): Extension => ({
  oid: '2.5.29.15',
  critical: true,
  value: namedBits(usages.map((usage) => keyUsageBits[usage])),
})

/** `critical` where the subject is empty, since then these are the only names (§4.2.1.6). */
export const subjectAltName = (names: readonly string[], critical: boolean): Extension => ({
  oid: '2.5.29.17',
  critical,
  value: sequence(...names.map(generalName)),
})

/** A CA's; without a path length any number of intermediates may follow. */
export const basicConstraintsOfAuthority = (pathLength?: number): Extension => ({
  oid: '2.5.29.19',
  critical: true,
  value:
    pathLength === undefined
      ? sequence(booleanTrue())
      : sequence(booleanTrue(), integer(pathLength)),
})

/** An end entity's: `cA` is false by default, so that nothing is written. */
export const basicConstraintsOfEndEntity = (): Extension => ({
  oid: '2.5.29.19',
  critical: true,
  value: sequence(),
})

export const nameConstraintsExtension = (constraints: NameConstraints): Extension => ({
  oid: '2.5.29.30',
  critical: true,
  value: nameConstraints(constraints),
})

export const authorityKeyIdentifier = (keyId: Uint8Array): Extension => ({
  oid: '2.5.29.35',
  value: sequence(implicit(0, keyId)),
})

export const extendedKeyUsage = (usages: readonly string[]): Extension => ({
  oid: '2.5.29.37',
  value: sequence(...usages.map((usage) => oid(purposes[usage] ?? usage))),
})

/** Where the revocation list is: all reasons, from the issuer itself (RFC 5280 §4.2.1.13). */
export const crlDistributionPoints = (urls: readonly string[]): Extension => ({
  oid: '2.5.29.31',
  value: sequence(...urls.map((url) => sequence(explicit(0, tlv(0xa0, publishedUrl(url)))))),
})

/** Where the OCSP responder and the issuer's certificate are (RFC 5280 §4.2.2.1). */
export function authorityInfoAccess({
  ocsp,
  caIssuers,
}: {
  ocsp?: string | undefined
  caIssuers?: string | undefined
}): Extension {
  const access = (method: string, url: string | undefined) =>
    url === undefined ? new Uint8Array() : sequence(oid(method), publishedUrl(url))
  return {
    oid: '1.3.6.1.5.5.7.1.1',
    value: sequence(
      concat(access('1.3.6.1.5.5.7.48.1', ocsp), access('1.3.6.1.5.5.7.48.2', caIssuers)),
    ),
  }
}

/** A responder whose own certificate need not be looked up (RFC 6960 §4.2.2.2.1). */
export const ocspNoCheck = (): Extension => ({
  oid: '1.3.6.1.5.5.7.48.1.5',
  value: nullValue(),
})

function publishedUrl(url: string): Uint8Array {
  if (!/^https?:\/\//.test(url)) {
    throw new AuthorityError(`'${url}' is not a URL that begins with http:// or https://`)
  }
  return generalName(url)
}

/** An Extension, DER. */
export function encodeExtension({ oid: id, critical, value }: Extension): Uint8Array {
  return critical
    ? sequence(oid(id), booleanTrue(), octetString(value))
    : sequence(oid(id), octetString(value))
}

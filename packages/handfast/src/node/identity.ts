/** `checkServerIdentity`: is a certificate for the name that was asked for? (RFC 9525) */
import { isIP, SocketAddress } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { matchesName, parseCertificate } from '@handfast/x509'
import { type NodeError, withCode } from './validate.ts'

/** The certificate as node:tls shows it: the object of `getPeerCertificate()`. */
export type LegacyCertificate = PeerCertificate

export interface IdentityError extends NodeError {
  readonly reason: string
  readonly host: string
  readonly cert: LegacyCertificate
}

/**
 * Is the certificate for this host? The same question, arguments and error as `tls.checkServerIdentity`, with one
 * difference: the common name is never looked at (RFC 9525 §6.4.4), so that a certificate with no subjectAltName is for
 * no host.
 *
 * @param hostname a DNS name, or an IP address without brackets
 * @returns undefined when it is; otherwise an error with the code `ERR_TLS_CERT_ALTNAME_INVALID`
 */
export function checkServerIdentity(
  hostname: string,
  cert: LegacyCertificate,
): IdentityError | undefined {
  const host = `${hostname}`.replace(/\.$/, '')
  const names = splitAltNames(cert.subjectaltname)
  const isFor =
    cert.raw === undefined ? isAmong(names, host) : matchesName(parseCertificate(cert.raw), host)
  return isFor ? undefined : identityError(host, cert, names)
}

function identityError(
  host: string,
  cert: LegacyCertificate,
  names: readonly string[],
): IdentityError {
  const reason = whyNot(host, cert, names)
  return withCode(
    new Error(`Hostname/IP does not match certificate's altnames: ${reason}`),
    'ERR_TLS_CERT_ALTNAME_INVALID',
    { reason, host, cert },
  )
}

function whyNot(host: string, cert: LegacyCertificate, names: readonly string[]): string {
  if (isIP(host) !== 0)
    return `IP: ${host} is not in the cert's list: ${valuesOf(names, 'IP Address:').join(', ')}`
  if (valuesOf(names, 'DNS:').length > 0)
    return `Host: ${host}. is not in the cert's altnames: ${cert.subjectaltname}`
  const commonName = cert.subject?.CN
  if (commonName === undefined) return 'Cert does not contain a DNS name'
  return `Host: ${host}. is not in the cert's altnames, which are none (its CN is ${commonName}, but a CN names no host any more)`
}

/** `DNS:a, IP Address:b`; a value that holds a comma or a quote is a JSON string. */
function splitAltNames(names: string | undefined): readonly string[] {
  return (names?.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((name) => name.trim())
}

function valuesOf(names: readonly string[], prefix: string): readonly string[] {
  return names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
}

/** For an object that a program made up, with the names as text only. */
function isAmong(names: readonly string[], host: string): boolean {
  if (isIP(host) !== 0)
    return valuesOf(names, 'IP Address:').some((ip) => canonical(ip) === canonical(host))
  const subjectAltName = valuesOf(names, 'DNS:').map((value) => ({ type: 'dns', value }) as const)
  return matchesName({ subjectAltName }, host)
}

function canonical(ip: string): string | undefined {
  const family = isIP(ip)
  if (family === 0) return undefined
  return new SocketAddress({ address: ip, family: family === 4 ? 'ipv4' : 'ipv6' }).address
}

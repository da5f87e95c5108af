/** Where to connect: `HOST`, `HOST:PORT`, `[IPv6]:PORT`, or a URL. */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { usageError } from '../exit.ts'

export interface Target {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  /** The path and query of a URL; `/` where it has none. */
  readonly path: string
  /** The protocol that begins in the clear and is then secured, where the URL's scheme says so. */
  readonly starttls: string | undefined
}

interface Scheme {
  readonly port: number
  readonly starttls?: string
}

/** Ports are IANA's; a scheme without its "s" is the protocol that STARTTLS secures. */
const schemes: Readonly<Record<string, Scheme>> = {
  https: { port: 443 },
  wss: { port: 443 },
  tls: { port: 443 },
  smtps: { port: 465 },
  imaps: { port: 993 },
  pop3s: { port: 995 },
  ftps: { port: 990 },
  ldaps: { port: 636 },
  rediss: { port: 6379 },
  mqtts: { port: 8883 },
  amqps: { port: 5671 },
  smtp: { port: 25, starttls: 'smtp' },
  imap: { port: 143, starttls: 'imap' },
  pop3: { port: 110, starttls: 'pop3' },
  ftp: { port: 21, starttls: 'ftp' },
  ldap: { port: 389, starttls: 'ldap' },
  postgres: { port: 5432, starttls: 'postgres' },
  postgresql: { port: 5432, starttls: 'postgres' },
  mysql: { port: 3306, starttls: 'mysql' },
  xmpp: { port: 5222, starttls: 'xmpp' },
}

const form = 'write HOST, HOST:PORT, [IPv6]:PORT or a URL such as https://example.com/'

/**
 * @param starttls the protocol of `--starttls`, whose port is then the default
 * @throws CommandError (usage) for what is none of the forms
 */
export function parseTarget(text: string, starttls?: string): Target {
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(text)
  if (url === null) return withPort(text, schemes[starttls ?? 'https']!.port, '/', starttls)
  const [, name = '', authority = '', rest = ''] = url
  const scheme = schemes[name.toLowerCase()]
  if (scheme === undefined)
    throw usageError(
      `The scheme of ${text} is not one that TLS is known for`,
      name.toLowerCase() === 'http'
        ? 'http:// is HTTP without TLS: write https://'
        : `Known schemes: ${Object.keys(schemes).join(', ')}`,
    )
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const path = rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest
  return withPort(host, scheme.port, path, starttls ?? scheme.starttls)
}

function withPort(
  text: string,
  defaultPort: number,
  path: string,
  starttls: string | undefined,
): Target {
  // An IPv6 address without brackets has no room for a port.
  if (isIP(text) === 6) return { host: text, port: defaultPort, path, starttls }
  const parts = /^(?:\[([^\]]+)\]|([^:[\]\s/]+))(?::(\d*))?$/.exec(text)
  const [, bracketed, plain, digits] = parts ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw usageError(`${quote(text)} is not a host`, form)
  if (bracketed !== undefined && isIP(bracketed) !== 6)
    throw usageError(`[${bracketed}] is not an IPv6 address`, form)
  return {
    host: asciiName(host),
    port: digits ? parsePort(digits) : defaultPort,
    path,
    starttls,
  }
}

/**
 * A name as DNS and certificates have it: `bücher.example` is `xn--bcher-kva.example` (RFC 5890).
 * @throws CommandError (usage)
 */
export function asciiName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII as a whole
  if (/^[\u0000-\u007f]*$/.test(name)) return name
  const ascii = domainToASCII(name)
  if (ascii === '') throw usageError(`${quote(name)} is not a host`, form)
  return ascii
}

/** @param min 0 where the system may choose the port. @throws CommandError (usage) */
export function parsePort(text: string, min = 1): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < min || port > 65_535)
    throw usageError(`${quote(text)} is not a port: ports go from ${min} to 65535`)
  return port
}

/** `HOST:PORT`, with brackets where the host is an IPv6 address. */
export function formatAddress(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

function quote(text: string): string {
  return text === '' ? 'Nothing' : JSON.stringify(text)
}

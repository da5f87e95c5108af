/** What may stand in server_name (RFC 6066 §3): a DNS name in ASCII, without its final dot; never an address. */

import { fromText } from '../codec/bytes.ts'
import { ConfigurationError } from '../errors.ts'

/** An IPv4 or IPv6 literal. Loose: what is caught here is merely not sent as a DNS name. */
export function isIpLiteral(name: string): boolean {
  return name.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name)
}

/** The bytes to send for a name; undefined for an address, or no name. @throws ConfigurationError for what is no name */
export function hostNameToSend(name: string | undefined): Uint8Array | undefined {
  if (name === undefined || name === '' || isIpLiteral(name)) return undefined
  const ascii = name.endsWith('.') ? name.slice(0, -1) : name
  if (ascii.length > 253 || !/^[\x21-\x7e]+$/.test(ascii))
    throw new ConfigurationError(
      'ERR_BAD_SERVER_NAME',
      'serverName is not a DNS name in ASCII: convert an international name to its A-label (xn--…) first',
    )
  return fromText(ascii)
}

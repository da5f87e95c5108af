/** A server's own certificate, parsed: to choose by its names and its key. */
import { type Certificate, parseCertificate, X509Error } from '@handfast/x509'
import type { Identity } from '../config.ts'
import { ConfigurationError } from '../errors.ts'

/** @throws ConfigurationError where it cannot be read */
export function ownLeaf({ certificateChain: [der] }: Identity): Certificate | undefined {
  try {
    return der && parseCertificate(der)
  } catch (cause) {
    if (!(cause instanceof X509Error)) throw cause
    throw new ConfigurationError(
      'ERR_BAD_IDENTITY',
      `A certificate of \`identity\` cannot be read: ${cause.message}`,
    )
  }
}

/** Textual encodings of PKIX structures (RFC 7468), with the errors of this library. */
import { decodePem as decode, type PemBlock, X509Error } from '@handfast/x509'
import { ConfigurationError } from './errors.ts'

export { encodePem, type PemBlock } from '@handfast/x509'

/**
 * Decodes every block of a text.
 * @returns the blocks in their order; none where the text has none
 * @throws ConfigurationError `ERR_BAD_PEM`, with the block and the line
 */
export function decodePem(text: string): PemBlock[] {
  try {
    return decode(text)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    throw new ConfigurationError('ERR_BAD_PEM', error.message)
  }
}

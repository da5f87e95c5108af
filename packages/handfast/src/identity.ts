/** An identity from the files that people have: PEM or DER of a chain and of a private key. */
import {
  type MaybePromise,
  parseCertificate,
  runSteps,
  type Steps,
  settle,
  X509Error,
} from '@handfast/x509'
import { toText } from './codec/bytes.ts'
import type { Identity } from './config.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { ConfigurationError } from './errors.ts'
import { decodePem } from './pem.ts'

export interface IdentityFiles {
  /** The certificate first, then the intermediates: PEM, or DER of one certificate. */
  readonly certificateChain: string | Uint8Array
  /** PKCS#8, not encrypted: PEM (`PRIVATE KEY`) or DER. `signingKey` of `handfast/crypto/node` reads the other forms. */
  readonly privateKey: string | Uint8Array
}

/**
 * Makes an identity.
 * @throws ConfigurationError `ERR_BAD_PEM`, `ERR_BAD_CERTIFICATE`, `ERR_BAD_PRIVATE_KEY`: which file, and what is wrong with it
 */
export function identityFrom(crypto: CryptoProvider, files: IdentityFiles): MaybePromise<Identity> {
  return runSteps(identitySteps(crypto, files))
}

function* identitySteps(crypto: CryptoProvider, files: IdentityFiles): Steps<Identity> {
  const certificateChain = derOf(files.certificateChain, /^(X509 )?CERTIFICATE$/)
  if (certificateChain.length === 0)
    throw new ConfigurationError('ERR_BAD_CERTIFICATE', 'certificateChain holds no CERTIFICATE')
  for (const [i, der] of certificateChain.entries()) checkCertificate(der, i)
  const [key, ...more] = derOf(files.privateKey, /^PRIVATE KEY$/)
  if (key === undefined || more.length > 0)
    throw new ConfigurationError(
      'ERR_BAD_PRIVATE_KEY',
      `privateKey holds ${more.length + (key === undefined ? 0 : 1)} blocks of PRIVATE KEY; it must be one`,
    )
  return { certificateChain, signingKey: yield* settle(crypto.importPrivateKey(key)) }
}

/** @param label of the blocks that are wanted; others are passed over */
function derOf(file: string | Uint8Array, label: RegExp): Uint8Array[] {
  // DER begins with a SEQUENCE; PEM, whatever stands before its first block, is text.
  if (typeof file !== 'string' && file[0] === 0x30) return [file]
  const text = typeof file === 'string' ? file : toText(file)
  return decodePem(text).flatMap((block) => (label.test(block.label) ? [block.der] : []))
}

function checkCertificate(der: Uint8Array, index: number): void {
  try {
    parseCertificate(der)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    throw new ConfigurationError(
      'ERR_BAD_CERTIFICATE',
      `Certificate ${index} of certificateChain cannot be read: ${error.message}`,
    )
  }
}

/** Private keys as files hold them: PKCS #8 (RFC 5208, RFC 5958), and the older forms, which are wrapped in it. */
import { ConfigurationError } from '../errors.ts'
import { decodePem, type PemBlock } from '../pem.ts'
import { DerTag, derElement, derInteger, readElement, readElements } from './der.ts'

export interface PrivateKeyInfo {
  /** DER of the AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  /** Content of `privateKey`: its form is the algorithm's. */
  readonly privateKey: Uint8Array
}

/** @throws ConfigurationError `ERR_UNSUPPORTED_PRIVATE_KEY` where the bytes are not a PrivateKeyInfo */
export function readPrivateKeyInfo(pkcs8: Uint8Array): PrivateKeyInfo {
  try {
    const [version, algorithm, privateKey] = readElements(
      readElement(pkcs8, DerTag.sequence).content,
    )
    const isInfo =
      version?.tag === DerTag.integer &&
      version.content.length === 1 &&
      version.content[0]! <= 1 &&
      algorithm?.tag === DerTag.sequence &&
      privateKey?.tag === DerTag.octetString
    if (isInfo) return { algorithm: algorithm.der, privateKey: privateKey.content }
  } catch {
    // The same answer.
  }
  throw unsupported('these bytes are not a private key: give PKCS#8 in DER')
}

/** RFC 8017 §A.1.2 within RFC 5208: rsaEncryption has NULL for parameters. */
function wrapRsaPrivateKey(rsaPrivateKey: Uint8Array): Uint8Array {
  const oid = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01)
  return wrap(
    derElement(DerTag.sequence, derElement(DerTag.objectIdentifier, oid), derElement(DerTag.null)),
    rsaPrivateKey,
  )
}

/** RFC 5915 §3 within RFC 5208: the curve is named once more, as id-ecPublicKey's parameters. */
function wrapEcPrivateKey(ecPrivateKey: Uint8Array): Uint8Array {
  const fields = readElements(readElement(ecPrivateKey, DerTag.sequence).content)
  const parameters = fields.find(({ tag }) => tag === DerTag.context0)
  if (parameters === undefined) throw new Error('the curve is not named')
  const oid = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01)
  return wrap(
    derElement(
      DerTag.sequence,
      derElement(DerTag.objectIdentifier, oid),
      readElement(parameters.content, DerTag.objectIdentifier).der,
    ),
    ecPrivateKey,
  )
}

function wrap(algorithm: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return derElement(
    DerTag.sequence,
    derInteger(Uint8Array.of(0)),
    algorithm,
    derElement(DerTag.octetString, privateKey),
  )
}

/**
 * The first private key of a PEM text, as PKCS #8: from `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
 * Other blocks (certificates, `EC PARAMETERS`) may stand around it.
 *
 * @returns DER of a PrivateKeyInfo, for `CryptoProvider.importPrivateKey`
 * @throws ConfigurationError `ERR_BAD_PEM` where the text is not PEM; `ERR_UNSUPPORTED_PRIVATE_KEY` where it holds no
 * private key, or an encrypted one (which `signingKey` of the node provider reads)
 */
export function pkcs8FromPem(text: string): Uint8Array {
  const block = decodePem(text).find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (block === undefined) throw unsupported('the PEM text holds no private key')
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.headers.has('DEK-Info')) {
    throw unsupported(
      'the private key is encrypted: decrypt it first (openssl pkey -in key.pem), or use the node provider with a passphrase',
    )
  }
  try {
    return toPkcs8(block)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw unsupported(`the ${block.label} at line ${block.line} of the PEM text cannot be read`)
  }
}

function toPkcs8({ label, der }: PemBlock): Uint8Array {
  switch (label) {
    case 'PRIVATE KEY':
      return der
    case 'RSA PRIVATE KEY':
      return wrapRsaPrivateKey(readElement(der, DerTag.sequence).der)
    case 'EC PRIVATE KEY':
      return wrapEcPrivateKey(der)
    default:
      throw unsupported(`TLS cannot sign with a ${label}`)
  }
}

function unsupported(message: string): ConfigurationError {
  return new ConfigurationError('ERR_UNSUPPORTED_PRIVATE_KEY', message)
}

/** Files that options name. What cannot be read is the caller's mistake, and the message says which option it was. */
import { readFileSync } from 'node:fs'
import { decodePem, type PemBlock, X509Error } from '@handfast/x509'
import { usageError } from '../exit.ts'
import { certificatesOfBundle } from './pkcs7.ts'

/** @param option as typed, `--ca`. @throws CommandError (usage) */
export function readOptionFile(option: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw usageError(`${option}: ${path} cannot be read (${reasonOf(error)})`)
  }
}

/** The system's reason in a few words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return message
  }
}

const certificateLabel = /^(?:X509 |TRUSTED )?CERTIFICATE$/
const bundleLabel = /^(?:PKCS7|CMS)$/

/**
 * The certificates of a file: in PEM (one or many, other text between them), one in DER, or a bundle (PKCS #7) in either.
 * @returns DER. @throws CommandError (usage) where there is none
 */
export function readCertificates(option: string, path: string): readonly Uint8Array[] {
  const bytes = readOptionFile(option, path)
  // 0x30 begins the SEQUENCE that a certificate is, and a bundle.
  const found =
    bytes[0] === 0x30
      ? certificatesIn(option, path, bytes)
      : blocksOf(option, path, Buffer.from(bytes).toString('latin1')).flatMap(({ label, der }) => {
          if (certificateLabel.test(label)) return [der]
          return bundleLabel.test(label) ? certificatesIn(option, path, der) : []
        })
  if (found.length === 0)
    throw usageError(`${option}: ${path} holds no certificate`, 'It must be PEM or DER')
  return found
}

function certificatesIn(option: string, path: string, der: Uint8Array): readonly Uint8Array[] {
  try {
    return certificatesOfBundle(der) ?? [der]
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    throw usageError(`${option}: ${path} cannot be read (${error.message})`)
  }
}

function blocksOf(option: string, path: string, text: string): readonly PemBlock[] {
  try {
    return decodePem(text)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    throw usageError(`${option}: ${path} cannot be read (${error.message})`)
  }
}

/** Private keys on disk: PKCS#8 in PEM, encrypted by the platform where there is a passphrase. */
import { createPrivateKey } from 'node:crypto'
import { DirectoryError } from './errors.ts'

/** @param key PrivateKeyInfo, PEM. @returns PEM, with PBES2 and AES-256 where there is a passphrase */
export function sealKey(key: string, passphrase: string | undefined): string {
  if (passphrase === undefined) return key
  if (passphrase === '') {
    throw new DirectoryError('passphrase', 'the passphrase is empty', 'Give one, or none at all.')
  }
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  return createPrivateKey(key).export(options).toString()
}

export const isSealed = (pem: string): boolean => pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY')

/** @returns PrivateKeyInfo, DER. @param whose for messages */
export function openKey(pem: string, passphrase: string | undefined, whose: string): Uint8Array {
  if (isSealed(pem) && passphrase === undefined) {
    throw new DirectoryError(
      'passphrase',
      `the key of ${whose} is encrypted`,
      'Give its passphrase.',
    )
  }
  try {
    const key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
    return new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  } catch (cause) {
    throw isSealed(pem)
      ? new DirectoryError(
          'passphrase',
          `the passphrase does not open the key of ${whose}`,
          'Give the one that it was made with.',
          cause,
        )
      : new DirectoryError(
          'damaged',
          `the key of ${whose} cannot be read`,
          'Bring it back from a backup.',
          cause,
        )
  }
}

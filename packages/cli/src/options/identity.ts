/** A certificate and its key from files. */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Identity } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { usageError } from '../exit.ts'
import { readCertificates, readOptionFile } from './files.ts'

/**
 * @param cert the file of `--cert`: the chain, PEM, the leaf first. @param key the file of `--key`, PEM or PKCS#8 in DER;
 * without one the key is looked for in `cert`
 * @throws CommandError (usage)
 */
export async function identityFromFiles(cert: string, key: string | undefined): Promise<Identity> {
  const certificateChain = readCertificates('--cert', cert)
  const option = key === undefined ? '--cert' : '--key'
  const path = key ?? cert
  const bytes = Buffer.from(readOptionFile(option, path))
  let pkcs8: Uint8Array
  try {
    const privateKey: KeyObject =
      bytes[0] === 0x30
        ? createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
        : createPrivateKey(bytes)
    pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  } catch (error) {
    const isLocked = (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    throw usageError(
      isLocked
        ? `${option}: the key in ${path} is encrypted`
        : `${option}: ${path} holds no private key that can be read`,
      isLocked
        ? 'Decrypt it first: openssl pkey -in FILE -out PLAIN'
        : key === undefined
          ? 'Name the file of the key with --key'
          : 'It must be PEM, or PKCS#8 in DER',
    )
  }
  return { certificateChain, signingKey: await nodeProvider.importPrivateKey(pkcs8) }
}

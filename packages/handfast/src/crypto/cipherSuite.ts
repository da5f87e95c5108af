/** A cipher suite of its parts. A call, marked pure, drops out of a bundle that does not use it; a literal would not. */
import { CipherSuiteId } from '../codec/registry.ts'
import type { Aead, CipherSuite, HashFunction } from './provider.ts'

export function cipherSuite(
  name: keyof typeof CipherSuiteId,
  aead: Aead,
  hash: HashFunction,
): CipherSuite {
  return { id: CipherSuiteId[name], name, aead, hash }
}

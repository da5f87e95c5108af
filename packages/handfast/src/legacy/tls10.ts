/**
 * TLS 1.1 (RFC 4346) and TLS 1.0 (RFC 2246). They differ in one thing: TLS 1.0 takes the last block of a record as the IV of
 * the next, which BEAST made use of, and TLS 1.1 puts an IV into each record.
 */
import { forms10 } from '../codec/messages10.ts'
import { ProtocolVersion } from '../codec/registry.ts'
import { blockProtection, type ClassicVersion, tls12 } from '../handshake/version12.ts'
import { verifyData12 } from '../keys/schedule12.ts'
import { defaultLegacyCipherSuites } from './cipherSuites.ts'
import { md5Sha1, prf10 } from './prf10.ts'
import { signatures10 } from './signatures10.ts'

export const tls11: ClassicVersion = {
  ...tls12,
  version: ProtocolVersion.TLS11,
  prf: prf10,
  hash: () => md5Sha1,
  verifyData: verifyData12,
  forms: forms10,
  signatures: signatures10(),
  // Authenticated encryption, and other MACs, came with TLS 1.2.
  hasSuite: ({ protection }) => protection.kind === 'block' && protection.mac.name === 'sha1',
  defaultCipherSuites: defaultLegacyCipherSuites,
  *protection(crypto, { protection }, keys, encryptThenMac) {
    if (protection.kind !== 'block') throw new TypeError('TLS 1.1 has block ciphers only')
    const version = ProtocolVersion.TLS11
    return yield* blockProtection(crypto, protection, keys, { version, encryptThenMac })
  },
}

export const tls10: ClassicVersion = {
  ...tls11,
  version: ProtocolVersion.TLS10,
  keyLengths(suite) {
    const iv = suite.protection.kind === 'block' ? suite.protection.cipher.blockLength : 0
    return { ...tls11.keyLengths(suite), iv }
  },
  *protection(crypto, { protection }, keys, encryptThenMac) {
    if (protection.kind !== 'block') throw new TypeError('TLS 1.0 has block ciphers only')
    const options = { version: ProtocolVersion.TLS10, firstIv: keys.iv, encryptThenMac }
    return yield* blockProtection(crypto, protection, keys, options)
  },
}

/**
 * What differs between the versions before TLS 1.3, as a value: the PRF, how records are protected, what a signature looks
 * like. The handshakes in `client12.ts` and `server12.ts` are the figure of RFC 5246 §7.3, and take one of these.
 */
import { type Steps, settle } from '@handfast/x509'
import { messageBodies12 } from '../codec/messages12.ts'
import { AlertDescription, ProtocolVersion } from '../codec/registry.ts'
import type { ClassicCipherSuite, CryptoProvider } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { prf12 } from '../keys/prf.ts'
import type { KeyLengths, Prf, WriteKeys } from '../keys/schedule12.ts'
import { BlockProtection12 } from '../record/blockProtection12.ts'
import type { Protection } from '../record/protection.ts'
import { AeadProtection12 } from '../record/protection12.ts'
import type { HandshakeContext } from './context.ts'

export interface ClassicVersion {
  readonly version: number
  readonly prf: Prf
  /** What of the key block one direction takes. */
  readonly keyLengths: (suite: ClassicCipherSuite) => KeyLengths
  /** The records of one direction. @param keys are wiped when the protection no longer needs them */
  readonly protection: (
    crypto: CryptoProvider,
    suite: ClassicCipherSuite,
    keys: WriteKeys,
    encryptThenMac: boolean,
  ) => Steps<Protection>
}

/** RFC 5246: the hash of the PRF is the suite's; an IV of CBC stands in the record, a part of a nonce in the key block. */
export const tls12: ClassicVersion = {
  version: ProtocolVersion.TLS12,
  prf: prf12,
  keyLengths({ protection }) {
    if (protection.kind === 'block')
      return { macKey: protection.mac.outputLength, key: protection.cipher.keyLength, iv: 0 }
    return { macKey: 0, key: protection.aead.keyLength, iv: protection.ivLength }
  },
  *protection(crypto, { protection }, keys, encryptThenMac) {
    const { macKey, iv } = keys
    let made: Protection
    if (protection.kind === 'block') {
      const { cipher, mac } = protection
      const key = yield* settle(cipher.importKey(keys.key))
      const { blockLength } = cipher
      made = new BlockProtection12({ key, blockLength, mac, macKey, encryptThenMac, crypto })
    } else {
      const { aead } = protection
      const key = yield* settle(aead.importKey(keys.key))
      made = new AeadProtection12({ key, iv, tagLength: aead.tagLength })
    }
    keys.key.fill(0)
    return made
  },
}

/** From here on messages have the forms of this version, and change_cipher_spec is one of them. */
export function beginClassic(hs: HandshakeContext, { version }: ClassicVersion): void {
  // TLS 1.3 passes over what comes before its hello; here it would change keys before there are any.
  if (hs.passedOverChangeCipherSpec)
    throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A change_cipher_spec came before the hello', {
      section: 'RFC 5246 §7.1',
    })
  hs.changeCipherSpecAllowed = false
  // RFC 5246 §7.2.2: both are warnings, and change nothing.
  hs.toleratedWarnings = [AlertDescription.unrecognized_name, AlertDescription.no_renegotiation]
  hs.changeCipherSpecDelivered = true
  hs.forms = { version, bodies: messageBodies12(undefined) }
}

/** From here on the key exchange is known, and so are the forms of its messages. */
export function useKeyExchange(hs: HandshakeContext, { keyExchange }: ClassicCipherSuite): void {
  if (hs.forms !== undefined)
    hs.forms = { ...hs.forms, keyExchange, bodies: messageBodies12(keyExchange) }
}

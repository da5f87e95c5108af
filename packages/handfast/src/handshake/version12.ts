/**
 * What differs between the versions before TLS 1.3, as a value: the PRF, how records are protected, what a signature looks
 * like. The handshakes in `client12.ts` and `server12.ts` are the figure of RFC 5246 §7.3, and take one of these.
 */
import { type Steps, settle } from '@handfast/x509'
import { type ClassicForms, classicBodies, forms12 } from '../codec/messages12.ts'
import { AlertDescription, ProtocolVersion } from '../codec/registry.ts'
import type { ClassicCipherSuite, CryptoProvider, HashFunction } from '../crypto/provider.ts'
import { defaultClassicCipherSuites } from '../defaults12.ts'
import { TlsError } from '../errors.ts'
import { prf12 } from '../keys/prf.ts'
import { type KeyLengths, type Prf, verifyData12, type WriteKeys } from '../keys/schedule12.ts'
import { type BlockOptions, BlockProtection12 } from '../record/blockProtection12.ts'
import type { Protection } from '../record/protection.ts'
import { AeadProtection12 } from '../record/protection12.ts'
import type { HandshakeContext } from './context.ts'
import { type ClassicSignatures, signatures12 } from './signature12.ts'

type BlockParts = Extract<ClassicCipherSuite['protection'], { readonly kind: 'block' }>

export interface ClassicVersion {
  readonly version: number
  readonly prf: Prf
  /** What a trace calls it. Default: PRF. */
  readonly operation?: 'SSL 3.0'
  /** Of transcripts. */
  readonly hash: (suite: ClassicCipherSuite) => HashFunction
  /** Of Finished. */
  readonly verifyData: typeof verifyData12
  readonly forms: ClassicForms
  readonly signatures: ClassicSignatures
  /** Whether a suite can be used with this version. */
  readonly hasSuite: (suite: ClassicCipherSuite) => boolean
  /** Code points of the suites that are enabled where the configuration names none. */
  readonly defaultCipherSuites: readonly number[]
  /** Set where hellos cannot carry extensions, but for these. */
  readonly extensions?: readonly number[]
  /** A client without a certificate sends this warning in place of an empty Certificate. */
  readonly noCertificateAlert?: number
  /** The alert that says the same in this version, of the code point of one that TLS 1.3 has. */
  readonly alert?: (description: number) => number
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
  hash: ({ hash }) => hash,
  verifyData: verifyData12,
  forms: forms12,
  signatures: signatures12,
  hasSuite: () => true,
  defaultCipherSuites: defaultClassicCipherSuites,
  keyLengths({ protection }) {
    if (protection.kind === 'block')
      return { macKey: protection.mac.outputLength, key: protection.cipher.keyLength, iv: 0 }
    return { macKey: 0, key: protection.aead.keyLength, iv: protection.ivLength }
  },
  *protection(crypto, { protection }, keys, encryptThenMac) {
    if (protection.kind === 'block')
      return yield* blockProtection(crypto, protection, keys, { encryptThenMac })
    const { aead } = protection
    const key = yield* settle(aead.importKey(keys.key))
    keys.key.fill(0)
    return new AeadProtection12(key, keys.iv, aead.tagLength)
  },
}

/** Records of CBC and a MAC. @param options what differs between versions */
export function* blockProtection(
  crypto: CryptoProvider,
  { cipher, mac }: BlockParts,
  { key: bytes, macKey }: WriteKeys,
  options: BlockOptions,
): Steps<Protection> {
  const key = yield* settle(cipher.importKey(bytes))
  bytes.fill(0)
  const { blockLength } = cipher
  return new BlockProtection12({ key, blockLength, mac, macKey, crypto, ...options })
}

/** From here on messages have the forms of this version, and change_cipher_spec is one of them. */
export function beginClassic(hs: HandshakeContext, classic: ClassicVersion): void {
  const { version, forms } = classic
  // TLS 1.3 passes over what comes before its hello; here it would change keys before there are any.
  if (hs.passedOverChangeCipherSpec)
    throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A change_cipher_spec came before the hello', {
      section: 'RFC 5246 §7.1',
    })
  hs.changeCipherSpecAllowed = false
  // RFC 5246 §7.2.2: both are warnings, and change nothing.
  hs.toleratedWarnings = [AlertDescription.unrecognized_name, AlertDescription.no_renegotiation]
  hs.changeCipherSpecDelivered = true
  hs.forms = { version, classic: forms, bodies: classicBodies(forms, undefined) }
  hs.records.version = version
  hs.alertOf = classic.alert
}

/** From here on the key exchange is known, and so are the forms of its messages. */
export function useKeyExchange(hs: HandshakeContext, { keyExchange }: ClassicCipherSuite): void {
  if (hs.forms !== undefined)
    hs.forms = { ...hs.forms, keyExchange, bodies: classicBodies(hs.forms.classic, keyExchange) }
}

/** Signatures of TLS 1.2 (RFC 5246 §4.7, §7.4.1.4.1): over the content itself; ECDSA does not bind the curve. */
import type { Steps } from '@handfast/x509'
import type { DigitallySigned } from '../codec/messages12.ts'
import { nameOf } from '../codec/registry.ts'
import {
  type SignatureScheme,
  signatureScheme,
  signatureSchemes,
} from '../codec/signatureScheme.ts'
import type { Identity } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { NamedSecret } from '../keys/schedule.ts'
import type { ClassicContext } from '../keys/schedule12.ts'
import type { Transcript } from '../keys/transcript.ts'
import type { Role } from '../trace/events.ts'
import type { HandshakeContext } from './context.ts'
import { namesOf } from './negotiation.ts'
import type { PeerKey } from './peerCertificate.ts'

type Authentication = ClassicCipherSuite['authentication']

/** What a key of a kind stands for in the name of a suite (RFC 8422 §2.2, §5.10). */
export function authenticationOf(keyType: string): Authentication | undefined {
  if (keyType === 'rsa' || keyType === 'rsa-pss') return 'RSA'
  return ['ec', 'ed25519', 'ed448'].includes(keyType) ? 'ECDSA' : undefined
}

/** The scheme to sign with: the key's first that the peer accepts, and that is none of SHA-1; undefined where there is none. */
function chooseScheme12(
  { signingKey: { schemes, classicSchemes = [] } }: Identity,
  accepted: readonly number[],
): number | undefined {
  return [...schemes, ...classicSchemes].find(
    (id) => accepted.includes(id) && isClassic(signatureScheme(id)),
  )
}

/** What TLS 1.2 has no suites for (ML-DSA) signs nothing in it. */
function isClassic(scheme: SignatureScheme | undefined): scheme is SignatureScheme {
  return scheme !== undefined && authenticationOf(scheme.keyType) !== undefined
}

/** A signed message, by name, and the section that defines its signature. */
export interface SignedMessage {
  readonly name: 'ServerKeyExchange' | 'CertificateVerify'
  readonly section: string
}

export const serverKeyExchangeSignature: SignedMessage = {
  name: 'ServerKeyExchange',
  section: 'RFC 5246 §7.4.3',
}
export const certificateVerifySignature: SignedMessage = {
  name: 'CertificateVerify',
  section: 'RFC 5246 §7.4.8',
}

/** How a version up to TLS 1.2 signs. */
export interface ClassicSignatures {
  /** The scheme that an identity signs with; undefined where there is none. @param accepted what the peer said, if it can */
  choose(identity: Identity, accepted: readonly number[]): number | undefined
  sign(
    hs: HandshakeContext,
    identity: Identity,
    scheme: number,
    what: SignedMessage,
    content: Uint8Array,
  ): Steps<DigitallySigned>
  /** Checks a signature of the peer's. @param accepted what we said, where the version can. @returns the scheme */
  verify(
    hs: HandshakeContext,
    peer: Role,
    key: PeerKey,
    accepted: readonly number[],
    signed: DigitallySigned,
    content: Uint8Array,
    what: SignedMessage,
  ): Steps<number>
  /** What CertificateVerify signs. @param transcript all messages before it */
  transcriptToSign(
    context: ClassicContext,
    master: NamedSecret,
    transcript: Transcript,
  ): Steps<Uint8Array>
}

export const signatures12: ClassicSignatures = {
  choose: chooseScheme12,
  *sign(hs, { signingKey }, scheme, { name }, content) {
    const signature = yield* hs.settle(`signing ${name}`, signingKey.sign(scheme, content))
    return { algorithm: scheme, signature }
  },
  verify: verify12,
  // A signer may keep what it is given; the transcript's memory is used again.
  // biome-ignore lint/correctness/useYield: other versions hash
  *transcriptToSign(_, __, { content }) {
    return content.slice()
  },
}

function* verify12(
  hs: HandshakeContext,
  peer: Role,
  key: PeerKey,
  accepted: readonly number[],
  { algorithm = 0, signature }: DigitallySigned,
  content: Uint8Array,
  what: SignedMessage,
): Steps<number> {
  const scheme = signatureScheme(algorithm)
  const name = nameOf(signatureSchemes, algorithm)
  const { section } = what
  if (!isClassic(scheme) || !accepted.includes(algorithm))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed ${what.name} with ${name}, which was not offered`,
      { section },
    )
  if (key.algorithm.type !== scheme.keyType)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed ${what.name} with ${name}, which its certificate's key cannot make`,
      { section },
    )
  refuseWithoutSignature(peer, key, what)
  const verify = hs.crypto.signatureVerifiers[scheme.algorithm]!
  const valid = yield* hs.settle(
    `verifying the ${peer}'s ${what.name}`,
    verify(key.der, content, signature),
  )
  settleSignature(hs, peer, valid, algorithm, accepted, what)
  return algorithm
}

/** @throws TlsError where the peer's certificate is not for signatures */
export function refuseWithoutSignature(
  peer: Role,
  { keyUsage }: PeerKey,
  { name }: SignedMessage,
): void {
  if (keyUsage === undefined || keyUsage.has('digitalSignature')) return
  throw new TlsError(
    'ERR_CERTIFICATE_REFUSED',
    `The ${peer}'s certificate is not for signatures (keyUsage has no digitalSignature): it cannot sign ${name}`,
    { alert: 'unsupported_certificate', section: 'RFC 5246 §7.4.2' },
  )
}

/** Tells of a good signature. @throws TlsError for a bad one */
export function settleSignature(
  hs: HandshakeContext,
  peer: Role,
  valid: boolean,
  scheme: number,
  accepted: readonly number[],
  what: SignedMessage,
): void {
  const { section } = what
  if (!valid)
    throw new TlsError(
      'ERR_BAD_SIGNATURE',
      `The ${peer}'s ${what.name} does not verify with the key of its certificate`,
      { section },
    )
  const name = nameOf(signatureSchemes, scheme)
  hs.decide(() => ({
    what: 'signature scheme',
    by: peer,
    offered: namesOf(signatureSchemes, accepted),
    chosen: name,
    why: `The first that the ${peer}'s key can make of those that the other side accepts.`,
    section,
  }))
  if (what.name === 'ServerKeyExchange')
    hs.checked('ServerKeyExchange', "the server's public key, with both randoms", section, name)
  else
    hs.checked('CertificateVerify', "the client's public key, over the transcript", section, name)
}

/** Signatures of TLS 1.2 (RFC 5246 §4.7, §7.4.1.4.1): over the content itself; ECDSA does not bind the curve. */
import type { Steps, Certificate as X509Certificate } from '@handfast/x509'
import type { DigitallySigned } from '../codec/messages12.ts'
import { nameOf } from '../codec/registry.ts'
import { signatureScheme, signatureSchemes } from '../codec/signatureScheme.ts'
import type { Identity } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { Role } from '../trace/events.ts'
import type { HandshakeContext } from './context.ts'
import { namesOf } from './negotiation.ts'

type Authentication = ClassicCipherSuite['authentication']

/** What a key of a kind stands for in the name of a suite (RFC 8422 §2.2, §5.10). */
export function authenticationOf(keyType: string): Authentication | undefined {
  if (keyType === 'rsa' || keyType === 'rsa-pss') return 'RSA'
  return ['ec', 'ed25519', 'ed448'].includes(keyType) ? 'ECDSA' : undefined
}

/** The scheme to sign with: the key's first that the peer accepts, and that is none of SHA-1; undefined where there is none. */
export function chooseScheme12(
  { signingKey: { schemes, classicSchemes = [] } }: Identity,
  accepted: readonly number[],
): number | undefined {
  return [...schemes, ...classicSchemes].find(
    (id) => accepted.includes(id) && signatureScheme(id) !== undefined,
  )
}

export function* sign12(
  hs: HandshakeContext,
  { signingKey }: Identity,
  scheme: number,
  what: string,
  content: Uint8Array,
): Steps<DigitallySigned> {
  const signature = yield* hs.settle(`signing ${what}`, signingKey.sign(scheme, content))
  return { algorithm: scheme, signature }
}

/**
 * Checks a signature of the peer's.
 * @param accepted code points that we said we can verify
 * @param what the message, by name, and the section that defines its signature
 */
export function* verify12(
  hs: HandshakeContext,
  peer: Role,
  leaf: X509Certificate,
  accepted: readonly number[],
  { algorithm, signature }: DigitallySigned,
  content: Uint8Array,
  what: { readonly name: 'ServerKeyExchange' | 'CertificateVerify'; readonly section: string },
): Steps<number> {
  const scheme = signatureScheme(algorithm)
  const name = nameOf(signatureSchemes, algorithm)
  const { section } = what
  if (scheme === undefined || !accepted.includes(algorithm))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed ${what.name} with ${name}, which was not offered`,
      { section },
    )
  const { subjectPublicKeyInfo: key } = leaf
  if (key.algorithm.type !== scheme.keyType)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The ${peer} signed ${what.name} with ${name}, which its certificate's key cannot make`,
      { section },
    )
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.has('digitalSignature'))
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      `The ${peer}'s certificate is not for signatures (keyUsage has no digitalSignature): it cannot sign ${what.name}`,
      { alert: 'unsupported_certificate', section: 'RFC 5246 §7.4.2' },
    )
  const verify = hs.crypto.signatureVerifiers[scheme.algorithm]!
  const valid = yield* hs.settle(
    `verifying the ${peer}'s ${what.name}`,
    verify(key.der, content, signature),
  )
  if (!valid)
    throw new TlsError(
      'ERR_BAD_SIGNATURE',
      `The ${peer}'s ${what.name} does not verify with the key of its certificate`,
      { section },
    )
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
  return algorithm
}

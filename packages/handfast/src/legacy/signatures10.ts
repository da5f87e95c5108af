/** Signatures before TLS 1.2 (RFC 4346 §4.7, RFC 4492 §5.4): the kind of the key says how, and nobody is asked what he accepts. */
import type { Steps } from '@handfast/x509'
import { ecdsaSha1, rsaPkcs1Md5Sha1 } from '../codec/signatureScheme.ts'
import { verifyBareRsa } from '../crypto/node/legacy.ts'
import { TlsError } from '../errors.ts'
import {
  type ClassicSignatures,
  refuseWithoutSignature,
  type SignedMessage,
  settleSignature,
} from '../handshake/signature12.ts'
import { md5Sha1 } from './prf10.ts'

/** @param digest what an RSA key signs of a content: both digests, or, where they are the content, the content itself */
export function signatures10(
  digest: (content: Uint8Array, what: SignedMessage) => Uint8Array = (content) =>
    md5Sha1.digest(content) as Uint8Array,
): ClassicSignatures {
  return {
    choose: ({ signingKey: { classicSchemes = [] } }) =>
      classicSchemes.find((id) => id === rsaPkcs1Md5Sha1 || id === ecdsaSha1),

    *sign(hs, { signingKey }, scheme, what, content) {
      const signed = scheme === rsaPkcs1Md5Sha1 ? digest(content, what) : content
      const signature = yield* hs.settle(`signing ${what.name}`, signingKey.sign(scheme, signed))
      return { signature }
    },

    *verify(hs, peer, key, _, { signature }, content, what) {
      refuseWithoutSignature(peer, key, what)
      const { algorithm, der } = key
      const scheme = algorithm.type === 'rsa' ? rsaPkcs1Md5Sha1 : ecdsaSha1
      if (algorithm.type !== 'rsa' && algorithm.type !== 'ec')
        throw new TlsError(
          'ERR_CERTIFICATE_REFUSED',
          `The ${peer}'s certificate has a key of the type ${algorithm.type}, which signs nothing before TLS 1.2`,
          { alert: 'unsupported_certificate', section: 'RFC 4346 §4.7' },
        )
      const valid =
        scheme === rsaPkcs1Md5Sha1
          ? verifyBareRsa(der, digest(content, what), signature)
          : yield* hs.settle(
              `verifying the ${peer}'s ${what.name}`,
              hs.crypto.signatureVerifiers['ecdsa-sha1']?.(der, content, signature) ?? false,
            )
      settleSignature(hs, peer, valid, scheme, [rsaPkcs1Md5Sha1, ecdsaSha1], what)
      return scheme
    },

    // biome-ignore lint/correctness/useYield: SSL 3.0 hashes
    *transcriptToSign(_context, _master, { content }): Steps<Uint8Array> {
      return content
    },
  }
}

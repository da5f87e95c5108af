/**
 * A provider whose crypto always agrees: signatures verify, tags fit, shares are good. What a peer may do once it is
 * believed is behind all that, and random bytes never get there by themselves. The hashes are real.
 */
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type {
  Aead,
  BlockCipher,
  CertificateCompression,
  CryptoProvider,
  KeyExchangeGroup,
} from '../../packages/handfast/src/crypto/provider.ts'
import { legacy } from '../../packages/handfast/src/legacy/index.ts'

/** With what the versions behind the legacy door need. */
const inner = legacy.crypto(nodeProvider)

/** Content and a tag of zeros: whoever can count can seal. */
const agreeableAead = (inner: Aead): Aead => ({
  ...inner,
  importKey: () => ({
    seal: (_nonce, _data, parts, reserve) => {
      const length = parts.reduce((sum, part) => sum + part.length, 0)
      const sealed = new Uint8Array(reserve + length + inner.tagLength)
      let at = reserve
      for (const part of parts) {
        sealed.set(part, at)
        at += part.length
      }
      return sealed
    },
    open: (_nonce, _data, ciphertext) =>
      ciphertext.length < inner.tagLength
        ? undefined
        : ciphertext.slice(0, ciphertext.length - inner.tagLength),
    destroy: () => {},
  }),
})

const agreeableCipher = (inner: BlockCipher): BlockCipher => ({
  ...inner,
  importKey: () => ({
    encrypt: (_iv, plaintext) => plaintext.slice(),
    decrypt: (_iv, ciphertext) => ciphertext.slice(),
    destroy: () => {},
  }),
})

const agreeableGroup = (inner: KeyExchangeGroup): KeyExchangeGroup => ({
  ...inner,
  generate: () => ({
    share: new Uint8Array(inner.clientShareLength),
    decapsulate: (share) =>
      share.length === inner.serverShareLength ? new Uint8Array(32) : undefined,
    destroy: () => {},
  }),
  encapsulate: (share) =>
    share.length === inner.clientShareLength
      ? { share: new Uint8Array(inner.serverShareLength), secret: new Uint8Array(32) }
      : undefined,
})

/** What was packed is what it was. */
const agreeableCompression = (inner: CertificateCompression): CertificateCompression => ({
  ...inner,
  compress: (data) => data.slice(),
  decompress: (data, length) => (data.length === length ? data.slice() : undefined),
})

export const agreeableVerifiers = Object.fromEntries(
  Object.keys(nodeProvider.signatureVerifiers).map((name) => [name, () => true]),
)

export const agreeableProvider: CryptoProvider = {
  ...inner,
  name: 'agreeable',
  // The same each time, so that an input does the same each time.
  random: (length) => Uint8Array.from({ length }, (_, i) => i & 0x7f),
  equal: (a, b) => a.length === b.length,
  cipherSuites: nodeProvider.cipherSuites.map((suite) => ({
    ...suite,
    aead: agreeableAead(suite.aead),
  })),
  classicCipherSuites: (inner.classicCipherSuites ?? []).map((suite) => ({
    ...suite,
    protection:
      suite.protection.kind === 'aead'
        ? { ...suite.protection, aead: agreeableAead(suite.protection.aead) }
        : { ...suite.protection, cipher: agreeableCipher(suite.protection.cipher) },
  })),
  groups: nodeProvider.groups.map(agreeableGroup),
  finiteFieldGroup: (prime, generator) => {
    const group = nodeProvider.finiteFieldGroup?.(prime, generator)
    return group && agreeableGroup(group)
  },
  signatureVerifiers: agreeableVerifiers,
  certificateCompressions: (nodeProvider.certificateCompressions ?? []).map(agreeableCompression),
}

/** Signature verification over node:crypto, as the tests and the conformance runners bring it to the verifier. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SignatureVerifier, SignatureVerifiers } from '../../src/types.ts'

const publicKey = (spki: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })

const pkcs1OrEcdsa =
  (hash: string): SignatureVerifier =>
  (spki, data, signature) =>
    verify(hash, data, publicKey(spki), signature)

const pss =
  (hash: string, saltLength: number): SignatureVerifier =>
  (spki, data, signature) =>
    verify(
      hash,
      data,
      { key: publicKey(spki), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
      signature,
    )

const edwards: SignatureVerifier = (spki, data, signature) =>
  verify(null, data, publicKey(spki), signature)

export const nodeVerifiers: SignatureVerifiers = {
  'ecdsa-sha1': pkcs1OrEcdsa('sha1'),
  'ecdsa-sha256': pkcs1OrEcdsa('sha256'),
  'ecdsa-sha384': pkcs1OrEcdsa('sha384'),
  'ecdsa-sha512': pkcs1OrEcdsa('sha512'),
  'rsa-pkcs1-sha1': pkcs1OrEcdsa('sha1'),
  'rsa-pkcs1-sha256': pkcs1OrEcdsa('sha256'),
  'rsa-pkcs1-sha384': pkcs1OrEcdsa('sha384'),
  'rsa-pkcs1-sha512': pkcs1OrEcdsa('sha512'),
  'rsa-pss-sha256': pss('sha256', 32),
  'rsa-pss-sha384': pss('sha384', 48),
  'rsa-pss-sha512': pss('sha512', 64),
  ed25519: edwards,
  ed448: edwards,
}

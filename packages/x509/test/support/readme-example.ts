import { constants, createPublicKey, verify } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import {
  createTrustStore,
  decodePem,
  type SignatureVerifiers,
  verifyCertificate,
} from '@handfast/x509'

// The package has no cryptography of its own: it is given functions for the signatures that should count.
const key = (spki: Uint8Array) =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
const verifiers: SignatureVerifiers = {
  'ecdsa-sha256': (spki, data, signature) => verify('sha256', data, key(spki), signature),
  'ecdsa-sha384': (spki, data, signature) => verify('sha384', data, key(spki), signature),
  'rsa-pkcs1-sha256': (spki, data, signature) => verify('sha256', data, key(spki), signature),
  'rsa-pss-sha256': (spki, data, signature) =>
    verify(
      'sha256',
      data,
      { key: key(spki), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
      signature,
    ),
}

const toDer = (pem: string) => decodePem(pem).map(({ der }) => der)

/** Is this chain (PEM, the server's own certificate first) to be believed for this name? In words. */
export async function judge(chain: string, name: string, roots = rootCertificates.join('\n')) {
  const [certificate, ...intermediates] = toDer(chain)
  if (certificate === undefined) return ['there is no certificate in the file']
  const verdict = await verifyCertificate({
    certificate,
    intermediates,
    trust: createTrustStore(toDer(roots)),
    time: Date.now(),
    name,
    usage: 'serverAuth',
    verifiers,
  })
  return verdict.valid
    ? verdict.checks.map(
        ({ result, what, against, section }) => `${result}: ${what} (${against}), ${section}`,
      )
    : verdict.failures.map(({ code, message, help }) => `${code}: ${message}. ${help}`)
}

import {
  createTrustStore,
  decodePem,
  parseSubjectPublicKeyInfo,
  type SignatureVerifier,
  type SignatureVerifiers,
  verifyCertificate,
} from '@handfast/x509'
import { readWhole, tags } from '@handfast/x509/reading'

const { subtle } = globalThis.crypto
const copy = (bytes: Uint8Array) => Uint8Array.from(bytes)

const rsa =
  (hash: string): SignatureVerifier =>
  async (spki, data, signature) => {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash }
    const key = await subtle.importKey('spki', copy(spki), algorithm, false, ['verify'])
    return subtle.verify(algorithm, key, copy(signature), copy(data))
  }

const ecdsa =
  (hash: string): SignatureVerifier =>
  async (spki, data, signature) => {
    const { curve = '', bits = 0 } = parseSubjectPublicKeyInfo(spki).algorithm
    const algorithm = { name: 'ECDSA', namedCurve: curve, hash }
    const key = await subtle.importKey('spki', copy(spki), algorithm, false, ['verify'])
    return subtle.verify(algorithm, key, sideBySide(signature, Math.ceil(bits / 8)), copy(data))
  }

/** A certificate has r and s as two INTEGERs; WebCrypto wants them side by side. What throws is no valid signature. */
function sideBySide(signature: Uint8Array, size: number) {
  const pair = readWhole(signature, tags.sequence, 'signature')
  const numbers = new Uint8Array(2 * size)
  for (const end of [size, 2 * size]) {
    const number = pair.integer('number')
    const digits = number[0] === 0 ? number.subarray(1) : number
    if (digits.length > size) throw new RangeError('a number is longer than the curve')
    numbers.set(digits, end - digits.length)
  }
  pair.finish()
  return numbers
}

const verifiers: SignatureVerifiers = {
  'ecdsa-sha256': ecdsa('SHA-256'),
  'ecdsa-sha384': ecdsa('SHA-384'),
  'rsa-pkcs1-sha256': rsa('SHA-256'),
  'rsa-pkcs1-sha384': rsa('SHA-384'),
}

/** @param chain PEM, the certificate that is asked about first. @param roots PEM of who is trusted */
export async function isToBeBelieved(chain: string, roots: string, name: string) {
  const [certificate, ...intermediates] = decodePem(chain).map(({ der }) => der)
  const { valid, failures } = await verifyCertificate({
    certificate: certificate!,
    intermediates,
    trust: createTrustStore(decodePem(roots).map(({ der }) => der)),
    time: Date.now(),
    name,
    usage: 'serverAuth',
    verifiers,
  })
  return valid ? 'yes' : failures[0]!.message
}

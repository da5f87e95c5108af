/** The authentication of a PKCS #12 file by PBMAC1 (RFC 9579, RFC 8018 §7.1), which OpenSSL writes from 3.4 on. */
import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type * as Forge from 'node-forge'

type Asn1 = Forge.asn1.Asn1

const pbmac1 = '1.2.840.113549.1.5.14'
const pbkdf2 = '1.2.840.113549.1.5.12'

/** hmacWithSHA…: RFC 8018 §B.1.2. */
const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

/**
 * @param file of the PFX structure (RFC 7292 §4)
 * @returns whether the passphrase fits; undefined where the file is not authenticated so
 * @throws Error for what is not supported, or not there
 */
export function checkPbmac1(
  { asn1 }: typeof Forge,
  file: Asn1,
  passphrase: string,
): boolean | undefined {
  const oid = (node: Asn1 | undefined) => asn1.derToOid(bytesIn(node).toString('latin1'))
  const [, authSafe, macData] = partsOf(file)
  const [algorithm, digest] = partsOf(partsOf(macData)[0])
  const [scheme, parameters] = partsOf(algorithm)
  if (scheme === undefined || oid(scheme) !== pbmac1) return undefined
  const [derivation, authentication] = partsOf(parameters)
  const [derivationScheme, settings] = partsOf(derivation)
  const [salt, iterations, keyLength, prf] = partsOf(settings)
  const hmac = hashes[oid(partsOf(authentication)[0])]
  // RFC 8018 §A.2: SHA-1 where the function is not named.
  const hash = prf === undefined ? 'sha1' : hashes[oid(partsOf(prf)[0])]
  // RFC 9579 §5: the length must be there.
  if (oid(derivationScheme) !== pbkdf2 || !hmac || !hash || keyLength === undefined)
    throw new Error('unsupported PBMAC1')
  const rounds = numberIn(iterations)
  // RFC 9579 §5: the passphrase is taken in UTF-8, not in UTF-16 as of old.
  const key = pbkdf2Sync(passphrase, bytesIn(salt), rounds, numberIn(keyLength), hash)
  const content = bytesIn(partsOf(partsOf(authSafe)[1])[0])
  const [ours, theirs] = [createHmac(hmac, key).update(content).digest(), bytesIn(digest)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}

function partsOf(node: Asn1 | undefined): readonly Asn1[] {
  return Array.isArray(node?.value) ? node.value : []
}

/** Of an OCTET STRING, also one in pieces. */
function bytesIn(node: Asn1 | undefined): Buffer {
  return typeof node?.value === 'string'
    ? Buffer.from(node.value, 'latin1')
    : Buffer.concat(partsOf(node).map(bytesIn))
}

function numberIn(node: Asn1 | undefined): number {
  return Number.parseInt(bytesIn(node).toString('hex'), 16)
}

/**
 * PKCS #12 (RFC 7292): a key and its chain in one file under a password, as Windows, macOS, browsers and Java import
 * them. The key and the certificates are encrypted with PBES2 (PBKDF2 with HMAC-SHA-256, AES-256-CBC), the whole is
 * authenticated with HMAC-SHA-256.
 */

import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { explicit, integer, nullValue, octetString, oid, sequence, set, tlv } from '../der.ts'
import { AuthorityError } from '../errors.ts'

export interface Pkcs12Options {
  /** PrivateKeyInfo (PKCS #8), DER. */
  readonly key: Uint8Array
  /** The certificate of the key first, then those above it; DER. */
  readonly chain: readonly Uint8Array[]
  /** Not empty. */
  readonly password: string
  /** What programs show as the name of the entry. */
  readonly friendlyName?: string
  /** Of the password, for each of the three uses. Default 100,000. */
  readonly iterations?: number
}

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const

/** @returns the PFX, DER. Throws an AuthorityError without a certificate or a password */
export function createPkcs12(options: Pkcs12Options): Uint8Array {
  const { key, chain, password, friendlyName, iterations = 100_000 } = options
  const [leaf, ...others] = chain
  if (leaf === undefined) throw new AuthorityError('a PKCS #12 file needs a certificate')
  if (password === '') throw new AuthorityError('a PKCS #12 file needs a password')
  const localKeyId = createHash('sha1').update(leaf).digest()
  const ofTheKey = attributes(localKeyId, friendlyName)
  const certificates = sequence(
    certificateBag(leaf, ofTheKey),
    ...others.map((der) => certificateBag(der)),
  )
  const sealed = encrypt(certificates, password, iterations)
  const encryptedData = sequence(
    integer(0),
    sequence(oid(oids.data), sealed.algorithm, tlv(0x80, sealed.ciphertext)),
  )
  const sealedKey = encrypt(key, password, iterations)
  const keyBag = sequence(
    oid(oids.pkcs8ShroudedKeyBag),
    explicit(0, sequence(sealedKey.algorithm, octetString(sealedKey.ciphertext))),
    ofTheKey,
  )
  const authenticatedSafe = sequence(
    sequence(oid(oids.encryptedData), explicit(0, encryptedData)),
    sequence(oid(oids.data), explicit(0, octetString(sequence(keyBag)))),
  )
  const salt = randomBytes(16)
  const macKey = deriveMacKey(password, salt, iterations)
  const mac = createHmac('sha256', macKey).update(authenticatedSafe).digest()
  macKey.fill(0)
  return sequence(
    integer(3),
    sequence(oid(oids.data), explicit(0, octetString(authenticatedSafe))),
    sequence(
      sequence(sequence(oid(oids.sha256), nullValue()), octetString(mac)),
      octetString(salt),
      integer(iterations),
    ),
  )
}

function certificateBag(der: Uint8Array, bagAttributes: Uint8Array = new Uint8Array()): Uint8Array {
  const bag = sequence(oid(oids.x509Certificate), explicit(0, octetString(der)))
  return sequence(oid(oids.certBag), explicit(0, bag), bagAttributes)
}

/** By the same localKeyId a reader finds the certificate of the key (§4.2). A SET OF is sorted (X.690 §11.6). */
function attributes(localKeyId: Uint8Array, friendlyName: string | undefined): Uint8Array {
  const attribute = (type: string, value: Uint8Array) => sequence(oid(type), set(value))
  const all = [
    attribute(oids.localKeyId, octetString(localKeyId)),
    ...(friendlyName === undefined
      ? []
      : [attribute(oids.friendlyName, tlv(0x1e, bmp(friendlyName)))]),
  ]
  return tlv(0x31, ...all.sort(Buffer.compare))
}

function encrypt(plaintext: Uint8Array, password: string, iterations: number) {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  key.fill(0)
  const prf = sequence(oid(oids.hmacWithSha256), nullValue())
  const parameters = sequence(octetString(salt), integer(iterations), prf)
  const algorithm = sequence(
    oid(oids.pbes2),
    sequence(
      sequence(oid(oids.pbkdf2), parameters),
      sequence(oid(oids.aes256Cbc), octetString(iv)),
    ),
  )
  return { algorithm, ciphertext }
}

/**
 * The key of the HMAC (RFC 7292 appendix B.2, with ID 3). SHA-256 gives as many octets as are wanted, so that the
 * algorithm ends after its first block.
 */
function deriveMacKey(password: string, salt: Uint8Array, iterations: number): Uint8Array {
  const block = 64 // octets that SHA-256 takes at once
  const fill = (bytes: Uint8Array) => {
    const filled = new Uint8Array(Math.ceil(bytes.length / block) * block)
    return filled.map((_, i) => bytes[i % bytes.length]!)
  }
  const purpose = new Uint8Array(block).fill(3)
  // The password ends in a zero character (appendix B.1).
  const secret = fill(bmp(`${password}\0`))
  let digest = createHash('sha256').update(purpose).update(fill(salt)).update(secret).digest()
  for (let i = 1; i < iterations; i++) digest = createHash('sha256').update(digest).digest()
  secret.fill(0)
  return digest
}

/** A BMPString's content: two octets for each character. Throws an AuthorityError for what is outside of it. */
function bmp(text: string): Uint8Array {
  if (/[\ud800-\udfff]/.test(text)) {
    throw new AuthorityError('a PKCS #12 file has no room for characters above U+FFFF')
  }
  return Buffer.from(text, 'utf16le').swap16()
}

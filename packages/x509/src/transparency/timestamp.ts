/** Signed certificate timestamps (RFC 6962 §3.2): their encoding, and the bytes that a log signs. */
import { X509Error } from '../errors.ts'
import type { SignatureAlgorithm, SignedCertificateTimestamp } from '../types.ts'

/** RFC 6962 §2.1.4 allows these two, in TLS's numbers for hash and signature. */
const algorithms: Readonly<Record<number, SignatureAlgorithm>> = {
  1027: 'ecdsa-sha256',
  1025: 'rsa-pkcs1-sha256',
}

/**
 * Parses a `SignedCertificateTimestamp` of version 1.
 *
 * @throws X509Error when the bytes are none; another version is an error too, for nothing is known of what follows
 */
export function parseSignedCertificateTimestamp(bytes: Uint8Array): SignedCertificateTimestamp {
  const fail = (message: string, offset: number): never => {
    throw new X509Error('malformed', message, { field: 'signedCertificateTimestamp', offset })
  }
  const byte = (offset: number): number => bytes[offset] ?? fail('timestamp is cut short', offset)
  const uint16 = (offset: number): number => (byte(offset) << 8) | byte(offset + 1)
  const version = byte(0)
  if (version !== 0) fail(`unknown version ${version + 1}`, 0)
  let timestamp = 0
  for (let i = 33; i < 41; i++) timestamp = timestamp * 256 + byte(i)
  if (timestamp > Number.MAX_SAFE_INTEGER) fail('time is beyond reason', 33)
  const extensionsEnd = 43 + uint16(41)
  const signatureAlgorithm = algorithms[uint16(extensionsEnd)]
  const signatureStart = extensionsEnd + 4
  const signatureEnd = signatureStart + uint16(extensionsEnd + 2)
  if (signatureEnd !== bytes.length) fail('timestamp has not the length it says', extensionsEnd + 2)
  return {
    logId: bytes.subarray(1, 33),
    timestamp,
    extensions: bytes.subarray(43, extensionsEnd),
    signatureAlgorithm,
    signature: bytes.subarray(signatureStart),
  }
}

/** What the log saw: the certificate itself, or the precertificate it was made from and the issuer's key. */
export type LogEntry =
  | { readonly type: 'x509'; readonly certificate: Uint8Array }
  | {
      readonly type: 'precertificate'
      readonly issuerKeyHash: Uint8Array
      readonly tbs: Uint8Array
    }

/** The bytes of `digitally-signed` in RFC 6962 §3.2. */
export function signedData(
  { timestamp, extensions }: SignedCertificateTimestamp,
  entry: LogEntry,
): Uint8Array {
  const [entryType, prefix, content] =
    entry.type === 'x509'
      ? [0, new Uint8Array(), entry.certificate]
      : [1, entry.issuerKeyHash, entry.tbs]
  const data = new Uint8Array(12 + prefix.length + 3 + content.length + 2 + extensions.length)
  const view = new DataView(data.buffer)
  // sct_version v1 and signature_type certificate_timestamp are both 0.
  view.setBigUint64(2, BigInt(timestamp))
  view.setUint16(10, entryType)
  data.set(prefix, 12)
  let offset = 12 + prefix.length
  view.setUint8(offset, content.length >> 16)
  view.setUint16(offset + 1, content.length & 0xffff)
  data.set(content, offset + 3)
  offset += 3 + content.length
  view.setUint16(offset, extensions.length)
  data.set(extensions, offset + 2)
  return data
}

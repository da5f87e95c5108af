/**
 * Protection of TLS 1.2 records by an AEAD (RFC 5246 §6.2.3.3).
 *
 * The nonce is formed in one of two ways. AES-GCM and AES-CCM: 4 bytes of the key block, and 8 that stand in the record,
 * for which the sequence number is taken (RFC 5288 §3, RFC 6655 §3). ChaCha20-Poly1305: 12 bytes of the key block, XORed
 * with the sequence number; nothing stands in the record (RFC 7905 §2).
 */
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import type { AeadForm, OpenedRecord } from './protection.ts'

/** Bytes by which a protected record may be longer than its content (RFC 5246 §6.2.3). */
export const classicExpansion = 2048

/** seq_num + type + version + length. */
const additionalDataLength = 13

/** What is authenticated beside the content (RFC 5246 §6.2.3.3). @param data is written over and answered */
export function additionalData12(
  sequenceNumber: number,
  header: Uint8Array,
  contentLength: number,
  data: Uint8Array = new Uint8Array(additionalDataLength),
): Uint8Array {
  for (let i = 7, rest = sequenceNumber; i >= 0; i--, rest = Math.floor(rest / 256))
    data[i] = rest & 0xff
  for (let i = 0; i < 3; i++) data[8 + i] = header[i]!
  data[11] = contentLength >> 8
  data[12] = contentLength & 0xff
  return data
}

/** @throws TlsError for a content that is longer than a record may hold */
export function openedRecord(type: number, content: Uint8Array): OpenedRecord {
  if (content.length > maxPlaintextLength)
    throw new TlsError(
      'ERR_RECORD_OVERFLOW',
      `A record holds ${content.length} bytes when opened`,
      { section: 'RFC 5246 §6.2.1' },
    )
  return { type, content, padding: 0 }
}

const data = new Uint8Array(additionalDataLength)

/** For a `RecordProtection`. */
export const aeadForm12: AeadForm = {
  hidesType: false,
  expansion: classicExpansion,
  additionalData: (header, sequenceNumber, contentLength) =>
    additionalData12(sequenceNumber, header, contentLength, data),
  read: openedRecord,
}

/**
 * Protection of TLS 1.2 records by an AEAD (RFC 5246 §6.2.3.3).
 *
 * The nonce is formed in one of two ways. AES-GCM and AES-CCM: 4 bytes of the key block, and 8 that stand in the record,
 * for which the sequence number is taken (RFC 5288 §3, RFC 6655 §3). ChaCha20-Poly1305: 12 bytes of the key block, XORed
 * with the sequence number; nothing stands in the record (RFC 7905 §2).
 */
import type { AeadKey } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import { type OpenedRecord, RecordProtection } from './protection.ts'

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
const none = new Uint8Array(0)

/** The keys of one direction: content is all that is encrypted, and its type and number are authenticated. */
export class AeadProtection12 extends RecordProtection {
  override readonly hidesType: boolean = false
  override readonly expansion: number = classicExpansion
  /** Of the part of the nonce that stands in each record, in bytes. */
  readonly nonceLength: number

  /** @param iv of the key block: 4 bytes, or 12 where no part of the nonce stands in the record; it is wiped */
  constructor(key: AeadKey, iv: Uint8Array, tagLength: number) {
    super('application', 0, key, iv, tagLength)
    this.nonceLength = 12 - iv.length
  }

  protected override additionalData(
    header: Uint8Array,
    sequenceNumber: number,
    contentLength: number,
  ): Uint8Array {
    return additionalData12(sequenceNumber, header, contentLength, data)
  }

  protected override tail(): Uint8Array {
    return none
  }

  protected override split(type: number, content: Uint8Array): OpenedRecord {
    return openedRecord(type, content)
  }
}

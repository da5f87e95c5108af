/** Certificates out of what options hold: PEM with one or several, or DER; texts, bytes, or lists of them. */
import { decodePem, type PemBlock } from '../pem.ts'
import { bytesOf, invalidArgType, withCode } from './validate.ts'

const labels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']

/** The first byte of a certificate in DER: a SEQUENCE. */
const sequenceTag = 0x30

/**
 * The certificates of one value, DER, in the order in which they stand.
 * @param option its name, for errors
 * @throws Error `ERR_INVALID_ARG_TYPE` for what is neither text nor bytes, `ERR_OSSL_PEM_NO_START_LINE` for what holds no
 * certificate, `ERR_OSSL_PEM_BAD_BASE64_DECODE` for PEM that is damaged
 */
export function certificatesOf(value: unknown, option: string): readonly Uint8Array[] {
  if (typeof value !== 'string') {
    if (!ArrayBuffer.isView(value))
      throw invalidArgType(
        option,
        'of type string or an instance of Buffer, TypedArray, or DataView',
        value,
      )
    const bytes = bytesOf(value as NodeJS.ArrayBufferView)
    if (bytes[0] === sequenceTag) return [bytes]
    return certificatesOf(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
      option,
    )
  }
  const found = blocksOf(value, option).filter(({ label }) => labels.includes(label))
  if (found.length === 0)
    throw withCode(
      new Error(`${option} holds no certificate: give PEM (-----BEGIN CERTIFICATE-----) or DER`),
      'ERR_OSSL_PEM_NO_START_LINE',
    )
  return found.map(({ der }) => der)
}

function blocksOf(text: string, option: string): readonly PemBlock[] {
  try {
    return decodePem(text)
  } catch (cause) {
    throw withCode(
      new Error(`${option} cannot be read: ${(cause as Error).message}`, { cause }),
      'ERR_OSSL_PEM_BAD_BASE64_DECODE',
    )
  }
}

/** One value or a list of them, as Node's options take either. */
export function listOf<T>(value: T | readonly T[] | undefined | null | false | ''): readonly T[] {
  if (!value) return []
  return Array.isArray(value) ? value : [value as T]
}

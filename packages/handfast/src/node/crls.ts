/** The option `crl`: revocation lists, PEM or DER. */
import { type CertificateRevocationList, parseCertificateRevocationList } from '@handfast/x509'
import { decodePem } from '../pem.ts'
import { listOf } from './certificates.ts'
import { bytesOf, invalidArgType, withCode } from './validate.ts'

type Text = string | NodeJS.ArrayBufferView

/** @throws Error `ERR_INVALID_ARG_TYPE`, or Node's `Failed to parse CRL` (`ERR_CRYPTO_OPERATION_FAILED`) */
export function readCrls(
  crl: Text | readonly Text[] | undefined | null,
): readonly CertificateRevocationList[] | undefined {
  if (crl == null) return undefined
  const values: readonly unknown[] = crl === '' ? [crl] : listOf(crl as Text | readonly Text[])
  return values.flatMap((value) => {
    if (typeof value !== 'string' && !ArrayBuffer.isView(value))
      throw invalidArgType(
        'options.crl',
        'of type string or an instance of Buffer, TypedArray, or DataView',
        value,
      )
    try {
      return dersOf(value as Text).map(parseCertificateRevocationList)
    } catch (cause) {
      throw withCode(new Error('Failed to parse CRL', { cause }), 'ERR_CRYPTO_OPERATION_FAILED')
    }
  })
}

/** The first byte of a list in DER: a SEQUENCE. */
const sequenceTag = 0x30

function dersOf(value: Text): readonly Uint8Array[] {
  if (typeof value !== 'string') {
    const bytes = bytesOf(value)
    if (bytes[0] === sequenceTag) return [bytes.slice()]
    return dersOf(Buffer.from(bytes).toString('latin1'))
  }
  const ders = decodePem(value).flatMap(({ label, der }) => (label === 'X509 CRL' ? [der] : []))
  if (ders.length === 0) throw new Error('options.crl holds no -----BEGIN X509 CRL-----')
  return ders
}

/** Content types, plain records, and how cases of the record layer end. */
import { bytes } from './expected.ts'
import { type Expected, recordOf } from './peer.ts'

export const plain = (type: number, ...content: readonly number[]) =>
  recordOf(type, bytes(...content))
export const change_cipher_spec = 20
export const alert = 21
export const handshake = 22
export const application_data = 23

export const undecodableAlert: Expected = {
  code: 'ERR_DECODE',
  alert: 'decode_error',
  section: 'RFC 8446 §6',
}
export const badMac: Expected = {
  code: 'ERR_BAD_RECORD_MAC',
  alert: 'bad_record_mac',
  section: 'RFC 8446 §5.2',
}
export const overflow = (section: string): Expected => ({
  code: 'ERR_RECORD_OVERFLOW',
  alert: 'record_overflow',
  section,
})
export const notTls: Expected = { code: 'ERR_NOT_TLS', alert: undefined, section: 'RFC 8446 §5.1' }
export const alerted = (): Expected => ({
  code: 'ERR_ALERT_RECEIVED',
  alert: undefined,
  section: 'RFC 8446 §6',
})
export const endedEarly: Expected = {
  code: 'ERR_CLOSED_DURING_HANDSHAKE',
  alert: undefined,
  section: 'RFC 8446 §6.1',
}

export const text = (value: string) => Uint8Array.from(Buffer.from(value, 'latin1'))

/** How a hostile case ends: the code, the alert and the section of the rule that was broken. */
import type { Expected, Scenario } from './peer.ts'

/** One thing that a peer does wrong. */
export interface Case extends Omit<Scenario, 'victim'> {
  readonly what: string
  readonly expect: Expected
}

export const bytes = (...values: readonly number[]) => Uint8Array.from(values)
export const none = () => []

export const illegal = (section: string): Expected => ({
  code: 'ERR_ILLEGAL_PARAMETER',
  alert: 'illegal_parameter',
  section,
})
export const undecodable: Expected = {
  code: 'ERR_DECODE',
  alert: 'decode_error',
  section: 'RFC 8446 §6.2',
}
export const unexpected = (section = 'RFC 8446 §4'): Expected => ({
  code: 'ERR_UNEXPECTED_MESSAGE',
  alert: 'unexpected_message',
  section,
})
export const unsolicited: Expected = {
  code: 'ERR_UNSOLICITED_EXTENSION',
  alert: 'unsupported_extension',
  section: 'RFC 8446 §4.2',
}
export const missing = (section: string): Expected => ({
  code: 'ERR_MISSING_EXTENSION',
  alert: 'missing_extension',
  section,
})
export const badSignature: Expected = {
  code: 'ERR_BAD_SIGNATURE',
  alert: 'decrypt_error',
  section: 'RFC 8446 §4.4.3',
}
export const certificate = (alert: string, section: string): Expected => ({
  code: 'ERR_CERTIFICATE_REFUSED',
  alert,
  section,
})
export const tooMuch = (section = 'RFC 8446 §6.2'): Expected => ({
  code: 'ERR_TOO_MUCH',
  alert: 'unexpected_message',
  section,
})

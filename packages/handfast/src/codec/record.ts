/** The structures of the record layer (RFC 8446 §5.1, §6). `record/framing.ts` cuts records; this describes them. */
import { alertDescriptions, alertLevels, contentTypes, protocolVersions } from './registry.ts'
import { enumerated, quantity, struct, uint8, uint16 } from './wire.ts'

const legacyRecordVersion = enumerated(protocolVersions)
const length = quantity(uint16, 'byte')

/** RFC 8446 §5.1: what stands before the fragment of a record that is not protected. */
export const PlaintextHeader = struct('TLSPlaintext', 'RFC 8446 §5.1', {
  type: enumerated(contentTypes),
  legacyRecordVersion,
  length,
})

/** RFC 8446 §5.2: what stands before the ciphertext; the true content type is inside. */
export const CiphertextHeader = struct('TLSCiphertext', 'RFC 8446 §5.2', {
  opaqueType: enumerated(contentTypes),
  legacyRecordVersion,
  length,
})

/** RFC 8446 §6 */
export const Alert = struct('Alert', 'RFC 8446 §6', {
  level: enumerated(alertLevels),
  description: enumerated(alertDescriptions),
})

/** RFC 8446 §5: one byte of the value 1, for middleboxes only. */
export const ChangeCipherSpec = struct('ChangeCipherSpec', 'RFC 5246 §7.1', { type: uint8 })

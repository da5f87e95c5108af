import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { empty } from '../wire.ts'

/** RFC 7366 §2: for block ciphers, the MAC is of the ciphertext. */
export const encryptThenMac = defineExtension(ExtensionType.encrypt_then_mac, 'RFC 7366 §2', {
  ClientHello: empty,
  ServerHello12: empty,
})

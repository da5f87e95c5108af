import { defineExtension } from '../extension.ts'
import { ExtensionType, pskKeyExchangeModes } from '../registry.ts'
import { enumerated, list, named } from '../wire.ts'

/** RFC 8446 §4.2.9: how the client is ready to use a PSK: alone, or with a fresh key exchange. */
export const pskKeyExchangeModesExtension = defineExtension(
  ExtensionType.psk_key_exchange_modes,
  'RFC 8446 §4.2.9',
  { ClientHello: named('ke_modes', list(enumerated(pskKeyExchangeModes), 1, 255)) },
)

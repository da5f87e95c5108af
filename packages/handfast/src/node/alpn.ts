/** Application protocols as node:tls takes them: names, or the bytes of a ProtocolNameList (RFC 7301 §3.1). */
import type { AlpnProtocols } from './options.ts'
import { bytesOf, withCode } from './validate.ts'

function toBytes(protocols: AlpnProtocols): Uint8Array {
  if (ArrayBuffer.isView(protocols)) return bytesOf(protocols as NodeJS.ArrayBufferView)
  return Buffer.concat(
    [...protocols].flatMap((protocol, index) => {
      const name = typeof protocol === 'string' ? Buffer.from(protocol) : protocol
      if (name.length > 255)
        throw withCode(
          new RangeError(
            `The byte length of the protocol at index ${index} exceeds the maximum length. It must be <= 255. Received ${name.length}`,
          ),
          'ERR_OUT_OF_RANGE',
        )
      return [Buffer.of(name.length), name]
    }),
  )
}

/** Writes the bytes of the list into `out.ALPNProtocols`, as `tls.convertALPNProtocols` does. */
export function convertALPNProtocols(
  protocols: AlpnProtocols,
  out: { ALPNProtocols?: Buffer },
): void {
  out.ALPNProtocols = Buffer.from(toBytes(protocols))
}

/** The names, each character an octet, as the engine takes them. */
export function alpnNames(
  protocols: AlpnProtocols | undefined | null,
): readonly string[] | undefined {
  if (protocols == null) return undefined
  const bytes = toBytes(protocols)
  const names: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes[at]!
    names.push(Buffer.from(bytes.subarray(at + 1, end)).toString('latin1'))
    at = end
  }
  return names.length === 0 ? undefined : names
}

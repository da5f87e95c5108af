/** The messages and records of RFC 8448, which nobody here wrote. */
import { existsSync, readFileSync } from 'node:fs'

interface Trace {
  readonly section: string
  readonly steps: readonly {
    readonly who: string
    readonly action: string
    readonly blocks: readonly { readonly label: string; readonly hex: string }[]
  }[]
}

const file = new URL('../../../../../shared/vectors/rfc8448.json', import.meta.url)
/** The test data lies beside the repository; where it does not, the tests that need it are skipped by name. */
export const vectorsFound: boolean = existsSync(file)
const traces: readonly Trace[] = vectorsFound ? JSON.parse(readFileSync(file, 'utf8')) : []

const blocks = traces.flatMap(({ section, steps }) =>
  steps.flatMap(({ action, blocks }) =>
    blocks.map(({ label, hex }) => ({
      section,
      action,
      label,
      bytes: Uint8Array.from(Buffer.from(hex, 'hex')),
    })),
  ),
)

/** Every handshake message: name, as RFC 8448 calls it, and bytes with their header. */
export const messages: readonly { readonly name: string; readonly bytes: Uint8Array }[] = blocks
  .filter(({ action }) => /^construct an? \w+ handshake message/.test(action))
  .map(({ section, label, bytes }) => ({
    name: `${label} (§${section})`,
    bytes: withBinders(section, bytes),
  }))

/** A ClientHello with a PSK is first constructed without its binders; the record has it whole. */
function withBinders(section: string, bytes: Uint8Array): Uint8Array {
  const length = 4 + bytes[1]! * 65_536 + bytes[2]! * 256 + bytes[3]!
  if (bytes.length === length) return bytes
  const whole = blocks.find(
    (block) =>
      block.section === section &&
      block.label === 'payload' &&
      bytes.every((byte, i) => block.bytes[i] === byte),
  )
  return whole!.bytes.subarray(0, length)
}

/** Every record that is sent before keys are in force. */
export const plaintextRecords: readonly Uint8Array[] = blocks
  .filter(({ label, bytes }) => label === 'complete record' && bytes[0] !== 23)
  .map(({ bytes }) => bytes)

/** A peer that does not do what it should: the engine's own handshake with its messages changed before they are sent. */
import type { HandshakeMessage } from '../../src/codec/messages.ts'
import type { HandshakeContext } from '../../src/handshake/context.ts'
import type { Transcript } from '../../src/keys/transcript.ts'

/**
 * Lets `change` see each handshake message that a side is about to send. What it returns is sent in its place, and goes
 * into the transcript: none, or several.
 */
export function shapeMessages(
  hs: HandshakeContext,
  change: (bytes: Uint8Array) => readonly Uint8Array[],
): void {
  const send = hs.sendMessage.bind(hs)
  hs.sendMessage = (message: HandshakeMessage, transcript?: Transcript) => {
    for (const bytes of change(message.bytes)) send({ type: bytes[0] ?? 0, bytes }, transcript)
  }
}

/** A peer that does not do what it should: the engine's own handshake with its messages changed before they are sent. */
import type { HandshakeMessage } from '../../src/codec/messages.ts'
import type { HandshakeContext } from '../../src/handshake/context.ts'
import type { ClientProtocol, ServerProtocol } from '../../src/index.ts'
import { tls13Client, tls13Server } from '../../src/index.ts'
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

/** TLS 1.3 whose context `prepare` sees, after the first ClientHello was sent. */
export function preparedClient(prepare: (hs: HandshakeContext) => void): ClientProtocol {
  return {
    ...tls13Client,
    handshake(hs, ...rest) {
      prepare(hs)
      return tls13Client.handshake(hs, ...rest)
    },
  }
}

/** TLS 1.3 whose context `prepare` sees, before anything is sent. */
export function preparedServer(prepare: (hs: HandshakeContext) => void): ServerProtocol {
  return {
    ...tls13Server,
    handshake(hs, ...rest) {
      prepare(hs)
      return tls13Server.handshake(hs, ...rest)
    },
  }
}

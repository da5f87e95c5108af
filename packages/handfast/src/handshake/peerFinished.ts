/** The peer's Finished (RFC 8446 §4.4.4). */
import { Finished } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'
import { type NamedSecret, type ScheduleContext, verifyData } from '../keys/schedule.ts'
import type { Transcript } from '../keys/transcript.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'

/** Receives Finished and checks it over `transcript`, to which it is added. @param base the peer's traffic secret */
export function* receiveFinished(
  hs: HandshakeContext,
  context: ScheduleContext,
  base: NamedSecret,
  transcript: Transcript = hs.transcript,
): HandshakeSteps<void> {
  const message = yield* hs.receive(HandshakeType.finished)
  const hash = yield* hs.settle('hashing the transcript', transcript.hash(context.hash))
  const expected = yield* verifyData(context, base, hash)
  const { verifyData: received } = hs.read(message, Finished, transcript)
  const peer = hs.role === 'client' ? 'server' : 'client'
  if (received.length !== expected.length)
    throw new TlsError(
      'ERR_DECODE',
      `The ${peer}'s Finished has ${received.length} bytes, not ${expected.length}`,
      { section: 'RFC 8446 §4.4.4' },
    )
  if (!hs.crypto.equal(received, expected))
    throw new TlsError(
      'ERR_BAD_FINISHED',
      `The ${peer}'s Finished does not verify: the two sides saw different handshakes`,
    )
  hs.noteFinished('received', expected)
  hs.checked(
    'Finished',
    `the ${peer}'s handshake keys, over the transcript so far`,
    'RFC 8446 §4.4.4',
  )
}

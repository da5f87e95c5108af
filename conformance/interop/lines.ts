/** A client on the command line that copies its standard input to the peer, and the peer's data to standard output. */

import { type AnswerStyle, expectedAnswer, makePayload, requestFor } from './payload.ts'
import type { ClientOptions } from './peer.ts'
import { defaultPayloadBytes } from './peer.ts'
import { type Child, runLimit } from './process.ts'

/**
 * Sends the payload through the client's standard input, waits until the whole answer has come out, and ends the input,
 * which makes the client close the connection.
 * @throws when the answer is not there in time, or the client's exit code is not 0
 */
export async function pipeThrough(
  child: Child,
  options: Pick<ClientOptions, 'bytes' | 'answers'>,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const payload = makePayload(options.bytes ?? defaultPayloadBytes)
  child.process.stdin.write(requestFor(payload, options.answers))
  await waitForAnswer(child, payload, options.answers)
  await meanwhile()
  child.process.stdin.end()
  const code = await child.ended()
  if (code !== 0) throw new Error(`the client ended with ${code}:\n${child.log().slice(-3000)}`)
}

/** Waits until the answer to `payload` stands somewhere in the client's standard output. */
export async function waitForAnswer(
  child: Child,
  payload: Buffer,
  style: AnswerStyle,
): Promise<void> {
  const expected = expectedAnswer(payload, style).toString('latin1')
  await child.waitFor(
    `answer of ${expected.length} bytes`,
    () => {
      const received = child.stdout()
      // A search through all that came is made only when it can succeed: at the end.
      return received.length >= expected.length && received.includes(expected) ? true : undefined
    },
    runLimit,
  )
}

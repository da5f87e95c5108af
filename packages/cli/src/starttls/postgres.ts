/** PostgreSQL: SSLRequest (its documentation, "Message Formats" and "SSL Session Encryption"). */
import type { Dialogue } from './dialogue.ts'

/** Length 8, then the code 80877103, which no protocol version has. */
const sslRequest = Buffer.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f)

export const postgres: Dialogue = async (conversation) => {
  conversation.send(sslRequest)
  const answer = (await conversation.bytes(1)).toString('latin1')
  if (answer === 'S') return
  if (answer === 'N') throw conversation.refused('N: ssl is off in its configuration')
  throw conversation.problem(
    `answered ${JSON.stringify(answer)}, neither S nor N`,
    'It may not be PostgreSQL, or a version that knows no TLS.',
  )
}

/** POP3 (RFC 2595 §4): greeting, STLS. */
import type { Dialogue } from './dialogue.ts'

export const pop3: Dialogue = async (conversation) => {
  const greeting = await conversation.line()
  if (!greeting.startsWith('+OK')) throw conversation.refused(greeting)
  conversation.send('STLS\r\n')
  const answer = await conversation.line()
  if (!answer.startsWith('+OK')) throw conversation.refused(answer)
}

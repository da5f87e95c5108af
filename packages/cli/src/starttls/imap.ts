/** IMAP (RFC 9051 §6.2.1): greeting, STARTTLS. */
import type { Dialogue } from './dialogue.ts'

export const imap: Dialogue = async (conversation) => {
  const greeting = await conversation.line()
  // A connection that is greeted with PREAUTH is authenticated: STARTTLS is not allowed any more.
  if (!/^\* OK\b/i.test(greeting)) throw conversation.refused(greeting)
  conversation.send('a1 STARTTLS\r\n')
  let line: string
  do {
    line = await conversation.line()
  } while (line.startsWith('* '))
  if (!/^a1 OK\b/i.test(line)) throw conversation.refused(line)
}

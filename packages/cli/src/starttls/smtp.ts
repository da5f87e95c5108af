/** SMTP (RFC 3207 §4): greeting, EHLO, STARTTLS. */
import { isIP } from 'node:net'
import type { Dialogue } from './dialogue.ts'
import { expectReply } from './replies.ts'

export const smtp: Dialogue = async (conversation, { localAddress }) => {
  await expectReply(conversation, 220)
  // RFC 5321 §4.1.3: a client without a name of its own says its address.
  const literal = isIP(localAddress) === 6 ? `IPv6:${localAddress}` : localAddress
  conversation.send(`EHLO [${literal}]\r\n`)
  const { lines } = await expectReply(conversation, 250)
  if (!lines.some((line) => line.trim().toUpperCase() === 'STARTTLS'))
    throw conversation.refused('STARTTLS is not among what it offers')
  conversation.send('STARTTLS\r\n')
  await expectReply(conversation, 220)
}

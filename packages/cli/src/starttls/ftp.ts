/** FTP (RFC 4217 §4): greeting, AUTH TLS. */
import type { Dialogue } from './dialogue.ts'
import { expectReply } from './replies.ts'

export const ftp: Dialogue = async (conversation) => {
  await expectReply(conversation, 220)
  conversation.send('AUTH TLS\r\n')
  await expectReply(conversation, 234)
}

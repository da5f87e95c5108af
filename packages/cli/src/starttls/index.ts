/** Protocols that begin in the clear and are then secured: what is said before TLS, each in a file of its own. */
import type { Socket } from 'node:net'
import { Conversation } from './conversation.ts'
import type { Dialogue } from './dialogue.ts'
import { ftp } from './ftp.ts'
import { imap } from './imap.ts'
import { ldap } from './ldap.ts'
import { mysql } from './mysql.ts'
import { pop3 } from './pop3.ts'
import { postgres } from './postgres.ts'
import { smtp } from './smtp.ts'
import { xmpp } from './xmpp.ts'

interface Protocol {
  readonly title: string
  readonly dialogue: Dialogue
  /** Where the dialogue is defined. */
  readonly source: string
}

const protocols: Readonly<Record<string, Protocol>> = {
  smtp: { title: 'SMTP', dialogue: smtp, source: 'RFC 3207' },
  imap: { title: 'IMAP', dialogue: imap, source: 'RFC 9051 §6.2.1' },
  pop3: { title: 'POP3', dialogue: pop3, source: 'RFC 2595 §4' },
  ftp: { title: 'FTP', dialogue: ftp, source: 'RFC 4217' },
  ldap: { title: 'LDAP', dialogue: ldap, source: 'RFC 4511 §4.14' },
  postgres: { title: 'PostgreSQL', dialogue: postgres, source: "PostgreSQL's SSLRequest" },
  mysql: { title: 'MySQL', dialogue: mysql, source: "MySQL's SSLRequest" },
  xmpp: { title: 'XMPP', dialogue: xmpp, source: 'RFC 6120 §5' },
}

export const starttlsProtocols: readonly string[] = Object.keys(protocols)

/**
 * Says what must be said before TLS on this connection.
 * @param name one of `starttlsProtocols`
 * @param deadline milliseconds of `performance.now()`
 * @returns what was done, in words
 * @throws CommandError (connection)
 */
export async function startTls(
  name: string,
  socket: Socket,
  serverName: string,
  deadline: number,
): Promise<string> {
  const { title, dialogue, source } = protocols[name]!
  const conversation = new Conversation(socket, title, deadline)
  try {
    await dialogue(conversation, { serverName, localAddress: socket.localAddress ?? '127.0.0.1' })
    conversation.finish()
  } finally {
    conversation.release()
  }
  return `the ${title} server agreed to TLS (${source})`
}

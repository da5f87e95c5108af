/** Replies of three digits, as FTP (RFC 959 §4.2) and SMTP (RFC 5321 §4.2) have them. */
import type { Conversation } from './conversation.ts'

export interface Reply {
  readonly code: number
  /** The lines' texts, without the code where they have it. */
  readonly lines: readonly string[]
}

/** Reads a reply of one line, or of several: `220-…`, then anything, up to the line that begins with `220 `. */
export async function readReply(conversation: Conversation): Promise<Reply> {
  const first = await conversation.line()
  const [, code, more] = /^(\d{3})([ -]|$)/.exec(first) ?? []
  if (code === undefined)
    throw conversation.problem(
      `said ${JSON.stringify(first.slice(0, 80))}, which is no reply of its protocol`,
      'Check the port and --starttls.',
    )
  const lines = [first.slice(4)]
  for (let line = first; more === '-' && !new RegExp(`^${code}( |$)`).test(line); ) {
    line = await conversation.line()
    lines.push(/^\d{3}[ -]/.test(line) ? line.slice(4) : line)
  }
  return { code: Number(code), lines }
}

/** @throws CommandError where the code is another */
export async function expectReply(conversation: Conversation, code: number): Promise<Reply> {
  const reply = await readReply(conversation)
  if (reply.code !== code) throw conversation.refused(`${reply.code} ${reply.lines.join(' ')}`)
  return reply
}

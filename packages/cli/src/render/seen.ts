/** What somebody who listens learns of a handshake: read from the messages that crossed the wire in the clear. */
import { type ConnectionInfo, type MessageEvent, ProtocolVersion } from 'handfast'
import { annotate, type Field } from 'handfast/trace'
import type { Story } from './story.ts'

export interface Seen {
  /** The name that was asked for, where it was sent. */
  readonly serverName: string | undefined
  readonly serverCertificate: boolean
  readonly clientCertificate: boolean
  /** The application protocol that the server chose; what the client offers is always seen. */
  readonly alpnProtocol: string | undefined
  /** By which the client is known again: what it resumes by. */
  readonly session: 'ticket' | 'session id' | undefined
  /** The ticket for the next connection. */
  readonly newTicket: boolean
}

export function seenByOthers(story: Story, info: ConnectionInfo | undefined): Seen {
  const clear = story.messages.filter(({ protection }) => protection === 'plaintext')
  const hello = clear.findLast(({ name }) => name === 'ClientHello')
  const answer = clear.findLast(({ name }) => name === 'ServerHello')
  const shows = (direction: MessageEvent['direction']) =>
    clear.some((message) => message.name === 'Certificate' && message.direction === direction)
  const isClassic = info !== undefined && info.version < ProtocolVersion.TLS13
  const offeredTicket = valueIn(hello, isClassic ? 'ticket' : 'identity')
  return {
    serverName: valueIn(hello, 'host_name'),
    serverCertificate: shows('received'),
    clientCertificate: shows('sent'),
    alpnProtocol: valueIn(answer, 'ProtocolName'),
    session: info?.resumed ? (offeredTicket === undefined ? 'session id' : 'ticket') : undefined,
    newTicket: clear.some(({ name }) => name === 'NewSessionTicket'),
  }
}

/** The value of the first field of this name; undefined where there is none, or nothing in it. */
function valueIn(message: MessageEvent | undefined, wanted: string): string | undefined {
  const search = (fields: readonly Field[]): Field | undefined => {
    for (const field of fields) {
      const found = field.name === wanted ? field : search(field.children)
      if (found !== undefined) return found
    }
    return undefined
  }
  const value = message && search(annotate(message))?.value
  return value === 'empty' ? undefined : value
}

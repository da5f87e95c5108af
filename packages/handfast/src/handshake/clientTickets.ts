/** The tickets that a server gives its client after the handshake (RFC 8446 §4.6.1). */
import type { Steps } from '@handfast/x509'
import { findExtension, refuseDuplicates } from '../codec/extension.ts'
import { earlyData } from '../codec/extensions/early_data.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { bodyOf, type HandshakeMessage, NewSessionTicket } from '../codec/messages.ts'
import { decode } from '../codec/wire.ts'
import type { ClientConfig } from '../config.ts'
import { resumptionPsk } from '../keys/schedule.ts'
import { maxTicketLifetime } from '../limits.ts'
import type { HandshakeContext } from './context.ts'
import type { Established13 } from './established13.ts'

/** Tells of a session. @param count how many tickets there were, with this one */
export function* onNewSessionTicket(
  hs: HandshakeContext,
  config: ClientConfig,
  established: Established13,
  message: HandshakeMessage,
  count: number,
): Steps<void> {
  const ticket = decode(NewSessionTicket, bodyOf(message))
  refuseDuplicates(ticket.extensions, 'NewSessionTicket')
  refuseMisplaced(ticket.extensions, 'NewSessionTicket')
  const lifetime = Math.min(ticket.ticketLifetime, maxTicketLifetime)
  hs.trace?.({
    type: 'session',
    direction: 'received',
    lifetime,
    ticketLength: ticket.ticket.length,
  })
  if (lifetime === 0 || count > hs.limits.tickets) return
  const { context, info, resumptionSecret } = established
  const maxEarlyData = findExtension(ticket.extensions, earlyData, 'NewSessionTicket')
  const psk = yield* resumptionPsk(context, resumptionSecret, ticket.ticketNonce)
  hs.emit({
    type: 'session',
    session: {
      version: info.version,
      cipherSuite: info.cipherSuite,
      psk: psk.value,
      issuedAt: config.clock(),
      lifetime,
      ageAdd: ticket.ticketAgeAdd,
      serverName: config.serverName,
      alpnProtocol: info.alpnProtocol,
      peerCertificates: info.peerCertificates,
      ...(info.pskIdentity && { pskIdentity: info.pskIdentity }),
      ...(maxEarlyData && { maxEarlyData }),
      ticket: ticket.ticket.slice(),
    },
  })
}

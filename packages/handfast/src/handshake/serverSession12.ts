/** Which session of a client's, if any, a TLS 1.2 server resumes (RFC 5246 §7.4.1.2, RFC 5077 §3.4, RFC 7627 §5.3). */
import type { Steps, Verdict } from '@handfast/x509'
import { findExtension } from '../codec/extension.ts'
import { sessionTicket } from '../codec/extensions/session_ticket.ts'
import type { ClientHelloInfo, ServerConfig } from '../config.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { SessionState } from '../session/session.ts'
import type { HandshakeContext } from './context.ts'
import { enabledClassicSuites } from './negotiation12.ts'
import { judge } from './peerCertificate.ts'
import type { ClassicVersion } from './version12.ts'

export interface ResumedSession {
  readonly state: SessionState
  readonly suite: ClassicCipherSuite
  /** The client named it by its ticket, not by its id. */
  readonly byTicket: boolean
  /** Of the client's certificate, which was judged again. */
  readonly verdict: Verdict | undefined
}

/** @param alpnProtocol that was chosen for this connection. @returns undefined for a full handshake */
export function* findSession12(
  hs: HandshakeContext,
  config: ServerConfig,
  version: ClassicVersion,
  info: ClientHelloInfo,
  extendedMasterSecret: boolean,
  alpnProtocol: string | undefined,
): Steps<ResumedSession | undefined> {
  const ticket = findExtension(info.message.extensions, sessionTicket, 'ClientHello')
  const byTicket = ticket !== undefined && ticket.length > 0
  const state = byTicket
    ? yield* redeem(hs, config, ticket)
    : yield* lookUp(hs, config, info.message.legacySessionId)
  if (state === undefined) return undefined
  const suite = enabledClassicSuites(config, version).find(({ id }) => id === state.cipherSuite)
  const usable =
    state.version !== version.version
      ? 'The session is of another version.'
      : suite === undefined || !info.cipherSuites.includes(suite.id)
        ? "The session's cipher suite is not in common."
        : state.serverName !== info.serverName
          ? 'The session is for another server name.'
          : state.alpnProtocol !== alpnProtocol
            ? 'The session is of another application protocol.'
            : yield* judgeClient(hs, config, state)
  if (typeof usable === 'string' || suite === undefined) {
    tell(hs, false, String(usable))
    return undefined
  }
  // Sessions are kept only with it: this one had it.
  if (!extendedMasterSecret)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      'The client resumes a session without extended_master_secret, which it had',
      { alert: 'handshake_failure', section: 'RFC 7627 §5.3' },
    )
  tell(hs, true, 'The session is known, fresh, and of this name, suite and protocol.')
  return { state, suite, byTicket, verdict: usable.verdict }
}

function* redeem(
  hs: HandshakeContext,
  { tickets }: ServerConfig,
  ticket: Uint8Array,
): Steps<SessionState | undefined> {
  const state = tickets && (yield* hs.settle('opening a ticket', tickets.redeem(ticket)))
  if (state === undefined) tell(hs, false, 'The ticket is not known to this server.')
  return state
}

function* lookUp(
  hs: HandshakeContext,
  { sessionIds }: ServerConfig,
  sessionId: Uint8Array,
): Steps<SessionState | undefined> {
  if (sessionIds === undefined || sessionId.length === 0) return undefined
  return yield* hs.settle('looking for the session', sessionIds.find(sessionId))
}

/** Whom the server trusts may have changed since. @returns why not, in words, or the judgement */
function* judgeClient(
  hs: HandshakeContext,
  { clientAuthentication, clock }: ServerConfig,
  state: SessionState,
): Steps<string | { readonly verdict: Verdict | undefined }> {
  const [first] = state.peerCertificates
  if (clientAuthentication === undefined)
    return first === undefined
      ? { verdict: undefined }
      : 'The session holds a client certificate, which this server does not ask for.'
  if (first === undefined)
    return clientAuthentication.mode === 'require'
      ? 'The session holds no client certificate, and this server demands one.'
      : { verdict: undefined }
  try {
    const verdict = yield* judge(hs, clientAuthentication.verifyCertificate, {
      chain: state.peerCertificates,
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      role: 'client',
      serverName: undefined,
      time: clock(),
    })
    return { verdict }
  } catch (error) {
    if (error instanceof TlsError)
      return `The client's certificate is not accepted any more: ${error.message}.`
    throw error
  }
}

function tell(hs: HandshakeContext, taken: boolean, why: string): void {
  hs.decide(() => ({
    what: 'resumption',
    by: 'server',
    offered: ['the session', 'a full handshake'],
    chosen: taken ? 'the session' : 'a full handshake',
    why,
    section: 'RFC 5246 §7.3',
  }))
}

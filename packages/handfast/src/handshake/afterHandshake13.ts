/** What may come after the handshake (RFC 8446 §4.6): tickets, key updates, authentication. Each role has its class. */
import type { Steps } from '@handfast/x509'
import { hexOf } from '../codec/bytes.ts'
import { extensionOf } from '../codec/extension.ts'
import { earlyData } from '../codec/extensions/early_data.ts'
import {
  bodyOf,
  CertificateRequest,
  encodeMessage,
  type HandshakeMessage,
  KeyUpdate,
  NewSessionTicket,
} from '../codec/messages.ts'
import { HandshakeType, KeyUpdateRequest } from '../codec/registry.ts'
import { decode } from '../codec/wire.ts'
import type { ClientAuthentication, ClientConfig, ServerConfig } from '../config.ts'
import { defaultTicketCount } from '../defaults.ts'
import { TlsError } from '../errors.ts'
import { resumptionPsk } from '../keys/schedule.ts'
import type { Transcript } from '../keys/transcript.ts'
import { maxTicketLifetime } from '../limits.ts'
import type { SessionState } from '../session/session.ts'
import { certificateTypes, decodeCertificate } from './certificateMessage.ts'
import {
  answerCertificateRequest,
  certificateRequest,
  certificateRequired,
  readCertificateRequest,
  requestedTypes,
} from './clientAuthentication.ts'
import { type HandshakeContext, type HandshakeSteps, messageName } from './context.ts'
import type { AfterHandshake, Established13, Secrets13 } from './established13.ts'
import { enabledSignatureSchemes } from './negotiation.ts'
import { sendFinished } from './ownCertificate.ts'
import { judge, keyOf, readCertificate, receiveCertificateVerify } from './peerCertificate.ts'
import { receiveFinished } from './peerFinished.ts'

/** Bounds what a peer may send without end. */
function refuseExcess(messages: number, { limits }: HandshakeContext): void {
  const max = limits.postHandshakeMessages
  if (messages > max)
    throw new TlsError(
      'ERR_TOO_MUCH',
      `The peer sent more than ${max} messages after the handshake`,
    )
}

export function afterClientHandshake(config: ClientConfig): Secrets13['after'] {
  return (hs, established) => new AfterClientHandshake(hs, config, established)
}

class AfterClientHandshake implements AfterHandshake {
  readonly #hs: HandshakeContext
  readonly #config: ClientConfig
  readonly #established: Established13
  /** Of the handshake, for authentication after it; undefined where that was not offered. */
  #transcript: Transcript | undefined
  #messages = 0
  #tickets = 0

  constructor(hs: HandshakeContext, config: ClientConfig, established: Established13) {
    this.#hs = hs
    this.#config = config
    this.#established = established
  }

  get laterTypes(): readonly number[] {
    const types = [HandshakeType.new_session_ticket, HandshakeType.key_update]
    return this.#transcript === undefined ? types : [...types, HandshakeType.certificate_request]
  }

  begin(): undefined {
    const { transcript } = this.#hs
    if (this.#config.postHandshakeAuth === true) this.#transcript = transcript.fork()
    transcript.clear()
  }

  *onMessage(message: HandshakeMessage): HandshakeSteps<void> {
    const hs = this.#hs
    const config = this.#config
    const established = this.#established
    if (message.type === HandshakeType.key_update) {
      yield* onKeyUpdate(hs, established, message)
      return
    }
    refuseExcess(++this.#messages, hs)
    if (message.type === HandshakeType.new_session_ticket) {
      // A client that resumes nothing passes over what it did not ask for.
      const { preSharedKeys } = hs.parts
      if (preSharedKeys !== undefined)
        yield* preSharedKeys.onTicket(hs, config, established, message, ++this.#tickets)
    } else if (this.#transcript !== undefined)
      yield* onCertificateRequest(hs, config, established, message, this.#transcript.fork())
  }
}

/** RFC 8446 §4.6.2, the client's side. @param transcript of the handshake; this exchange adds to it */
function* onCertificateRequest(
  hs: HandshakeContext,
  config: ClientConfig,
  established: Established13,
  message: HandshakeMessage,
  transcript: Transcript,
): Steps<void> {
  const request = readCertificateRequest(hs.read(message, CertificateRequest, transcript))
  if (hs.records.ended) return
  yield* answerCertificateRequest(hs, config, request, established.suite, transcript)
  yield* sendFinished(hs, established.context, established.writeSecret, transcript)
  hs.flush()
}

/** RFC 8446 §4.6.3, both roles. */
function* onKeyUpdate(
  hs: HandshakeContext,
  established: Established13,
  message: HandshakeMessage,
): Steps<void> {
  const { requestUpdate } = decode(KeyUpdate, bodyOf(message))
  if (requestUpdate > KeyUpdateRequest.update_requested)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'A KeyUpdate asks for what does not exist', {
      section: 'RFC 8446 §4.6.3',
    })
  // What we asked for is not held against the peer.
  if (requestUpdate === KeyUpdateRequest.update_not_requested && established.keyUpdatesAsked > 0)
    established.keyUpdatesAsked--
  else if (++hs.keyUpdatesWithoutData > hs.limits.keyUpdatesWithoutData)
    throw new TlsError(
      'ERR_TOO_MUCH',
      'The peer updates its keys again and again and sends no data',
    )
  yield* established.updateReadKeys()
  if (requestUpdate === KeyUpdateRequest.update_requested) established.keyUpdateOwed = true
}

export function afterServerHandshake(config: ServerConfig): Secrets13['after'] {
  return (hs, established) => new AfterServerHandshake(hs, config, established)
}

class AfterServerHandshake implements AfterHandshake {
  readonly #hs: HandshakeContext
  readonly #config: ServerConfig
  readonly #established: Established13
  #asking: PostHandshakeAuthentication | undefined
  #messages = 0

  constructor(hs: HandshakeContext, config: ServerConfig, established: Established13) {
    this.#hs = hs
    this.#config = config
    this.#established = established
  }

  get laterTypes(): readonly number[] {
    return [HandshakeType.key_update, ...certificateTypes(this.#hs, this.#config)]
  }

  *begin(): Steps<void> {
    const hs = this.#hs
    const established = this.#established
    const { clientAuthentication } = this.#config
    if (established.peerOffersAuthentication && clientAuthentication !== undefined) {
      const asking = new PostHandshakeAuthentication(
        hs,
        this.#config,
        clientAuthentication,
        established,
      )
      this.#asking = asking
      established.requestClientCertificate = () => asking.request()
    }
    hs.transcript.clear()
    yield* sendTickets(hs, this.#config, established)
  }

  *onMessage(message: HandshakeMessage): HandshakeSteps<void> {
    const hs = this.#hs
    if (message.type === HandshakeType.key_update) {
      yield* onKeyUpdate(hs, this.#established, message)
      return
    }
    if (this.#asking?.pending !== true)
      throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A Certificate came that nobody asked for', {
        section: 'RFC 8446 §4.6.2',
      })
    refuseExcess(++this.#messages, hs)
    yield* this.#asking.receive(message)
  }
}

/** RFC 8446 §4.6.1: each ticket has a nonce, and so a PSK, of its own. */
function* sendTickets(
  hs: HandshakeContext,
  config: ServerConfig,
  established: Established13,
): Steps<void> {
  const { tickets, crypto } = config
  // RFC 8446 §4.2.9: no tickets for a client that could not use them.
  if (tickets === undefined || !established.peerResumes) return
  const { context, info, resumptionSecret } = established
  const count = config.ticketCount ?? (info.resumed ? 1 : defaultTicketCount)
  if (count === 0) return
  const lifetime = Math.min(tickets.lifetime, maxTicketLifetime)
  const maxEarlyData = config.earlyData?.maxBytes
  const extensions =
    maxEarlyData === undefined ? [] : [extensionOf(earlyData, 'NewSessionTicket', maxEarlyData)]
  // Drawn together: asking for random bytes costs more than making them.
  const ageAdds = crypto.random(4 * count)
  for (let i = 0; i < count; i++) {
    const ticketNonce = Uint8Array.of(i)
    const psk = yield* resumptionPsk(context, resumptionSecret, ticketNonce)
    let ticketAgeAdd = 0
    for (const byte of ageAdds.slice(4 * i, 4 * i + 4)) ticketAgeAdd = ticketAgeAdd * 256 + byte
    const state: SessionState = {
      version: info.version,
      cipherSuite: info.cipherSuite,
      psk: psk.value,
      issuedAt: config.clock(),
      lifetime,
      ageAdd: ticketAgeAdd,
      serverName: info.serverName,
      alpnProtocol: info.alpnProtocol,
      peerCertificates: info.peerCertificates,
      ...(info.pskIdentity && { pskIdentity: info.pskIdentity }),
      ...(maxEarlyData && { maxEarlyData }),
    }
    const ticket = yield* hs.settle('issuing a ticket', tickets.issue(state))
    psk.value.fill(0)
    // A session with a long chain of the client's may be more than a ticket can hold: it is not resumed.
    if (ticket.length > 65_535) break
    hs.trace?.({ type: 'session', direction: 'sent', lifetime, ticketLength: ticket.length })
    hs.sendMessage(
      encodeMessage(HandshakeType.new_session_ticket, NewSessionTicket, {
        ticketLifetime: lifetime,
        ticketAgeAdd,
        ticketNonce,
        ticket,
        extensions,
      }),
    )
  }
  hs.flush()
}

/** RFC 8446 §4.6.2, the server's side: each request is answered over the handshake's transcript and itself. */
class PostHandshakeAuthentication {
  readonly #hs: HandshakeContext
  readonly #config: ServerConfig
  readonly #authentication: ClientAuthentication
  readonly #established: Established13
  readonly #transcript: Transcript
  /** By the context of the request, in hexadecimal. */
  readonly #requests = new Map<string, Transcript>()

  constructor(
    hs: HandshakeContext,
    config: ServerConfig,
    authentication: ClientAuthentication,
    established: Established13,
  ) {
    this.#hs = hs
    this.#config = config
    this.#authentication = authentication
    this.#established = established
    this.#transcript = hs.transcript.fork()
  }

  /** True while a request is not answered. */
  get pending(): boolean {
    return this.#requests.size > 0
  }

  request(): void {
    const certificateRequestContext = this.#config.crypto.random(16)
    const transcript = this.#transcript.fork()
    const message = certificateRequest(
      this.#config,
      this.#authentication,
      certificateRequestContext,
    )
    this.#hs.sendMessage(message, transcript)
    this.#hs.flush()
    this.#requests.set(hexOf(certificateRequestContext), transcript)
  }

  *receive(message: HandshakeMessage): HandshakeSteps<void> {
    const hs = this.#hs
    const { context, suite, readSecret } = this.#established
    const certificate = yield* decodeCertificate(hs, this.#config, message)
    const key = hexOf(certificate.certificateRequestContext)
    const transcript = this.#requests.get(key)
    if (transcript === undefined)
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        'A Certificate answers a request that was not made',
        { section: 'RFC 8446 §4.4.2' },
      )
    this.#requests.delete(key)
    transcript.add(message, messageName(message))
    const shown = readCertificate(hs, certificate, requestedTypes(this.#authentication))
    const verdict =
      shown &&
      (yield* judge(hs, this.#authentication.verifyCertificate, {
        ...shown,
        role: 'client',
        serverName: undefined,
        time: this.#config.clock(),
      }))
    if (verdict !== undefined) {
      const accepted = enabledSignatureSchemes(this.#config)
      yield* receiveCertificateVerify(
        hs,
        'client',
        keyOf(verdict),
        accepted,
        suite.hash,
        transcript,
      )
    } else if (this.#authentication.mode === 'require') throw certificateRequired()
    yield* receiveFinished(hs, context, readSecret, transcript)
    const chain = shown?.chain.map((der) => der.slice()) ?? []
    hs.emit({ type: 'clientCertificate', chain, verdict })
  }
}

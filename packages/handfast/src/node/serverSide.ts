/** The server's part of a socket: which identity it shows, which protocol it takes, and who the client is. */
import { runSteps, type Steps, settle } from '@handfast/x509'
import { cipherSuiteName } from '../codec/classicCipherSuites.ts'
import { ExtensionType, ProtocolVersion } from '../codec/registry.ts'
import type {
  ClientHelloInfo,
  ConnectionInfo,
  EarlyDataPolicy,
  Identity,
  ServerConfig,
} from '../config.ts'
import type { Connection } from '../connection.ts'
import { serverConnection } from '../connections.ts'
import { defaultSignatureSchemes } from '../defaults.ts'
import type { TlsError } from '../errors.ts'
import { serverConnectionOf } from '../handshake/server.ts'
import { tls12Server } from '../handshake/server12.ts'
import { tls13Server } from '../handshake/server13.ts'
import { alpnNames } from './alpn.ts'
import { answerOf } from './callbacks.ts'
import { connectionError, connectionReset } from './errors.ts'
import {
  type ClientHelloAnswer,
  defined,
  type OfRole,
  type ServerSideOptions,
  type TLSSocketOptions,
} from './options.ts'
import { checkPskOptions, serverPsk } from './psk.ts'
import { type AnyContext, asSecureContext, type SecureContext } from './secureContext.ts'
import type { Server } from './server.ts'
import type { Side } from './side.ts'
import type { TLSSocket } from './tlsSocket.ts'
import { traceListener } from './tracePrinter.ts'
import {
  validateDuration,
  validateFunction,
  validateInteger,
  validateObject,
  withCode,
} from './validate.ts'
import { Verification } from './verification.ts'

export class ServerSide implements Side {
  readonly isServer = true
  readonly context: SecureContext
  readonly verification: Verification | undefined
  sharedSignatureSchemes: readonly number[] = []
  enableTrace: boolean
  /** What is shown, read by the engine after every callback has run: `setKeyCert` may change it until then. */
  readonly #identities: Identity[]
  readonly #socket: TLSSocket
  readonly #server: Server | undefined
  readonly #options: TLSSocketOptions
  /** What a callback of the program's threw or answered: it goes to the program as it is. */
  #callbackError: Error | undefined = undefined

  constructor(socket: TLSSocket, context: SecureContext, options: TLSSocketOptions) {
    this.#socket = socket
    // Programs that upgrade connections give the net.Server that these came from.
    this.#server = options.server && 'contextFor' in options.server ? options.server : undefined
    this.#options = options
    this.enableTrace = options.enableTrace === true
    this.context = context
    this.#identities = [...context.identities]
    checkServerOptions(options)
    this.verification =
      options.requestCert === true || options.requestCert === 'afterHandshake'
        ? new Verification({ context, rejectUnauthorized: this.#rejectUnauthorized })
        : undefined
  }

  get #rejectUnauthorized(): boolean {
    return this.#options.rejectUnauthorized !== false
  }

  open(): Connection {
    const { legacy } = this.context
    if (legacy === undefined) return serverConnection(this.#config())
    return serverConnectionOf([tls13Server, tls12Server, ...legacy.server], this.#config())
  }

  #config(): ServerConfig {
    const { context } = this
    const options = this.#options
    const socket = this.#socket
    const clock = options.clock ?? Date.now
    const { ALPNCallback } = options
    const wantsKeys =
      socket.listenerCount('keylog') > 0 || (this.#server?.listenerCount('keylog') ?? 0) > 0
    return {
      crypto: context.crypto,
      versions: context.versions,
      clock,
      identity: this.#identities,
      onClientHello: (hello) => runSteps(this.#onClientHello(hello)),
      ...defined({
        cipherSuites: suitesOf(context),
        finiteField: context.finiteField === 'auto' ? undefined : context.finiteField,
        groups: context.groups,
        certificateCompression: context.certificateCompression,
        signatureSchemes: context.signatureSchemes,
        alpnProtocols: alpnNames(options.ALPNProtocols),
        selectProtocol: ALPNCallback && this.#selectProtocol(ALPNCallback),
        clientAuthentication: this.#clientAuthentication(context),
        tickets: options.tickets,
        ticketCount: options.ticketCount,
        // `checkServerOptions` saw to it that it is a policy.
        earlyData: (options.earlyData ?? undefined) as EarlyDataPolicy | undefined,
        findPreSharedKey: serverPsk(options.pskCallback, socket, (error) => {
          this.#callbackError = error
        }),
        pskIdentityHint: hintOf(options.pskIdentityHint),
        honorClientOrder:
          context.honorCipherOrder === undefined ? undefined : !context.honorCipherOrder,
        announceGroups: options.announceGroups,
        cookie: options.cookie,
        recordSizeLimit: options.recordSizeLimit,
        maxSendFragment: options.maxSendFragment,
        recordPadding: options.recordPadding,
        keyUpdateAfterRecords: options.keyUpdateAfterRecords,
        limits: options.limits,
        keyLog: wantsKeys ? (line: string) => this.#onKeyLog(line) : undefined,
        trace: traceListener(options.trace, this.enableTrace),
        traceSecrets: options.traceSecrets,
      }),
    }
  }

  #onKeyLog(text: string): void {
    const line = Buffer.from(`${text}\n`)
    this.#socket.emit('keylog', line)
    this.#server?.emit('keylog', line, this.#socket)
  }

  #clientAuthentication(context: SecureContext): ServerConfig['clientAuthentication'] {
    const { verification } = this
    if (verification === undefined) return undefined
    return {
      mode:
        this.#options.requestCert === 'afterHandshake'
          ? 'afterHandshake'
          : this.#rejectUnauthorized
            ? 'require'
            : 'request',
      verifyCertificate: (peer) => verification.verify(peer),
      certificateAuthorities: context.authorityNames,
    }
  }

  // ── Choices ───────────────────────────────────────────────────────────────────────────────────────────────────────

  *#onClientHello(hello: ClientHelloInfo): Steps<Partial<ServerConfig> | undefined> {
    const { onClientHello } = this.#options
    const ours = this.context.signatureSchemes ?? defaultSignatureSchemes
    this.sharedSignatureSchemes = sameList(hello.signatureSchemes.filter((id) => ours.includes(id)))
    try {
      const answer: ClientHelloAnswer | undefined =
        onClientHello && (yield* settle(onClientHello(hello, this.#socket)))
      const { secureContext, ...changes } = answer ?? {}
      const context = secureContext ?? (yield* this.#contextFor(hello.serverName))
      if (context !== undefined) {
        this.show(context)
        this.verification?.useContext(context)
      }
      yield* this.#staple(hello, context ?? this.context)
      return {
        ...this.#sessionServices(hello),
        ...defined({ clientAuthentication: context && this.#clientAuthentication(context) }),
        ...changes,
      }
    } catch (error) {
      this.#callbackError = error as Error
      throw error
    }
  }

  #sessionServices(hello: ClientHelloInfo): Pick<ServerConfig, 'tickets' | 'sessionIds'> {
    const { tickets, clock = Date.now } = this.#options
    if (tickets !== undefined || this.#server === undefined) return {}
    const version = this.context.versions.find((one) => hello.supportedVersions.includes(one))
    return this.#server.sessionServices(version === ProtocolVersion.TLS13, clock)
  }

  /** The context for the name that the client asks for: the program's callback's, or one of `addContext()`. */
  *#contextFor(servername: string | undefined): Steps<SecureContext | undefined> {
    if (servername === undefined) return undefined
    const { SNICallback } = this.#options
    if (SNICallback == null) return this.#server?.contextFor(servername)
    const found = yield* settle(
      answerOf<AnyContext>(
        (callback) => SNICallback.call(this.#socket, servername, callback),
        (error) => this.#socket.destroy(error),
      ),
    )
    return found == null ? undefined : asSecureContext(found)
  }

  /** The event `OCSPRequest` asks the program for a response to staple. */
  *#staple(hello: ClientHelloInfo, context: SecureContext): Steps<void> {
    const server = this.#server
    const asked = hello.message.extensions.some(({ type }) => type === ExtensionType.status_request)
    const [first] = this.#identities
    if (!asked || first === undefined || server === undefined) return
    if (server.listenerCount('OCSPRequest') === 0) return
    const [certificate, issuer] = first.certificateChain
    const response = yield* settle(
      answerOf<Uint8Array | null>(
        (callback) =>
          server.emit(
            'OCSPRequest',
            Buffer.from(certificate!),
            issuerOf(issuer, context),
            callback,
          ),
        (error) => this.#socket.destroy(error),
      ),
    )
    if (response) this.#identities[0] = { ...first, ocspResponse: response }
  }

  /** Shows the identities of this context from now on. */
  show(context: SecureContext): void {
    this.#identities.splice(0, Number.POSITIVE_INFINITY, ...context.identities)
  }

  #selectProtocol(
    choose: NonNullable<ServerSideOptions['ALPNCallback']>,
  ): NonNullable<ServerConfig['selectProtocol']> {
    return (offered, hello) => {
      try {
        const protocols = [...offered]
        const offer = { servername: hello.serverName ?? '', protocols }
        const chosen = choose.call(this.#socket, offer)
        if (chosen !== undefined && !offered.includes(chosen))
          throw withCode(
            new TypeError(
              `ALPN callback returned a value (${chosen}) that did not match any of the client's offered protocols (${protocols.join(', ')})`,
            ),
            'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT',
          )
        return chosen
      } catch (error) {
        this.#callbackError = error as Error
        throw error
      }
    }
  }

  // ── Outcome ───────────────────────────────────────────────────────────────────────────────────────────────────────

  complete(info: ConnectionInfo): void {
    const socket = this.#socket
    socket.servername = info.serverName ?? false
    const { verification } = this
    if (verification !== undefined) {
      const shown = info.peerCertificates.length > 0
      socket.authorized = shown && verification.error === undefined
      if (!shown) socket.authorizationError = 'UNABLE_TO_GET_ISSUER_CERT'
      else if (verification.error !== undefined)
        socket.authorizationError = (verification.error as { code?: string }).code ?? null
    }
    socket.secureConnecting = false
    this.#server?.deliver(socket)
    socket.emit('secure')
  }

  /** @returns whether the program took them */
  tellEarlyData(data: Buffer): boolean {
    const heard = this.#socket.emit('earlyData', data)
    return (this.#server?.emit('earlyData', data, this.#socket) ?? false) || heard
  }

  explain(error: TlsError): Error {
    if (this.#callbackError !== undefined) return this.#callbackError
    const refused = this.verification?.error
    if (refused !== undefined && error.verdict !== undefined) {
      this.#socket.authorizationError = (refused as { code?: string }).code ?? refused.message
      refused.cause ??= error
      return refused
    }
    if (error.code === 'ERR_CLOSED_DURING_HANDSHAKE') return this.earlyEnd(error)
    return connectionError(error, true)
  }

  earlyEnd(cause?: TlsError): Error {
    const error = connectionReset('socket hang up')
    return cause === undefined ? error : Object.assign(error, { cause })
  }
}

function hintOf(hint: string | undefined): Uint8Array | undefined {
  return hint ? new TextEncoder().encode(hint) : undefined
}

/** As in OpenSSL, a server without `dhparam` has no DHE. */
function suitesOf(context: SecureContext): readonly number[] | undefined {
  const { cipherSuites, finiteField } = context
  if (finiteField !== undefined || cipherSuites === undefined) return cipherSuites
  let suites = suitesWithoutField.get(cipherSuites)
  if (suites === undefined) {
    suites = cipherSuites.filter((id) => !cipherSuiteName(id).startsWith('TLS_DHE_'))
    suitesWithoutField.set(cipherSuites, suites)
  }
  return suites
}

/** By the list of a context: one for all its connections. */
const suitesWithoutField = new WeakMap<readonly number[], readonly number[]>()

let lastList: readonly number[] = []

/** One list for all the connections whose clients say the same, which is as many bytes less for each that stays. */
function sameList(list: readonly number[]): readonly number[] {
  const isSame = list.length === lastList.length && list.every((id, i) => id === lastList[i])
  if (!isSame) lastList = list
  return lastList
}

/** DER; the issuer is in the chain, or among the trusted. Node gives null where it is not known. */
function issuerOf(next: Uint8Array | undefined, context: SecureContext): Buffer | null {
  const issuer = next ?? context.authorities?.[0]
  return issuer === undefined ? null : Buffer.from(issuer)
}

/** @throws TypeError for options that contradict each other, or are of the wrong type */
export function checkServerOptions(
  options: Omit<ServerSideOptions, OfRole> & { readonly [option in OfRole]?: unknown },
): void {
  checkPskOptions(options)
  const { ALPNCallback, ALPNProtocols, SNICallback, onClientHello } = options
  if (ALPNCallback != null && ALPNProtocols != null)
    throw withCode(
      new TypeError('The ALPNCallback and ALPNProtocols TLS options are mutually exclusive'),
      'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS',
    )
  if (ALPNCallback != null) validateFunction(ALPNCallback, 'options.ALPNCallback')
  if (SNICallback != null) validateFunction(SNICallback, 'options.SNICallback')
  if (onClientHello != null) validateFunction(onClientHello, 'options.onClientHello')
  if (options.earlyData != null) checkEarlyData(options.earlyData)
}

function checkEarlyData(policy: unknown): asserts policy is EarlyDataPolicy {
  validateObject(policy, 'options.earlyData')
  const { maxBytes, replayGuard, freshness } = policy as Partial<EarlyDataPolicy>
  validateInteger(maxBytes, 'options.earlyData.maxBytes', 1, 2 ** 32 - 1)
  // Servers that share their ticket keys must share the guard: which one it is only the program knows.
  validateFunction(replayGuard?.firstUse, 'options.earlyData.replayGuard.firstUse')
  if (freshness !== undefined) validateDuration(freshness, 'options.earlyData.freshness')
}

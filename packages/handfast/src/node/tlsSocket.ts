/** `TLSSocket`: the stream of plain bytes, and everything that node:tls lets a program ask about the connection. */
import { X509Certificate } from 'node:crypto'
import { addAbortSignal, type Duplex } from 'node:stream'
import type {
  CipherNameAndProtocol,
  DetailedPeerCertificate,
  EphemeralKeyInfo,
  PeerCertificate,
} from 'node:tls'
import type { Verdict } from '@handfast/x509'
import { opensslName } from '../codec/opensslName.ts'
import { signatureScheme } from '../codec/signatureScheme.ts'
import type { ConnectionInfo } from '../config.ts'
import type { Connection } from '../connection.ts'
import type { ConnectionEvent } from '../connectionEvents.ts'
import type { TlsError } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import { type Session, serializeSession } from '../session/session.ts'
import { firstVersion } from './cipherList.ts'
import { ClientSide, type ClientSideOptions, readSession } from './clientSide.ts'
import { EngineStream } from './engineStream.ts'
import { handshakeTimeout, invalidState, unavailable } from './errors.ts'
import { ephemeralKeyInfo, sharedSigalgName, versionName } from './keyInfo.ts'
import type { TLSSocketOptions } from './options.ts'
import { detailedCertificate, legacyCertificate } from './peerCertificate.ts'
import {
  type AnyContext,
  asSecureContext,
  contextFrom,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
} from './secureContext.ts'
import { ServerSide } from './serverSide.ts'
import type { Side } from './side.ts'
import { refuseUnsupported } from './unsupported.ts'
import {
  bytesOf,
  invalidArgType,
  validateBoolean,
  validateBuffer,
  validateFunction,
  validateInteger,
  validateObject,
  validateString,
  withCode,
} from './validate.ts'

export class TLSSocket extends EngineStream {
  readonly encrypted = true as const
  /** True where the peer's certificate was checked and accepted. */
  authorized = false
  /** Why it was not: a code, or a message; null where it was, or nobody asked. */
  // biome-ignore lint/suspicious/noExplicitAny: Node's types have an Error here, which it never was
  authorizationError: any = null
  /** The application protocol; false where none was agreed on, null before the handshake is complete. */
  alpnProtocol: string | false | null = null
  /** The name in server_name; false where there was none, null before the handshake is complete. */
  servername: string | false | null = null
  secureConnecting = true
  /** Where the connection came from; undefined on a client, as in Node, whose types say null. */
  readonly server: Exclude<TLSSocketOptions['server'], undefined> | null
  readonly #side: Side
  readonly #options: TLSSocketOptions
  #session: Session | undefined = undefined
  #handshakeTimer: NodeJS.Timeout | undefined = undefined
  /** What the peer showed after the handshake. */
  #laterChain: readonly Uint8Array[] | undefined = undefined

  /**
   * TLS over any Duplex. The handshake begins by itself, when the transport is connected.
   *
   * As a client, this constructor checks the name of the server only where `servername` or `host` is given; `connect()`
   * always does.
   */
  constructor(socket: Duplex, options: TLSSocketOptions & ClientSideOptions = {}) {
    if (options.enableTrace != null) validateBoolean(options.enableTrace, 'options.enableTrace')
    refuseUnsupported(options)
    const context =
      options.secureContext == null
        ? createSecureContext(options)
        : asSecureContext(options.secureContext, 'options.secureContext')
    super(asTransport(socket), {
      allowHalfOpen: options.allowHalfOpen ?? false,
      ...(options.highWaterMark === undefined ? {} : { highWaterMark: options.highWaterMark }),
    })
    this.#options = options
    this.server = options.server as this['server']
    try {
      this.#side = sideOf(this, context, options)
    } catch (error) {
      // A socket that was not made must not listen to the transport.
      this.disown()
      throw error
    }
    if (options.pauseOnConnect === true) this.pause()
    this.#limitHandshake(options.handshakeTimeout)
    if (this.connecting || isUnconnected(socket)) socket.once('connect', () => this.begin())
    // The program sets its listeners before anything happens.
    else process.nextTick(TLSSocket.#begin, this)
    // It may have been given already: there must be something to destroy.
    if (options.signal != null) addAbortSignal(options.signal, this)
  }

  static #begin = (socket: TLSSocket): void => {
    socket.begin()
  }

  #limitHandshake(milliseconds: number | undefined): void {
    if (milliseconds === undefined || milliseconds <= 0) return
    this.#handshakeTimer = setTimeout(TLSSocket.#onHandshakeTimeout, milliseconds, this)
    this.#handshakeTimer.unref()
  }

  static #onHandshakeTimeout = (socket: TLSSocket): void => {
    socket.destroy(handshakeTimeout())
  }

  // ── The engine ────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override openConnection(): Connection {
    return this.#side.open()
  }

  protected override onEngineEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case 'handshakeComplete':
        clearTimeout(this.#handshakeTimer)
        this.#handshakeTimer = undefined
        this.alpnProtocol = event.info.alpnProtocol ?? false
        this.#side.complete(event.info)
        if (this.#session !== undefined) this.#tellSession()
        return
      case 'session':
        this.#session = event.session
        // Up to TLS 1.2 it is there before the handshake is complete: the program hears of that first.
        if (this.established) this.#tellSession()
        return
      case 'clientCertificate': {
        const error = this.#side.verification?.error
        this.authorized = event.chain.length > 0 && error === undefined
        this.#laterChain = event.chain
        this.emit('clientCertificate', event.chain, event.verdict)
      }
    }
  }

  protected override tellEarlyData(data: Buffer): boolean {
    return this.#side instanceof ServerSide && this.#side.tellEarlyData(data)
  }

  #tellSession(): void {
    if (this.#session !== undefined && this.listenerCount('session') > 0 && !this.destroyed)
      this.emit('session', Buffer.from(serializeSession(this.#session)))
  }

  /** DER, the leaf first: what the peer showed last. */
  get #peerChain(): readonly Uint8Array[] {
    return this.#laterChain ?? this.connectionInfo?.peerCertificates ?? []
  }

  protected override toNodeError(error: TlsError): Error {
    return this.#side.explain(error)
  }

  protected override earlyEndError(): Error {
    return this.#side.earlyEnd()
  }

  protected override get requiresCloseNotify(): boolean {
    return this.#options.requireCloseNotify === true
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#handshakeTimer)
    super._destroy(error, callback)
  }

  /** What the handshake agreed on; undefined before it is complete, and after the socket is destroyed. */
  get connectionInfo(): ConnectionInfo | undefined {
    return this.destroyed ? undefined : this.connection?.info
  }

  /** What was found about the peer's certificate, accepted or not. */
  get verdict(): Verdict | undefined {
    return this.#side.verification?.verdict
  }

  // ── What was agreed on ────────────────────────────────────────────────────────────────────────────────────────────

  /** `TLSv1.3`, also before it is agreed on; null for a socket that is destroyed. */
  getProtocol(): string | null {
    if (this.destroyed) return null
    return versionName(this.connectionInfo?.version)
  }

  getCipher(): CipherNameAndProtocol {
    if (this.destroyed) return null as unknown as CipherNameAndProtocol
    const name = this.connectionInfo?.cipherSuiteName
    if (name === undefined) return undefined as unknown as CipherNameAndProtocol
    return { name: opensslName(name), standardName: name, version: firstVersion(name) }
  }

  /** The key exchange, on a client; null on a server. */
  getEphemeralKeyInfo(): EphemeralKeyInfo | object | null {
    if (this.destroyed || this.#side.isServer) return null
    return ephemeralKeyInfo(this.connectionInfo?.groupName)
  }

  /** Names as OpenSSL writes them, the peer's preferred first. */
  getSharedSigalgs(): string[] {
    if (this.destroyed) return null as unknown as string[]
    return this.#side.sharedSignatureSchemes.flatMap((id) => {
      const scheme = signatureScheme(id)
      return scheme === undefined ? [] : [sharedSigalgName(scheme)]
    })
  }

  isSessionReused(): boolean {
    return this.connectionInfo?.resumed ?? false
  }

  // ── Certificates ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The peer's certificate as a plain object; empty where it showed none, null on a destroyed socket.
   * @param detailed adds the issuers, each below `issuerCertificate`
   */
  getPeerCertificate(detailed: true): DetailedPeerCertificate
  getPeerCertificate(detailed?: false): PeerCertificate
  getPeerCertificate(detailed?: boolean): PeerCertificate | DetailedPeerCertificate {
    if (this.destroyed) return null as unknown as PeerCertificate
    const chain = this.#peerChain
    if (chain.length === 0) return {} as PeerCertificate
    return detailed === true
      ? detailedCertificate(chain, this.verdict)
      : legacyCertificate(chain[0]!)
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const [leaf] = this.#peerChain
    return leaf && new X509Certificate(leaf)
  }

  /** Our own certificate that the peer saw; empty where there is none, null on a destroyed socket. */
  getCertificate(): PeerCertificate | object | null {
    if (this.destroyed) return null
    const leaf = this.#ownLeaf()
    return leaf === undefined ? {} : legacyCertificate(leaf)
  }

  getX509Certificate(): X509Certificate | undefined {
    const leaf = this.destroyed ? undefined : this.#ownLeaf()
    return leaf && new X509Certificate(leaf)
  }

  /** Server: shows this identity, where the handshake has not come so far yet; for `ALPNCallback` and its like. */
  setKeyCert(context: AnyContext | SecureContextOptions): void {
    if (this.#side instanceof ServerSide) this.#side.show(contextFrom(context))
    else throw unavailable("setKeyCert() on a client's socket", 'give the options cert and key')
  }

  #ownLeaf(): Uint8Array | undefined {
    const sent = this.connectionInfo?.localCertificates[0]
    return sent ?? this.#side.context.identities[0]?.certificateChain[0]
  }

  // ── Sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The newest session that can be resumed, for the option `session`; undefined while there is none. It is a secret. */
  getSession(): Buffer<ArrayBuffer> | undefined {
    if (this.destroyed) return null as unknown as undefined
    const session = this.#session ?? this.#offeredSession()
    return session && Buffer.from(serializeSession(session))
  }

  /** The newest ticket, on a client. */
  getTLSTicket(): Buffer<ArrayBuffer> | undefined {
    if (this.destroyed) return null as unknown as undefined
    const session = this.#session ?? this.#offeredSession()
    return session && session.byId !== true ? Buffer.from(session.ticket) : undefined
  }

  #offeredSession(): Session | undefined {
    return this.#side instanceof ClientSide ? this.#side.session : undefined
  }

  /** Sets the session to resume, before the handshake begins. */
  setSession(session: Uint8Array | string): void {
    this.#client('setSession').session = readSession(session)
  }

  /** Sets the name to ask for, before the handshake begins. */
  setServername(name: string): void {
    validateString(name, 'name')
    if (this.#side.isServer)
      throw withCode(
        new Error('Cannot issue SNI from a TLS server-side socket'),
        'ERR_TLS_SNI_FROM_SERVER',
      )
    this.#client('setServername').serverName = name
  }

  #client(call: string): ClientSide {
    if (!(this.#side instanceof ClientSide))
      throw unavailable(`${call}() on a server's socket`, 'it is for clients')
    if (this.connection !== undefined)
      throw unavailable(`${call}() after the handshake began`, 'call it before, or give the option')
    return this.#side
  }

  // ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Keying material for the application (RFC 8446 §7.5).
   * @param length bytes. @param label by the registry of exporter labels
   */
  exportKeyingMaterial(
    length: number,
    label: string,
    context?: NodeJS.ArrayBufferView,
  ): Buffer<ArrayBuffer> {
    validateInteger(length, 'length', 1, 2 ** 32 - 1)
    validateString(label, 'label')
    if (context !== undefined) validateBuffer(context, 'context')
    if (!this.established || this.destroyed) throw invalidState()
    const material = this.#exported(label, context ?? new Uint8Array(0), length)
    if (!(material instanceof Uint8Array))
      throw unavailable(
        'exportKeyingMaterial() with a crypto provider that answers later',
        'use a synchronous provider',
      )
    return Buffer.from(material)
  }

  /** The engine forgets its keys when both ends have closed, which may be before this socket is destroyed. */
  #exported(label: string, context: NodeJS.ArrayBufferView, length: number) {
    try {
      return this.connection!.exportKeyingMaterial(label, bytesOf(context), length)
    } catch (cause) {
      throw Object.assign(invalidState(), { cause })
    }
  }

  /**
   * Changes the sending keys (RFC 8446 §4.6.3).
   * @param requestPeer asks the peer to change its own too
   */
  keyUpdate({ requestPeer = false }: { readonly requestPeer?: boolean } = {}): void {
    if (!this.established || this.destroyed) throw invalidState()
    this.connection!.updateKeys({ requestPeer })
    this.pump()
  }

  /** Asks the client for a certificate after the handshake (RFC 8446 §4.6.2); the answer is the event `clientCertificate`. */
  requestClientCertificate(): void {
    if (!this.established || this.destroyed) throw invalidState()
    this.connection!.requestClientCertificate()
    this.pump()
  }

  /** The largest content of the records that are sent from now on, 512 to 16384 bytes. @returns whether it is so */
  setMaxSendFragment(size: number): boolean {
    validateInteger(size, 'size', -(2 ** 31), 2 ** 31 - 1)
    if (size < 512 || size > maxPlaintextLength) return false
    this.maxFragment = size
    return true
  }

  /** The verify_data of our last Finished; undefined before there is one. For a channel binding use `exportKeyingMaterial` (RFC 9266). */
  getFinished(): Buffer<ArrayBuffer> | undefined {
    return this.#finished('sent')
  }

  /** The verify_data of the peer's last Finished; undefined before there is one. */
  getPeerFinished(): Buffer<ArrayBuffer> | undefined {
    return this.#finished('received')
  }

  #finished(direction: 'sent' | 'received'): Buffer<ArrayBuffer> | undefined {
    if (this.destroyed) return null as unknown as undefined
    const data = this.connection?.finished(direction)
    return data && Buffer.from(data)
  }

  // ── What TLS 1.3 has not, or handfast ─────────────────────────────────────────────────────────────────────────────

  /** Nothing here renegotiates: the callback gets the error that OpenSSL has for a connection that must not. */
  renegotiate(options: object, callback?: (error: Error | null) => void): boolean | undefined {
    validateObject(options, 'options')
    if (callback !== undefined) validateFunction(callback, 'callback')
    if (this.destroyed) return undefined
    const error = noRenegotiation(this.getProtocol() === 'TLSv1.3')
    if (callback !== undefined) process.nextTick(callback, error)
    return false
  }

  /** It is always so. */
  disableRenegotiation(): void {}

  /** Prints what happens to stderr; for a connection that has begun it is too late. */
  enableTrace(): void {
    if (this.connection !== undefined)
      throw unavailable(
        'enableTrace() after the handshake began',
        'call it when the socket is made, or give the option enableTrace',
      )
    this.#side.enableTrace = true
  }
}

function noRenegotiation(isTls13: boolean): Error {
  const reason = isTls13 ? 'wrong ssl version' : 'no renegotiation'
  return withCode(
    new Error(`${reason}: handfast does not renegotiate; in TLS 1.3 keyUpdate() changes the keys`),
    `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`,
    { library: 'SSL routines', reason },
  )
}

/** A socket that nobody has told yet where to go. */
function isUnconnected(transport: Duplex & { readonly pending?: boolean }): boolean {
  return transport.pending === true && !transport.destroyed
}

function asTransport(socket: unknown): Duplex {
  const { pipe, write } = (socket ?? {}) as { pipe?: unknown; write?: unknown }
  if (typeof pipe === 'function' && typeof write === 'function') return socket as Duplex
  throw invalidArgType('socket', 'an instance of stream.Duplex', socket)
}

function sideOf(
  socket: TLSSocket,
  context: SecureContext,
  options: TLSSocketOptions & ClientSideOptions,
): ClientSide | ServerSide {
  if (options.isServer === true) return new ServerSide(socket, context, options)
  const expectedName = options.expectedName ?? (options.servername || options.host)
  return new ClientSide(socket, context, options, expectedName)
}

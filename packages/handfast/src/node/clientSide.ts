/** The client's part of a socket: its ClientHello's configuration, its sessions, and who the server is. */

import { namedGroups, nameOf } from '../codec/registry.ts'
import type { ClientConfig, ConnectionInfo, Identity } from '../config.ts'
import type { Connection } from '../connection.ts'
import { clientConnection } from '../connections.ts'
import type { TlsError } from '../errors.ts'
import { clientConnectionOf } from '../handshake/client.ts'
import { tls12Client } from '../handshake/client12.ts'
import { tls13Client } from '../handshake/client13.ts'
import { isIpLiteral } from '../handshake/serverName.ts'
import { parseSession, type Session } from '../session/session.ts'
import { alpnNames } from './alpn.ts'
import { connectionError, connectionReset } from './errors.ts'
import { fieldBits } from './keyInfo.ts'
import { parseGroups } from './names.ts'
import { type ClientOptions, defined, type OfRole, type TLSSocketOptions } from './options.ts'
import { clientPsk } from './psk.ts'
import type { SecureContext } from './secureContext.ts'
import type { Side } from './side.ts'
import type { TLSSocket } from './tlsSocket.ts'
import { traceListener } from './tracePrinter.ts'
import {
  bytesOf,
  invalidArgType,
  validateBuffer,
  validateFunction,
  validateString,
  withCode,
} from './validate.ts'
import { Verification } from './verification.ts'

export interface ClientSideOptions extends Omit<ClientOptions, OfRole> {
  readonly pskCallback?: TLSSocketOptions['pskCallback']
  readonly earlyData?: TLSSocketOptions['earlyData']
  /** The name that the certificate must be for, where it is neither `servername` nor `host`. */
  readonly expectedName?: string | undefined
  /** What to say of the address in an error. */
  readonly dialed?: object | undefined
}

export class ClientSide implements Side {
  readonly isServer = false
  readonly context: SecureContext
  readonly verification: Verification
  sharedSignatureSchemes: readonly number[] = []
  enableTrace: boolean
  /** The name that is sent in server_name; undefined for none. */
  serverName: string | undefined
  session: Session | undefined
  readonly #preSharedKey: ClientConfig['preSharedKey']
  readonly #earlyData: Uint8Array | undefined
  readonly #socket: TLSSocket
  /** What a callback of the program's threw: it goes to the program as it is. */
  #callbackError: Error | undefined = undefined
  readonly #options: ClientSideOptions

  /** @param expectedName that the certificate must be for; undefined where the caller has none, and only the chain is checked */
  constructor(
    socket: TLSSocket,
    context: SecureContext,
    options: ClientSideOptions,
    expectedName: string | undefined,
  ) {
    this.#socket = socket
    this.#options = options
    this.enableTrace = options.enableTrace === true
    this.context = context
    if (options.servername != null) validateString(options.servername, 'options.servername')
    if (options.checkServerIdentity !== undefined)
      validateFunction(options.checkServerIdentity, 'options.checkServerIdentity')
    this.#preSharedKey = clientPsk(options.pskCallback, socket, (error) => {
      this.#callbackError = error
    })
    const { earlyData } = options
    if (earlyData != null) validateBuffer(earlyData, 'options.earlyData')
    this.#earlyData = earlyData == null ? undefined : bytesOf(earlyData)
    this.serverName = options.servername ?? options.host
    if (options.session != null) this.session = readSession(options.session)
    this.verification = new Verification({
      context,
      rejectUnauthorized: options.rejectUnauthorized !== false,
      hostname: expectedName,
      checkServerIdentity: options.checkServerIdentity,
    })
  }

  open(): Connection {
    const { legacy } = this.context
    if (legacy === undefined) return clientConnection(this.#config())
    return clientConnectionOf([tls13Client, tls12Client, ...legacy.client], this.#config())
  }

  #config(): ClientConfig {
    const { context } = this
    const options = this.#options
    const socket = this.#socket
    const keyLog =
      socket.listenerCount('keylog') > 0
        ? (line: string) => socket.emit('keylog', Buffer.from(`${line}\n`))
        : undefined
    return {
      crypto: context.crypto,
      versions: context.versions,
      clock: options.clock ?? Date.now,
      verifyCertificate: (peer) => this.verification.verify(peer),
      identity: (request) => {
        this.sharedSignatureSchemes = request.signatureSchemes
        return identityFor(context.identities, request.signatureSchemes)
      },
      requestOcsp: options.requestOCSP === true,
      // What a client cannot see, it must ask for: that the server ties a renegotiation to what was before (RFC 5746 §4.1).
      requireSecureRenegotiation: !context.legacyServers,
      ...defined({
        serverName: this.serverName || undefined,
        cipherSuites: context.cipherSuites,
        groups: context.groups,
        certificateCompression: context.certificateCompression,
        signatureSchemes: context.signatureSchemes,
        keyShares: keySharesOf(options, context.groups),
        alpnProtocols: alpnNames(options.ALPNProtocols),
        session: this.session,
        earlyData: this.#earlyData,
        resendEarlyData: options.resendEarlyData,
        preSharedKey: this.#preSharedKey,
        grease: options.grease,
        middleboxCompatibility: options.middleboxCompatibility,
        postHandshakeAuth: options.postHandshakeAuth,
        requestSignedCertificateTimestamps: options.requestSignedCertificateTimestamps,
        padClientHelloTo: options.padClientHelloTo,
        shapeClientHello: options.shapeClientHello,
        recordSizeLimit: options.recordSizeLimit,
        maxSendFragment: options.maxSendFragment,
        recordPadding: options.recordPadding,
        keyUpdateAfterRecords: options.keyUpdateAfterRecords,
        limits: options.limits,
        keyLog,
        trace: traceListener(options.trace, this.enableTrace),
        traceSecrets: options.traceSecrets,
      }),
    }
  }

  complete(info: ConnectionInfo): void {
    const socket = this.#socket
    const tooSmall = this.#fieldTooSmall(info)
    if (tooSmall !== undefined) {
      // As node:tls does it: `close` then says that there was no error.
      socket.emit('error', tooSmall)
      socket.destroy()
      return
    }
    const { error } = this.verification
    socket.authorized = error === undefined
    if (error !== undefined)
      socket.authorizationError = (error as { code?: string }).code ?? error.message
    if (this.#earlyData !== undefined && isSent(info, this.#options))
      socket.bytesWritten += this.#earlyData.length
    const sent = this.serverName
    socket.servername = sent && !isIpLiteral(sent) ? sent : false
    if (this.#options.requestOCSP === true)
      socket.emit(
        'OCSPResponse',
        info.ocspResponse === undefined ? null : Buffer.from(info.ocspResponse),
      )
    if (socket.destroyed) return
    socket.secureConnecting = false
    socket.emit('secureConnect')
    socket.emit('secure')
  }

  /** Node's `minDHSize`; the engine takes no field of less than 2048 bits anyway. */
  #fieldTooSmall({ groupName }: ConnectionInfo): Error | undefined {
    const bits = fieldBits(groupName)
    if (bits === undefined || bits >= (this.#options.minDHSize ?? 1024)) return undefined
    return withCode(
      new Error(`DH parameter size ${bits} is less than ${this.#options.minDHSize}`),
      'ERR_TLS_DH_PARAM_SIZE',
    )
  }

  explain(error: TlsError): Error {
    if (this.#callbackError !== undefined) return this.#callbackError
    const refused = this.verification.error
    if (refused !== undefined && error.verdict !== undefined) {
      this.#socket.authorizationError = (refused as { code?: string }).code ?? refused.message
      // The program's own error stays the program's; the engine's is to be found below it.
      refused.cause ??= error
      return refused
    }
    if (error.code === 'ERR_CLOSED_DURING_HANDSHAKE') return this.earlyEnd(error)
    return connectionError(error, false)
  }

  earlyEnd(cause?: TlsError): Error {
    const error = connectionReset(
      'Client network socket disconnected before secure TLS connection was established',
    )
    const { path, host, port, localAddress } = (this.#options.dialed ?? {}) as Record<
      string,
      unknown
    >
    return Object.assign(error, { path, host, port, localAddress }, cause && { cause })
  }
}

/** Whether the caller's early data reached the server's program, or is on its way. */
function isSent({ earlyData }: ConnectionInfo, { resendEarlyData }: ClientSideOptions): boolean {
  return earlyData === 'accepted' || resendEarlyData === true
}

/**
 * A caller who names groups means their order: the first gets a share. Behind a hybrid that many servers do not have yet,
 * so does the first that is none.
 */
function keySharesOf(
  { keyShares }: Pick<ClientOptions, 'keyShares'>,
  groups: readonly number[] | undefined,
): readonly number[] | undefined {
  if (keyShares != null) return parseGroups(keyShares, 'options.keyShares')
  const [first] = groups ?? []
  if (groups === undefined || first === undefined) return undefined
  const next = isHybrid(first) ? groups.find((id) => !isHybrid(id)) : undefined
  return next === undefined ? [first] : [first, next]
}

function isHybrid(group: number): boolean {
  return nameOf(namedGroups, group).includes('MLKEM')
}

/** The first whose key makes a signature that the server accepts. */
function identityFor(
  identities: readonly Identity[],
  schemes: readonly number[],
): Identity | undefined {
  return (
    identities.find(({ signingKey }) => signingKey.schemes.some((id) => schemes.includes(id))) ??
    identities[0]
  )
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`, ConfigurationError `ERR_BAD_SESSION` for bytes of another library */
export function readSession(session: unknown): Session {
  if (typeof session === 'string') return parseSession(Buffer.from(session, 'latin1'))
  if (!ArrayBuffer.isView(session))
    throw invalidArgType(
      'options.session',
      'an instance of Buffer, TypedArray, or DataView',
      session,
    )
  return parseSession(bytesOf(session as NodeJS.ArrayBufferView))
}

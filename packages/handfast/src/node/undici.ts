/** A connector for undici, so that its clients, and `fetch` with their dispatchers, run over this library. */
import { isIP, type NetConnectOpts, connect as netConnect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect } from './connect.ts'
import { type ConnectOptions, dialOptions } from './options.ts'
import { SessionCache } from './sessionCache.ts'
import { withCode } from './validate.ts'

/** What undici asks for: a connection to this origin. */
export interface UndiciTarget {
  readonly hostname: string
  readonly protocol: string
  readonly port: string
  readonly host?: string | undefined
  readonly servername?: string | undefined
  readonly localAddress?: string | null | undefined
  /** A tunnel through a proxy. */
  readonly httpSocket?: Duplex | undefined
}

type Answer = (...answer: [error: null, socket: Socket] | [error: Error, socket: null]) => void

/** The option `connect` of undici's Client, Pool and Agent. */
export type UndiciConnect = (target: UndiciTarget, callback: Answer) => void

/** What `connect` takes, but for what undici says of each connection. */
export interface UndiciConnectorOptions
  extends Omit<
    ConnectOptions,
    'ALPNProtocols' | 'host' | 'path' | 'port' | 'session' | 'socket' | 'timeout'
  > {
  /** Offers HTTP/2; undici's own option of that name must be set as well. Default: false. */
  readonly allowH2?: boolean | undefined
  /** Milliseconds for the connection and its handshake; 0 for no limit. Default: 10000. */
  readonly timeout?: number | undefined
  /** A unix socket, whatever the origin. */
  readonly socketPath?: string | undefined
  /** Servers whose sessions are kept for resumption. Default: 100. */
  readonly maxCachedSessions?: number | undefined
}

/** Milliseconds; undici's own. */
const defaultTimeout = 10_000
const keepAliveDelay = 60_000

/**
 * For the option `connect` of undici's dispatchers:
 * `fetch(url, { dispatcher: new Agent({ connect: undiciConnector({ ca }) }) })`.
 */
export function undiciConnector(options: UndiciConnectorOptions = {}): UndiciConnect {
  const { allowH2, timeout = defaultTimeout, socketPath, maxCachedSessions, ...settings } = options
  const sessions = new SessionCache(maxCachedSessions)
  const open = (target: UndiciTarget) => {
    const { hostname, httpSocket } = target
    const secure = target.protocol === 'https:'
    const address = {
      host: hostname,
      port: Number(target.port || (secure ? 443 : 80)),
      path: socketPath,
      localAddress: target.localAddress ?? settings.localAddress,
    }
    if (!secure) return httpSocket ?? netConnect(dialable({ ...settings, ...address }))
    const servername = target.servername || settings.servername || nameOf(hostname)
    const name = `${servername}:${address.port}`
    const socket = connect({
      ...settings,
      ...address,
      servername,
      ALPNProtocols: allowH2 === true ? ['h2', 'http/1.1'] : ['http/1.1'],
      session: sessions.take(name),
      socket: httpSocket,
    })
    socket.on('session', (session: Buffer) => sessions.keep(name, session))
    return socket
  }
  return (target, callback) => {
    const socket = open(target) as Socket
    socket.setNoDelay(true)
    if (settings.keepAlive !== false)
      socket.setKeepAlive(true, settings.keepAliveInitialDelay ?? keepAliveDelay)
    const limit =
      timeout > 0 ? setTimeout(() => socket.destroy(tooLate(target, timeout)), timeout) : undefined
    const ready = target.protocol === 'https:' ? 'secureConnect' : 'connect'
    const settle = (error: Error | null) => {
      clearTimeout(limit)
      socket.off(ready, onReady).off('close', onClose)
      // A socket that failed later is undici's to listen to.
      if (error === null) socket.off('error', settle)
      if (error === null) callback(null, socket)
      else callback(error, null)
    }
    const onReady = () => settle(null)
    /** Destroyed without an error, by the program. */
    const onClose = () => settle(withCode(new Error('The socket was closed'), 'UND_ERR_SOCKET'))
    socket.once(ready, onReady).once('error', settle).once('close', onClose)
  }
}

function nameOf(hostname: string): string {
  return isIP(hostname) === 0 ? hostname : ''
}

function dialable(options: object): NetConnectOpts {
  const dialed = dialOptions.map((name) => [name, options[name as never]] as const)
  return Object.fromEntries(dialed.filter(([, value]) => value !== undefined)) as never
}

/** As undici's own connector says it. */
function tooLate({ hostname, port }: UndiciTarget, timeout: number): Error {
  const address = `${hostname}:${port || 443}`
  const error = new Error(
    `Connect Timeout Error (attempted address: ${address}, timeout: ${timeout}ms)`,
  )
  error.name = 'ConnectTimeoutError'
  return withCode(error, 'UND_ERR_CONNECT_TIMEOUT')
}

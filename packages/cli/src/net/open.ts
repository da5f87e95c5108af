/** Dial, STARTTLS and handshake in one go, for a command that wants the connection and not its story. */
import { type ConnectionInfo, clientConnection, type Session, TlsError } from 'handfast'
import { CommandError, ExitCode } from '../exit.ts'
import type { Target } from '../options/target.ts'
import type { PreparedClient } from '../options/tls.ts'
import { startTls } from '../starttls/index.ts'
import { dial } from './dial.ts'
import { Drive } from './drive.ts'

export interface Opened {
  readonly drive: Drive
  readonly info: ConnectionInfo
  /** Those that came with the handshake (TLS 1.2); later ones are events. */
  readonly sessions: readonly Session[]
  /** Milliseconds of the handshake. */
  readonly took: number
}

/**
 * @param timeout milliseconds for each of: connecting, STARTTLS, the handshake
 * @throws CommandError, TlsError
 */
export async function openTls(
  target: Target,
  {
    config,
    serverName,
    connectionOf = clientConnection,
  }: Pick<PreparedClient, 'config' | 'serverName'> & Partial<PreparedClient>,
  timeout: number,
  stop: AbortSignal,
): Promise<Opened> {
  const { socket } = await dial(target, timeout, stop)
  const onStop = () => socket.destroy()
  stop.addEventListener('abort', onStop)
  socket.once('close', () => stop.removeEventListener('abort', onStop))
  try {
    if (target.starttls !== undefined)
      await startTls(target.starttls, socket, serverName, performance.now() + timeout)
    const start = performance.now()
    const drive = new Drive(connectionOf(config), socket)
    const sessions: Session[] = []
    const complete = await drive.complete(performance.now() + timeout, (session) =>
      sessions.push(session),
    )
    if (complete === undefined)
      throw new CommandError(
        ExitCode.handshake,
        `The server did not go on within ${timeout / 1000} s, while ${drive.connection.step}`,
        'It may be overloaded, or not speak TLS on this port (--starttls?); --timeout gives it more time.',
      )
    return { drive, info: complete.info, sessions, took: performance.now() - start }
  } catch (error) {
    // The alert that tells the peer why is on its way; nothing is read any more.
    if (error instanceof TlsError) socket.destroySoon()
    else socket.destroy()
    throw error
  }
}

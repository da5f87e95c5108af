/** How the command ends: one number for each kind of outcome, so that a script can tell them apart. */
import { ConfigurationError, TlsError } from 'handfast'

export const ExitCode = {
  ok: 0,
  /** An option or argument cannot be, or a file that it names. */
  usage: 2,
  /** A name that does not resolve, a host that does not answer, a STARTTLS that is refused, a connection cut off. */
  connection: 3,
  /** The two sides came to no agreement, or one broke the protocol. */
  handshake: 4,
  /** A certificate was not accepted: the peer's by us, or ours by the peer. */
  certificate: 5,
  /** A bug in handfast. */
  internal: 6,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** A failure that the command itself found, with what to do about it. */
export class CommandError extends Error {
  readonly exitCode: ExitCode
  readonly help: string | undefined

  constructor(exitCode: ExitCode, message: string, help?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.help = help
  }
}

export function usageError(message: string, help?: string): CommandError {
  return new CommandError(ExitCode.usage, message, help)
}

export function connectionError(message: string, help?: string, cause?: unknown): CommandError {
  return new CommandError(ExitCode.connection, message, help, cause)
}

/** The exit code of anything that was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode
  if (error instanceof ConfigurationError) return ExitCode.usage
  if (!(error instanceof TlsError)) return ExitCode.internal
  // An end without close_notify after the handshake: the transport's fault, not the handshake's.
  if (error.code === 'ERR_TRUNCATED') return ExitCode.connection
  switch (error.blame) {
    case 'certificate':
      return ExitCode.certificate
    case 'caller':
      return ExitCode.usage
    case 'library':
      return ExitCode.internal
    default:
      return ExitCode.handshake
  }
}

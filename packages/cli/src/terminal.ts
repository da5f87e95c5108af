/** Where a command reads and writes, handed in so that a test can stand in for the terminal. */
import type { Readable, Writable } from 'node:stream'
import pc from 'picocolors'

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** What the command was asked for. */
  readonly stdout: Output
  /** Progress and errors. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the process is asked to stop (SIGINT, SIGTERM). */
  readonly stop: AbortSignal
}

export type Colors = ReturnType<typeof pc.createColors>

/** FORCE_COLOR and NO_COLOR (no-color.org) go before what the terminal is. */
export function colorsFor({ env }: Pick<Terminal, 'env'>, output: Output): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return pc.createColors(false)
  if (FORCE_COLOR !== undefined)
    return pc.createColors(FORCE_COLOR !== '0' && FORCE_COLOR !== 'false')
  return pc.createColors(output.isTTY === true && TERM !== 'dumb')
}

const widest = 100
const narrowest = 60

/**
 * Columns to write in: the terminal's, but lines longer than 100 are hard to read. What goes to a pager is read on the
 * same terminal that stderr is.
 */
export function widthOf({ stderr, env }: Pick<Terminal, 'stderr' | 'env'>, output: Output): number {
  const columns = output.columns ?? stderr.columns ?? Number(env.COLUMNS || widest)
  return Math.max(narrowest, Math.min(widest, columns || widest))
}

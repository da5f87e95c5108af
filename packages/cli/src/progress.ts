/** What is being done, on one line of stderr that disappears again. Nothing where stderr is not a terminal. */
import { colorsFor, type Terminal } from './terminal.ts'

export interface Progress {
  say(what: string): void
  done(): void
}

export function progressOn(terminal: Terminal): Progress {
  const { stderr } = terminal
  if (stderr.isTTY !== true || terminal.env.TERM === 'dumb') return { say() {}, done() {} }
  const { dim } = colorsFor(terminal, stderr)
  return {
    say: (what) => stderr.write(`\r\u001b[K${dim(`${what} …`)}`),
    done: () => stderr.write('\r\u001b[K'),
  }
}

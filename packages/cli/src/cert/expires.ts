/** `cert expires`: for cron. Exit code 0: all are good for long enough; 5: one is not; 3: one could not be asked. */
import type { Certificate } from '@handfast/x509'
import { type Command, InvalidArgumentError } from 'commander'
import { CommandError, ExitCode, exitCodeOf } from '../exit.ts'
import { shortName } from '../render/certificates.ts'
import { paperOn } from '../render/view.ts'
import { day, fromNow } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { addSource, readSource, type SourceOptions } from './source.ts'

interface ExpiresOptions extends SourceOptions {
  /** Milliseconds. */
  readonly within: number
  readonly quiet?: boolean
  readonly json?: boolean
}

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

export function parsePeriod(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? []
  if (digits === undefined)
    throw new InvalidArgumentError('It is a number with a unit: 90m, 12h, 30d or 4w.')
  return Number(digits) * units[unit as keyof typeof units]
}

interface Line {
  readonly from: string
  readonly state: 'ok' | 'expiring' | 'expired' | 'unreachable'
  readonly notAfter?: number
  readonly subject?: string
  readonly problem?: string
}

export function addExpires(
  group: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = group
    .command('expires')
    .description(
      'Look for certificates that end soon. Exit code 0: none; 5: one; 3: not all could be asked.',
    )
    .argument('<file|host...>', 'files and servers')
    .option('--within <period>', '90m, 12h, 30d, 4w', parsePeriod, 30 * units.d)
    .option('--quiet', 'say nothing of those that are good')
    .option('--json', 'one object on each line')
  addSource(command).action(async (texts: string[], options: ExpiresOptions) => {
    const lines: Line[] = []
    for (const text of texts) lines.push(await look(text, options, terminal))
    print(lines, options, terminal)
    const states = new Set(lines.map(({ state }) => state))
    // What is known to end goes before what is not known.
    if (states.has('expired') || states.has('expiring')) finish(ExitCode.certificate)
    else finish(states.has('unreachable') ? ExitCode.connection : ExitCode.ok)
  })
}

/** A chain ends with the first of its certificates that does. */
async function look(text: string, options: ExpiresOptions, terminal: Terminal): Promise<Line> {
  let chain: readonly Certificate[]
  try {
    chain = (await readSource(text, options, terminal)).chain
  } catch (error) {
    // A file that is not there is a mistake in the command line, and no state of a certificate.
    if (error instanceof CommandError && error.exitCode === ExitCode.usage) throw error
    if (!(error instanceof Error) || exitCodeOf(error) === ExitCode.internal) throw error
    return { from: text, state: 'unreachable', problem: error.message }
  }
  const first = chain.reduce((one, other) => (other.notAfter < one.notAfter ? other : one))
  const left = first.notAfter - Date.now()
  const state = left < 0 ? 'expired' : left < options.within ? 'expiring' : 'ok'
  return { from: text, state, notAfter: first.notAfter, subject: shortName(first.subject) }
}

function print(lines: readonly Line[], { quiet, json }: ExpiresOptions, terminal: Terminal): void {
  const shown = quiet ? lines.filter(({ state }) => state !== 'ok') : lines
  if (json) {
    for (const { notAfter, ...line } of shown) {
      const end = notAfter === undefined ? {} : { notAfter: new Date(notAfter).toISOString() }
      terminal.stdout.write(`${JSON.stringify({ ...line, ...end })}\n`)
    }
    return
  }
  const paper = paperOn(terminal, terminal.stdout)
  const { red, yellow, green } = paper.colors
  const styles = { ok: green, expiring: yellow, expired: red, unreachable: red }
  for (const { from, state, notAfter = 0, subject, problem } of shown) {
    const said =
      state === 'unreachable'
        ? `not asked: ${problem}`
        : `${state === 'expired' ? 'expired' : 'ends'} ${fromNow(notAfter, Date.now())}, ${day(notAfter)} (${subject})`
    paper.row(from, said, { indent: 2, column: 34, style: styles[state] })
  }
  terminal.stdout.write(paper.toString())
}

/** `handfast cert`: certificates looked at, judged, compared. */
import type { Command } from 'commander'
import { addDiff } from '../cert/diff.ts'
import { addExpires } from '../cert/expires.ts'
import { addShow } from '../cert/show.ts'
import { addLint, addVerify } from '../cert/verify.ts'
import type { ExitCode } from '../exit.ts'
import type { Terminal } from '../terminal.ts'

export function addCert(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const group = program
    .command('cert')
    .description('Look at certificates: explain, verify, lint, compare, watch their ends.')
  addShow(group, terminal)
  addVerify(group, terminal, finish)
  addLint(group, terminal, finish)
  addDiff(group, terminal, finish)
  addExpires(group, terminal, finish)
}

/** `handfast ca`: a certificate authority of your own, in a directory. */
import type { Command } from 'commander'
import { addInit, addIntermediate, addRoot } from '../ca/authorities.ts'
import { addInstall, addUninstall } from '../ca/install.ts'
import { addIssue } from '../ca/issue.ts'
import { addList } from '../ca/list.ts'
import { addOcsp } from '../ca/ocsp.ts'
import { addRenew } from '../ca/renew.ts'
import { addCrl, addRevoke } from '../ca/revoke.ts'
import type { ExitCode } from '../exit.ts'
import type { Terminal } from '../terminal.ts'

export function addCa(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const group = program
    .command('ca')
    .description('Keep a certificate authority: issue, revoke, install it where it is trusted.')
  addInit(group, terminal)
  addIntermediate(group, terminal)
  addRoot(group, terminal)
  addIssue(group, terminal)
  addRenew(group, terminal)
  addList(group, terminal)
  addRevoke(group, terminal)
  addCrl(group, terminal)
  addOcsp(group, terminal)
  addInstall(group, terminal, finish)
  addUninstall(group, terminal, finish)
}

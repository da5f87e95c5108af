/** The command line as a whole: its commands, its help, its exit codes. */
import { Command } from 'commander'
import { addCa } from './commands/ca.ts'
import { addCert } from './commands/cert.ts'
import { addConnect } from './commands/connect.ts'
import { addDemo } from './commands/demo.ts'
import { addInspect } from './commands/inspect.ts'
import { addServe } from './commands/serve.ts'
import type { ExitCode } from './exit.ts'
import { colorsFor, type Terminal, widthOf } from './terminal.ts'
import { version } from './version.ts'

const exitCodes = `
Exit codes:
  0  ok
  2  usage: an option, argument or file that cannot be
  3  name or connection: no such host, no answer, STARTTLS refused, cut off
  4  handshake: no agreement, or one side broke the protocol
  5  certificate: not accepted, by us or by the server; or it ends soon, or differs (cert)
  6  internal error: a bug in handfast

Environment:
  SSL_CERT_FILE, NODE_EXTRA_CA_CERTS  authorities that are trusted where --ca is not given
  SSLKEYLOGFILE                       as --keylog
  NO_COLOR, FORCE_COLOR               colours, whatever the terminal is`

/** @param finish hears the exit code of a command that ends without an exception */
export function makeProgram(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  const program = new Command('handfast')
    .description('TLS that shows every byte of the handshake it makes.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(see handfast --help, or handfast help COMMAND)')
    .addHelpText('after', exitCodes)
  configure(program, terminal)
  addDemo(program, terminal)
  addInspect(program, terminal, finish)
  addConnect(program, terminal)
  addServe(program, terminal)
  addCa(program, terminal, finish)
  addCert(program, terminal, finish)
  for (const command of program.commands) configure(command, terminal)
  return program
}

function configure(command: Command, terminal: Terminal): void {
  const { stdout, stderr } = terminal
  const color = colorsFor(terminal, stdout)
  command.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => widthOf(terminal, stdout),
    getErrHelpWidth: () => widthOf(terminal, stderr),
    getOutHasColors: () => color.isColorSupported,
    getErrHasColors: () => colorsFor(terminal, stderr).isColorSupported,
  })
  command.configureHelp({
    styleTitle: (text) => color.bold(text),
    styleCommandText: (text) => color.cyan(text),
    styleOptionText: (text) => color.cyan(text),
  })
}

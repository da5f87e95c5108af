/** From words on the command line to an exit code. Nothing here ends the process: `main.ts` does. */
import { CommanderError } from 'commander'
import { ExitCode, exitCodeOf } from './exit.ts'
import { makeProgram } from './program.ts'
import { renderError } from './render/failure.ts'
import { paperOn } from './render/view.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs one command to its end.
 * @param words what was typed after `handfast`
 * @returns the exit code
 */
export async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok
  const program = makeProgram(terminal, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    if (terminal.stop.aborted) {
      terminal.stderr.write('stopped\n')
      return ExitCode.connection
    }
    const paper = paperOn(terminal, terminal.stderr)
    renderError(paper, error)
    terminal.stderr.write(paper.toString())
    return exitCodeOf(error)
  }
}

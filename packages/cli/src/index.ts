/** The command `handfast` for a program of one's own: `run(words, terminal)` answers the exit code. */
export { ExitCode } from './exit.ts'
export { run } from './run.ts'
export type { Output, Terminal } from './terminal.ts'
